// load_balancing_policy and the extensions that it may name, as they are written
// (envoy.extensions.load_balancing_policies.*). Immutable once parsed; compile_lb.h reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/route/action_config.h"
#include "sluice/upstream/lb_config.h"

namespace sluice::upstream {

struct LbPolicyEntry {
  config::NamedExtension typed_extension_config;
  static const config::Message& Schema();
};

struct LoadBalancingPolicyConfig {
  std::vector<LbPolicyEntry> policies;
  config::Where where;
  static const config::Message& Schema();
};

struct PolicySlowStart {
  Duration slow_start_window{};
  config::RuntimeDouble aggression{1.0, ""};
  config::Percent min_weight_percent{10};
  static const config::Message& Schema();
};

struct PolicyZoneAware {
  config::Percent routing_enabled{100};
  uint64_t min_cluster_size = 6;
  bool fail_traffic_on_panic = false;
  static const config::Message& Schema();
};

struct PolicyLocality {
  std::optional<PolicyZoneAware> zone_aware_lb_config;
  std::optional<config::Empty> locality_weighted_lb_config;
  static const config::Message& Schema();
};

struct PolicyHashing {
  bool use_hostname_for_hashing = false;
  std::optional<uint32_t> hash_balance_factor;
  std::vector<route::HashPolicyConfig> hash_policy;
  static const config::Message& Schema();
};

struct RoundRobinPolicy {
  std::optional<PolicySlowStart> slow_start_config;
  std::optional<PolicyLocality> locality_lb_config;
  static const config::Message& Schema();
};

enum class SelectionMethod : uint8_t { kChoices, kFullScan };
const config::EnumTable& ConfigEnum(SelectionMethod);

struct LeastRequestPolicy {
  uint32_t choice_count = 2;
  config::RuntimeDouble active_request_bias{1.0, ""};
  std::optional<PolicySlowStart> slow_start_config;
  std::optional<PolicyLocality> locality_lb_config;
  bool enable_full_scan = false;
  SelectionMethod selection_method = SelectionMethod::kChoices;
  static const config::Message& Schema();
};

struct RandomPolicy {
  std::optional<PolicyLocality> locality_lb_config;
  static const config::Message& Schema();
};

enum class PolicyHashFunction : uint8_t { kDefault, kXxHash, kMurmurHash2 };
const config::EnumTable& ConfigEnum(PolicyHashFunction);

struct RingHashPolicy {
  PolicyHashFunction hash_function = PolicyHashFunction::kDefault;
  uint64_t minimum_ring_size = 1024;
  uint64_t maximum_ring_size = 8388608;
  bool use_hostname_for_hashing = false;
  std::optional<uint32_t> hash_balance_factor;
  std::optional<PolicyHashing> consistent_hashing_lb_config;
  std::optional<config::Empty> locality_weighted_lb_config;
  static const config::Message& Schema();
};

struct MaglevPolicy {
  uint64_t table_size = 65537;
  std::optional<PolicyHashing> consistent_hashing_lb_config;
  std::optional<config::Empty> locality_weighted_lb_config;
  static const config::Message& Schema();
};

struct WrrLocalityPolicy {
  LoadBalancingPolicyConfig endpoint_picking_policy;
  static const config::Message& Schema();
};

struct SubsetPolicy {
  SubsetFallback fallback_policy = SubsetFallback::kNoFallback;
  config::Node default_subset;
  std::vector<SubsetSelector> subset_selectors;
  bool locality_weight_aware = false;
  bool scale_locality_weight = false;
  bool panic_mode_any = false;
  bool list_as_any = false;
  LoadBalancingPolicyConfig subset_lb_policy;
  static const config::Message& Schema();
};

struct PickFirstPolicy {
  bool shuffle_address_list = false;
  static const config::Message& Schema();
};

struct ClusterProvidedPolicy {
  static const config::Message& Schema();
};

// Adds them to the category of load balancers.
void AddLbPolicies(config::ExtensionRegistry& registry);

}  // namespace sluice::upstream
