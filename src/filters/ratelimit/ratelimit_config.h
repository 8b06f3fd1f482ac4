// The configs of envoy.filters.http.ratelimit, with what routes say to it, and of
// envoy.filters.network.ratelimit. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/grpc_service.h"
#include "sluice/config/http_status.h"
#include "sluice/config/types.h"
#include "sluice/filter/request_descriptors.h"
#include "sluice/route/rate_limit_config.h"

namespace sluice::filters::ratelimit {

// envoy.config.ratelimit.v3.RateLimitServiceConfig
struct ServiceConfig {
  config::GrpcService grpc_service;
  config::ApiVersion transport_api_version = config::ApiVersion::kAuto;
  static const config::Message& Schema();
};

struct HttpRateLimitConfig {
  std::string domain;
  uint32_t stage = 0;
  std::string request_type;
  std::optional<Duration> timeout;
  bool failure_mode_deny = false;
  bool rate_limited_as_resource_exhausted = false;
  ServiceConfig rate_limit_service;
  filter::LimitHeaders enable_x_ratelimit_headers = filter::LimitHeaders::kOff;
  bool disable_x_envoy_ratelimited_header = false;
  std::optional<config::HttpStatus> rate_limited_status;
  std::vector<config::HeaderValueOption> response_headers_to_add;
  std::optional<config::HttpStatus> status_on_error;
  std::string stat_prefix;
  std::optional<config::RuntimeFractionalPercent> filter_enabled;
  std::optional<config::RuntimeFractionalPercent> filter_enforced;
  std::optional<config::RuntimeFractionalPercent> failure_mode_deny_percent;
  std::vector<route::RateLimitConfig> rate_limits;
  static const config::Message& Schema();
};

struct RateLimitPerRouteConfig {
  filter::VirtualHostLimits vh_rate_limits = filter::VirtualHostLimits::kOverride;
  std::vector<route::RateLimitConfig> rate_limits;
  std::string domain;
  static const config::Message& Schema();
};

// envoy.extensions.common.ratelimit.v3.RateLimitDescriptor and its parts.
struct DescriptorEntryConfig {
  std::string key;
  std::string value;
  config::Where where;
  static const config::Message& Schema();
};
struct DescriptorLimitConfig {
  uint32_t requests_per_unit = 0;
  route::RateLimitUnit unit = route::RateLimitUnit::kUnknown;
  static const config::Message& Schema();
};
struct DescriptorConfig {
  std::vector<DescriptorEntryConfig> entries;
  std::optional<DescriptorLimitConfig> limit;
  std::optional<uint32_t> hits_addend;
  static const config::Message& Schema();
};

struct NetworkRateLimitConfig {
  std::string stat_prefix;
  std::string domain;
  std::vector<DescriptorConfig> descriptors;
  std::optional<Duration> timeout;
  bool failure_mode_deny = false;
  ServiceConfig rate_limit_service;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::ratelimit
