// A cluster's endpoints as they are written (envoy.config.endpoint.v3). Immutable once parsed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"

namespace sluice::upstream {

struct EndpointHealthCheckConfig {
  uint32_t port_value = 0;
  std::string hostname;
  std::optional<config::Address> address;
  bool disable_active_health_check = false;
  static const config::Message& Schema();
};

struct EndpointConfig {
  config::Address address;
  EndpointHealthCheckConfig health_check_config;
  std::string hostname;
  static const config::Message& Schema();
};

enum class ConfiguredHealth : uint8_t {
  kUnknown,
  kHealthy,
  kUnhealthy,
  kDraining,
  kTimeout,
  kDegraded,
};
const config::EnumTable& ConfigEnum(ConfiguredHealth);

struct LbEndpointConfig {
  EndpointConfig endpoint;
  ConfiguredHealth health_status = ConfiguredHealth::kUnknown;
  config::Metadata metadata;
  uint32_t load_balancing_weight = 1;
  static const config::Message& Schema();
};

struct LocalityEndpointsConfig {
  config::Locality locality;
  config::Metadata metadata;
  std::vector<LbEndpointConfig> lb_endpoints;
  std::optional<uint32_t> load_balancing_weight;
  uint32_t priority = 0;
  config::Where where;
  static const config::Message& Schema();
};

struct LoadAssignmentPolicy {
  uint32_t overprovisioning_factor = 140;
  bool weighted_priority_health = false;
  static const config::Message& Schema();
};

struct LoadAssignmentConfig {
  std::string cluster_name;
  std::vector<LocalityEndpointsConfig> endpoints;
  LoadAssignmentPolicy policy;
  static const config::Message& Schema();
};

}  // namespace sluice::upstream
