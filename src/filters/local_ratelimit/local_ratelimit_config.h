// The config of envoy.filters.http.local_ratelimit; the same message limits all requests of a
// connection manager, or those of one route. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "descriptors.h"
#include "sluice/config/common.h"
#include "sluice/config/http_status.h"
#include "sluice/config/token_bucket.h"
#include "sluice/config/types.h"
#include "sluice/filter/request_descriptors.h"

namespace sluice::filters::local_ratelimit {

using filter::LimitHeaders;
using filter::VirtualHostLimits;

struct LocalRateLimitConfig {
  std::string stat_prefix;
  std::optional<config::HttpStatus> status;
  std::optional<config::TokenBucketConfig> token_bucket;
  std::optional<config::RuntimeFractionalPercent> filter_enabled;
  std::optional<config::RuntimeFractionalPercent> filter_enforced;
  std::vector<config::HeaderValueOption> request_headers_to_add_when_not_enforced;
  std::vector<config::HeaderValueOption> response_headers_to_add;
  std::vector<DescriptorConfig> descriptors;
  uint32_t stage = 0;
  LimitHeaders enable_x_ratelimit_headers = LimitHeaders::kOff;
  VirtualHostLimits vh_rate_limits = VirtualHostLimits::kOverride;
  bool always_consume_default_token_bucket = true;
  bool rate_limited_as_resource_exhausted = false;
  std::vector<route::RateLimitConfig> rate_limits;
  uint32_t max_dynamic_descriptors = 20;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::local_ratelimit
