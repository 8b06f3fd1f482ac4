// A CORS policy. It lives here and not in its filter because the old `cors:` field of virtual hosts
// and routes is part of the route configuration. Immutable, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/match/config.h"
#include "sluice/match/runtime.h"
#include "sluice/match/string_matcher.h"

namespace sluice::route {

inline constexpr std::string_view kCorsFilterType = "envoy.extensions.filters.http.cors.v3.Cors";

// Of envoy.config.route.v3 and of the filter's own package: the fields are the same.
struct CorsPolicyConfig {
  std::vector<match::StringMatcherConfig> allow_origin_string_match;
  std::string allow_methods;
  std::string allow_headers;
  std::string expose_headers;
  std::string max_age;
  bool allow_credentials = false;
  std::optional<config::RuntimeFractionalPercent> filter_enabled;
  std::optional<config::RuntimeFractionalPercent> shadow_enabled;
  bool allow_private_network_access = false;
  bool forward_not_matching_preflights = true;
  static const config::Message& Schema();
};

struct CorsPolicy {
  match::StringMatchers allow_origins;
  std::string allow_methods;
  std::string allow_headers;
  std::string expose_headers;
  std::string max_age;
  bool allow_credentials = false;
  bool allow_private_network_access = false;
  bool forward_not_matching_preflights = true;
  match::RuntimeFraction enabled;  // all, unless configured
  match::RuntimeFraction shadow{{0, 100}, {}};

  explicit CorsPolicy(const CorsPolicyConfig& config);
};

}  // namespace sluice::route
