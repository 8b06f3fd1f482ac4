// The config of envoy.filters.http.ext_proc, and what routes say to it. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mode.h"
#include "sluice/config/common.h"
#include "sluice/config/grpc_service.h"
#include "sluice/config/http_status.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"

namespace sluice::filters::ext_proc {

enum class RouteCacheAction : uint8_t { kDefault, kClear, kRetain };
const config::EnumTable& ConfigEnum(RouteCacheAction);

// envoy.config.common.mutation_rules.v3.HeaderMutationRules
struct MutationRulesConfig {
  bool allow_all_routing = false;
  bool allow_envoy = false;
  bool disallow_system = false;
  bool disallow_all = false;
  std::optional<match::RegexMatcherConfig> allow_expression;
  std::optional<match::RegexMatcherConfig> disallow_expression;
  bool disallow_is_error = false;
  static const config::Message& Schema();
};

struct ForwardRulesConfig {
  std::optional<match::ListStringMatcherConfig> allowed_headers;
  std::optional<match::ListStringMatcherConfig> disallowed_headers;
  static const config::Message& Schema();
};

struct NamespacesConfig {
  std::vector<std::string> untyped;
  static const config::Message& Schema();
};

struct MetadataOptionsConfig {
  std::optional<NamespacesConfig> forwarding_namespaces;
  std::optional<NamespacesConfig> receiving_namespaces;
  static const config::Message& Schema();
};

struct ExtProcConfig {
  std::optional<config::GrpcService> grpc_service;
  bool failure_mode_allow = false;
  ProcessingModeConfig processing_mode;
  std::vector<std::string> request_attributes;
  std::vector<std::string> response_attributes;
  std::optional<Duration> message_timeout;
  std::string stat_prefix;
  MutationRulesConfig mutation_rules;
  Duration max_message_timeout{};
  ForwardRulesConfig forward_rules;
  bool allow_mode_override = false;
  std::vector<ProcessingModeConfig> allowed_override_modes;
  bool disable_immediate_response = false;
  MetadataOptionsConfig metadata_options;
  bool disable_clear_route_cache = false;
  RouteCacheAction route_cache_action = RouteCacheAction::kDefault;
  std::optional<config::HttpStatus> status_on_error;
  static const config::Message& Schema();
};

struct ExtProcOverridesConfig {
  std::optional<ProcessingModeConfig> processing_mode;
  std::optional<config::GrpcService> grpc_service;
  std::optional<MetadataOptionsConfig> metadata_options;
  std::vector<config::HeaderValue> grpc_initial_metadata;
  std::optional<bool> failure_mode_allow;
  static const config::Message& Schema();
};

// Exactly one of the two is set.
struct ExtProcPerRouteConfig {
  std::optional<bool> disabled;
  std::optional<ExtProcOverridesConfig> overrides;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::ext_proc
