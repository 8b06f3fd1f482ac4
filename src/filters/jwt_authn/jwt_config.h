// The config of envoy.filters.http.jwt_authn. Immutable once parsed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/match/config.h"
#include "sluice/route/config.h"

namespace sluice::filters::jwt_authn {

struct FetchRetryConfig {
  std::optional<config::BackoffStrategy> retry_back_off;
  uint32_t num_retries = 1;
  static const config::Message& Schema();
};

struct AsyncFetchConfig {
  bool fast_listener = false;
  Duration failed_refetch_duration = std::chrono::seconds(1);
  static const config::Message& Schema();
};

struct RemoteJwksConfig {
  config::HttpUri http_uri;
  Duration cache_duration = std::chrono::minutes(10);
  std::optional<AsyncFetchConfig> async_fetch;
  std::optional<FetchRetryConfig> retry_policy;
  static const config::Message& Schema();
};

struct JwtHeaderConfig {
  config::Located<std::string> name;
  std::string value_prefix;
  static const config::Message& Schema();
};

struct ClaimToHeaderConfig {
  config::Located<std::string> header_name;
  std::string claim_name;
  static const config::Message& Schema();
};

struct CacheConfig {
  uint32_t jwt_cache_size = 100;
  uint32_t jwt_max_token_size = 4096;
  static const config::Message& Schema();
};

struct NormalizePayloadConfig {
  std::vector<std::string> space_delimited_claims;
  static const config::Message& Schema();
};

struct ProviderConfig {
  std::string issuer;
  std::vector<std::string> audiences;
  std::optional<match::StringMatcherConfig> subjects;
  bool require_expiration = false;
  std::optional<Duration> max_lifetime;
  std::optional<RemoteJwksConfig> remote_jwks;
  std::optional<config::DataSource> local_jwks;
  bool forward = false;
  std::vector<JwtHeaderConfig> from_headers;
  std::vector<std::string> from_params;
  std::vector<std::string> from_cookies;
  config::Located<std::string> forward_payload_header;
  bool pad_forward_payload_header = false;
  std::string payload_in_metadata;
  std::optional<NormalizePayloadConfig> normalize_payload_in_metadata;
  std::string header_in_metadata;
  std::string failed_status_in_metadata;
  uint32_t clock_skew_seconds = 0;
  std::optional<CacheConfig> jwt_cache_config;
  std::vector<ClaimToHeaderConfig> claim_to_headers;
  bool clear_route_cache = false;
  static const config::Message& Schema();
};

struct ProviderWithAudiencesConfig {
  config::Located<std::string> provider_name;
  std::vector<std::string> audiences;
  static const config::Message& Schema();
};

struct RequirementListConfig;

struct RequirementConfig {
  std::optional<config::Located<std::string>> provider_name;
  std::optional<ProviderWithAudiencesConfig> provider_and_audiences;
  std::unique_ptr<RequirementListConfig> requires_any;
  std::unique_ptr<RequirementListConfig> requires_all;
  std::optional<config::Empty> allow_missing;
  std::optional<config::Empty> allow_missing_or_failed;
  static const config::Message& Schema();
};

struct RequirementListConfig {
  std::vector<RequirementConfig> requirements;
  static const config::Message& Schema();
};

struct RuleConfig {
  route::RouteMatchConfig match;
  std::optional<RequirementConfig> required;  // "requires" is a word of C++
  std::optional<config::Located<std::string>> requirement_name;
  static const config::Message& Schema();
};

struct JwtAuthenticationConfig {
  std::map<std::string, ProviderConfig> providers;
  std::vector<RuleConfig> rules;
  bool bypass_cors_preflight = false;
  std::map<std::string, RequirementConfig> requirement_map;
  bool strip_failure_response = false;
  std::string stat_prefix;
  static const config::Message& Schema();
};

// Of a route.
struct PerRouteConfig {
  std::optional<bool> disabled;
  std::optional<std::string> requirement_name;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::jwt_authn
