// The config structs of what a route does: forward (with its retries, mirrors, rewrites), redirect,
// answer directly. Immutable once parsed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/proxy_header.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"
#include "sluice/route/cors_policy.h"
#include "sluice/route/forward_action.h"
#include "sluice/route/header_config.h"
#include "sluice/route/retry_policy.h"

namespace sluice::route {

// typed_per_filter_config: by the filter's configured name; an extension of kFilterRouteConfigs,
// perhaps inside of a FilterConfig.
using FilterConfigs = std::map<std::string, config::TypedConfig>;

struct ResetHeaderConfig {
  std::string name;
  ResetHeaderFormat format = ResetHeaderFormat::kSeconds;
  static const config::Message& Schema();
};
const config::EnumTable& ConfigEnum(ResetHeaderFormat);

struct RateLimitedBackOffConfig {
  std::vector<ResetHeaderConfig> reset_headers;
  Duration max_interval = std::chrono::seconds(300);
  static const config::Message& Schema();
};

struct BackOffConfig {
  Duration base_interval{};
  std::optional<Duration> max_interval;
  static const config::Message& Schema();
};

struct RetryPolicyConfig {
  config::Located<std::string> retry_on;
  uint32_t num_retries = 1;
  Duration per_try_timeout{};
  std::optional<Duration> per_try_idle_timeout;
  std::vector<config::NamedExtension> retry_host_predicate;
  int64_t host_selection_retry_max_attempts = 1;
  std::vector<uint32_t> retriable_status_codes;
  std::optional<BackOffConfig> retry_back_off;
  std::optional<RateLimitedBackOffConfig> rate_limited_retry_back_off;
  std::vector<match::HeaderMatcherConfig> retriable_headers;
  std::vector<match::HeaderMatcherConfig> retriable_request_headers;
  static const config::Message& Schema();
};

struct MirrorPolicyConfig {
  config::Located<std::string> cluster;
  std::string cluster_header;
  std::optional<config::RuntimeFractionalPercent> runtime_fraction;
  bool disable_shadow_host_suffix_append = false;
  std::vector<HeaderMutationConfig> request_headers_mutations;
  std::string host_rewrite_literal;
  config::Where where;
  static const config::Message& Schema();
};

struct HashHeaderConfig {
  std::string header_name;
  std::optional<match::RegexMatchAndSubstituteConfig> regex_rewrite;
  static const config::Message& Schema();
};

struct CookieAttributeConfig {
  std::string name;
  std::string value;
  static const config::Message& Schema();
};

struct HashCookieConfig {
  std::string name;
  std::optional<Duration> ttl;
  std::string path;
  std::vector<CookieAttributeConfig> attributes;
  static const config::Message& Schema();
};

struct HashConnectionConfig {
  bool source_ip = false;
  static const config::Message& Schema();
};

struct HashQueryConfig {
  std::string name;
  static const config::Message& Schema();
};

struct HashFilterStateConfig {
  std::string key;
  static const config::Message& Schema();
};

struct HashPolicyConfig {
  std::optional<HashHeaderConfig> header;
  std::optional<HashCookieConfig> cookie;
  std::optional<HashConnectionConfig> connection_properties;
  std::optional<HashQueryConfig> query_parameter;
  std::optional<HashFilterStateConfig> filter_state;
  bool terminal = false;
  static const config::Message& Schema();
};

struct ConnectConfig {
  std::optional<config::ProxyHeaderConfig> proxy_protocol_config;
  bool allow_post = false;
  static const config::Message& Schema();
};

struct UpgradeConfig {
  std::string upgrade_type;
  bool enabled = true;
  std::optional<ConnectConfig> connect_config;
  static const config::Message& Schema();
};

struct MaxStreamDurationConfig {
  std::optional<Duration> max_stream_duration;
  std::optional<Duration> grpc_timeout_header_max;
  std::optional<Duration> grpc_timeout_header_offset;
  static const config::Message& Schema();
};

struct InternalRedirectPolicyConfig {
  uint32_t max_internal_redirects = 1;
  std::vector<uint32_t> redirect_response_codes;
  bool allow_cross_scheme_redirect = false;
  std::vector<std::string> response_headers_to_copy;
  static const config::Message& Schema();
};

struct ClusterWeightConfig {
  config::Located<std::string> name;
  std::string cluster_header;
  uint32_t weight = 0;
  std::optional<config::Metadata> metadata_match;
  std::vector<config::HeaderValueOption> request_headers_to_add;
  std::vector<std::string> request_headers_to_remove;
  std::vector<config::HeaderValueOption> response_headers_to_add;
  std::vector<std::string> response_headers_to_remove;
  FilterConfigs typed_per_filter_config;
  std::string host_rewrite_literal;
  config::Where where;
  static const config::Message& Schema();
};

struct WeightedClusterConfig {
  std::vector<ClusterWeightConfig> clusters;
  std::optional<uint32_t> total_weight;
  std::string runtime_key_prefix;
  std::string header_name;
  static const config::Message& Schema();
};

enum class ClusterNotFoundCode : uint8_t { kServiceUnavailable, kNotFound, kInternalServerError };
const config::EnumTable& ConfigEnum(ClusterNotFoundCode);
enum class InternalRedirectAction : uint8_t { kPassThrough, kHandle };
const config::EnumTable& ConfigEnum(InternalRedirectAction);

struct RouteActionConfig {
  // The cluster specifier: exactly one.
  std::optional<config::Located<std::string>> cluster;
  std::optional<std::string> cluster_header;
  std::optional<WeightedClusterConfig> weighted_clusters;

