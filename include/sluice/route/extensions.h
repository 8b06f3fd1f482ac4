// The extensions that route configurations hold beside those of filters: path templates, retry host
// predicates, the FilterConfig wrapper. The server adds them to its list by one call.
#pragma once

#include <string>
#include <string_view>

#include "sluice/config/extension.h"

namespace sluice::route {

inline constexpr std::string_view kPathMatchers = "envoy.path.match";
inline constexpr std::string_view kPathRewriters = "envoy.path.rewrite";
inline constexpr std::string_view kRetryHostPredicates = "envoy.retry_host_predicates";

void AddRouteExtensions(config::ExtensionRegistry& registry);

struct UriTemplateMatchConfig {
  std::string path_template;
  static const config::Message& Schema();
};

struct UriTemplateRewriteConfig {
  std::string path_template_rewrite;
  static const config::Message& Schema();
};

struct PreviousHostsPredicateConfig {
  static const config::Message& Schema();
};

struct OmitCanaryHostsPredicateConfig {
  static const config::Message& Schema();
};

// envoy.config.route.v3.FilterConfig: a wrapper around a filter's per-route config.
struct FilterConfigWrapper {
  config::TypedConfig config;
  bool is_optional = false;
  bool disabled = false;
  static const config::Message& Schema();
};

}  // namespace sluice::route
