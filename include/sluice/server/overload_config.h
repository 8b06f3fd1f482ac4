// envoy.config.overload.v3.OverloadManager as structs. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/extension.h"
#include "sluice/config/types.h"

namespace sluice::server {

struct DownstreamConnectionsConfig {
  uint64_t max_active_downstream_connections = 0;
  static const config::Message& Schema();
};

struct FixedHeapConfig {
  uint64_t max_heap_size_bytes = 0;
  static const config::Message& Schema();
};

struct InjectedResourceConfig {
  std::string filename;  // holds a number from 0 to 1
  static const config::Message& Schema();
};

struct ResourceMonitorConfig {
  std::string name;
  config::TypedConfig typed_config;
  config::Where where;
  static const config::Message& Schema();
};

struct ThresholdConfig {
  double value = 0;
  static const config::Message& Schema();
};

struct ScaledConfig {
  double scaling_threshold = 0;
  double saturation_threshold = 0;
  static const config::Message& Schema();
};

// Exactly one of the two is set.
struct TriggerConfig {
  std::string name;  // of a monitor
  std::optional<ThresholdConfig> threshold;
  std::optional<ScaledConfig> scaled;
  config::Where where;
  static const config::Message& Schema();
};

struct OverloadActionConfig {
  std::string name;
  std::vector<TriggerConfig> triggers;
  config::Where where;
  static const config::Message& Schema();
};

struct OverloadManagerConfig {
  Duration refresh_interval = std::chrono::seconds(1);
  std::vector<ResourceMonitorConfig> resource_monitors;
  std::vector<OverloadActionConfig> actions;
  static const config::Message& Schema();
};

void AddOverloadExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::server
