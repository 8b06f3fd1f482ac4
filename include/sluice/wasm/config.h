// The config messages of envoy.extensions.wasm.v3. Immutable once parsed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/types.h"

namespace sluice::wasm {

struct RetryPolicyConfig {
  std::optional<config::BackoffStrategy> retry_back_off;
  static const config::Message& Schema();
};

struct RemoteSourceConfig {
  config::HttpUri http_uri;
  std::string sha256;
  std::optional<RetryPolicyConfig> retry_policy;
  static const config::Message& Schema();
};

struct CodeSourceConfig {
  std::optional<config::DataSource> local;
  std::optional<RemoteSourceConfig> remote;
  static const config::Message& Schema();
};

struct EnvironmentConfig {
  std::vector<std::string> host_env_keys;
  std::map<std::string, std::string> key_values;
  static const config::Message& Schema();
};

struct VmConfig {
  std::string vm_id;
  std::string runtime;
  CodeSourceConfig code;
  std::optional<config::Node> configuration;
  std::optional<EnvironmentConfig> environment_variables;
  static const config::Message& Schema();
};

enum class FailurePolicy : uint8_t { kUnspecified, kFailReload, kFailClosed, kFailOpen };
const config::EnumTable& ConfigEnum(FailurePolicy);

struct ReloadConfig {
  std::optional<config::BackoffStrategy> backoff;
  static const config::Message& Schema();
};

// Nothing is cleaned yet, as in Envoy: a name is allowed or not.
struct SanitizationConfig {
  static const config::Message& Schema();
};

struct CapabilityRestrictionConfig {
  std::map<std::string, SanitizationConfig> allowed_capabilities;
  static const config::Message& Schema();
};

struct PluginConfig {
  std::string name;
  std::string root_id;
  VmConfig vm_config;
  std::optional<config::Node> configuration;
  bool fail_open = false;
  FailurePolicy failure_policy = FailurePolicy::kUnspecified;
  std::optional<ReloadConfig> reload_config;
  std::optional<CapabilityRestrictionConfig> capability_restriction_config;
  bool allow_on_headers_stop_iteration = false;
  config::Where where;
  static const config::Message& Schema();
};

struct WasmServiceConfig {
  PluginConfig config;
  bool singleton = false;
  static const config::Message& Schema();
};

// The bytes that a module sees of an Any: the text of a StringValue, a Struct as JSON, ...
Result<std::string> AnyToBytes(const std::optional<config::Node>& any);

}  // namespace sluice::wasm