  ClusterNotFoundCode cluster_not_found_response_code = ClusterNotFoundCode::kServiceUnavailable;
  std::optional<config::Metadata> metadata_match;

  std::string prefix_rewrite;
  std::optional<match::RegexMatchAndSubstituteConfig> regex_rewrite;
  std::optional<config::NamedExtension> path_rewrite_policy;
  std::string path_rewrite;

  std::string host_rewrite_literal;
  std::optional<bool> auto_host_rewrite;
  std::string host_rewrite_header;
  std::optional<match::RegexMatchAndSubstituteConfig> host_rewrite_path_regex;
  std::string host_rewrite;
  bool append_x_forwarded_host = false;

  Duration timeout = std::chrono::seconds(15);
  std::optional<Duration> idle_timeout;
  std::optional<Duration> flush_timeout;
  std::optional<RetryPolicyConfig> retry_policy;
  std::vector<MirrorPolicyConfig> request_mirror_policies;
  config::RoutingPriority priority = config::RoutingPriority::kDefault;
  std::vector<RateLimitConfig> rate_limits;
  bool include_vh_rate_limits = false;
  std::vector<HashPolicyConfig> hash_policy;
  std::optional<CorsPolicyConfig> cors;
  std::optional<Duration> max_grpc_timeout;
  std::optional<Duration> grpc_timeout_offset;
  std::vector<UpgradeConfig> upgrade_configs;
  std::optional<InternalRedirectPolicyConfig> internal_redirect_policy;
  InternalRedirectAction internal_redirect_action = InternalRedirectAction::kPassThrough;
  uint32_t max_internal_redirects = 1;
  std::optional<MaxStreamDurationConfig> max_stream_duration;
  config::Where where;
  static const config::Message& Schema();
};

enum class RedirectCode : uint8_t {
  kMovedPermanently,
  kFound,
  kSeeOther,
  kTemporaryRedirect,
  kPermanentRedirect,
};
const config::EnumTable& ConfigEnum(RedirectCode);

struct RedirectActionConfig {
  bool https_redirect = false;
  std::string scheme_redirect;
  std::string host_redirect;
  uint32_t port_redirect = 0;
  std::string path_redirect;
  std::string prefix_rewrite;
  std::optional<match::RegexMatchAndSubstituteConfig> regex_rewrite;
  RedirectCode response_code = RedirectCode::kMovedPermanently;
  bool strip_query = false;
  static const config::Message& Schema();
};

struct DirectResponseConfig {
  uint32_t status = 0;
  std::optional<config::DataSource> body;
  static const config::Message& Schema();
};

}  // namespace sluice::route
