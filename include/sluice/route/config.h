// The config structs of envoy.config.route.v3, from RouteConfiguration down. Immutable once parsed.
// Actions are in action_config.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"
#include "sluice/route/action_config.h"
#include "sluice/route/cors_policy.h"
#include "sluice/route/tracing.h"
#include "sluice/route/virtual_host.h"

namespace sluice::route {

const config::EnumTable& ConfigEnum(TlsRequirement);

struct TlsContextMatchConfig {
  std::optional<bool> presented;
  std::optional<bool> validated;
  static const config::Message& Schema();
};

struct RouteMatchConfig {
  // The path specifier: exactly one.
  std::optional<std::string> prefix;
  std::optional<std::string> path;
  std::optional<match::RegexMatcherConfig> safe_regex;
  std::optional<config::Empty> connect_matcher;
  std::optional<std::string> path_separated_prefix;
  std::optional<config::NamedExtension> path_match_policy;

  bool case_sensitive = true;
  std::optional<config::RuntimeFractionalPercent> runtime_fraction;
  std::vector<match::HeaderMatcherConfig> headers;
  std::vector<match::QueryParameterMatcherConfig> query_parameters;
  std::vector<match::CookieMatcherConfig> cookies;
  std::optional<config::Empty> grpc;
  std::optional<TlsContextMatchConfig> tls_context;
  std::vector<match::MetadataMatcherConfig> dynamic_metadata;
  config::Where where;
  static const config::Message& Schema();
};

struct DecoratorConfig {
  std::string operation;
  bool propagate = true;
  static const config::Message& Schema();
};

struct RouteConfig {
  std::string name;
  RouteMatchConfig match;
  // The action: exactly one.
  std::optional<RouteActionConfig> route;
  std::optional<RedirectActionConfig> redirect;
  std::optional<DirectResponseConfig> direct_response;
  std::optional<config::Empty> non_forwarding_action;

  std::optional<config::Metadata> metadata;
  std::optional<DecoratorConfig> decorator;
  std::optional<RouteTracingConfig> tracing;
  FilterConfigs typed_per_filter_config;
  std::vector<config::HeaderValueOption> request_headers_to_add;
  std::vector<std::string> request_headers_to_remove;
  std::vector<config::HeaderValueOption> response_headers_to_add;
  std::vector<std::string> response_headers_to_remove;
  std::optional<uint32_t> per_request_buffer_limit_bytes;
  std::string stat_prefix;
  std::optional<uint64_t> request_body_buffer_limit;
  config::Where where;
  static const config::Message& Schema();
};

struct VirtualClusterConfig {
  std::string name;
  std::vector<match::HeaderMatcherConfig> headers;
  static const config::Message& Schema();
};

struct VirtualHostConfig {
  config::Located<std::string> name;
  std::vector<config::Located<std::string>> domains;
  std::vector<RouteConfig> routes;
  TlsRequirement require_tls = TlsRequirement::kNone;
  std::vector<VirtualClusterConfig> virtual_clusters;
  std::vector<RateLimitConfig> rate_limits;
  std::vector<config::HeaderValueOption> request_headers_to_add;
  std::vector<std::string> request_headers_to_remove;
  std::vector<config::HeaderValueOption> response_headers_to_add;
  std::vector<std::string> response_headers_to_remove;
  std::optional<CorsPolicyConfig> cors;
  FilterConfigs typed_per_filter_config;
  bool include_request_attempt_count = false;
  bool include_attempt_count_in_response = false;
  bool include_is_timeout_retry_header = false;
  std::optional<RetryPolicyConfig> retry_policy;
  std::optional<uint32_t> per_request_buffer_limit_bytes;
  std::optional<uint64_t> request_body_buffer_limit;
  std::vector<MirrorPolicyConfig> request_mirror_policies;
  std::optional<config::Metadata> metadata;
  config::Where where;
  static const config::Message& Schema();
};

struct RouteConfiguration {
  std::string name;
  std::vector<VirtualHostConfig> virtual_hosts;
  std::vector<std::string> internal_only_headers;
  std::vector<config::HeaderValueOption> request_headers_to_add;
  std::vector<std::string> request_headers_to_remove;
  std::vector<config::HeaderValueOption> response_headers_to_add;
  std::vector<std::string> response_headers_to_remove;
  bool most_specific_header_mutations_wins = false;
  std::optional<bool> validate_clusters;  // true unless set, false in a file of routes
  uint32_t max_direct_response_body_size_bytes = 4096;
  std::vector<MirrorPolicyConfig> request_mirror_policies;
  bool ignore_port_in_host_matching = false;
  std::string vhost_header;
  bool ignore_path_parameters_in_path_matching = false;
  FilterConfigs typed_per_filter_config;
  std::optional<config::Metadata> metadata;
  config::Where where;
  static const config::Message& Schema();
};

}  // namespace sluice::route
