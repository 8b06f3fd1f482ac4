#include "compile_lb.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "maglev.h"
#include "sluice/route/forward_action.h"

namespace sluice::upstream {
namespace {

constexpr size_t kMaxSubsetKeys = 32;

BalancerKind KindOf(LbPolicy policy) {
  switch (policy) {
    case LbPolicy::kLeastRequest: return BalancerKind::kLeastRequest;
    case LbPolicy::kRingHash: return BalancerKind::kRingHash;
    case LbPolicy::kRandom: return BalancerKind::kRandom;
    case LbPolicy::kMaglev: return BalancerKind::kMaglev;
    case LbPolicy::kClusterProvided: return BalancerKind::kOriginalDst;
    case LbPolicy::kRoundRobin:
    case LbPolicy::kLoadBalancingPolicyConfig: break;
  }
  return BalancerKind::kRoundRobin;
}

class Compiler {
 public:
  Compiler(const ClusterConfig& config, config::Problems& problems)
      : config_(config), problems_(problems) {}

  LbOptions Run() {
    const LoadAssignmentPolicy& policy = config_.load_assignment.policy;
    out_.overprovisioning_factor = policy.overprovisioning_factor;
    out_.weighted_priority_health = policy.weighted_priority_health;
    out_.panic_threshold = config_.common_lb_config.healthy_panic_threshold.value;
    if (const auto& wished = config_.common_lb_config.override_host_status) Override(*wished);
    if (config_.load_balancing_policy) {
      Policy(*config_.load_balancing_policy, 0);
    } else {
      OldStyle();
    }
    Check();
    return std::move(out_);
  }

 private:
  void Override(const HealthStatusSet& wished) {
    const auto has = [&](auto... statuses) {
      return ((std::ranges::find(wished.statuses, statuses) != wished.statuses.end()) || ...);
    };
    out_.override_healthy = has(ConfiguredHealth::kUnknown, ConfiguredHealth::kHealthy);
    out_.override_degraded = has(ConfiguredHealth::kDegraded);
    out_.override_unhealthy =
        has(ConfiguredHealth::kUnhealthy, ConfiguredHealth::kDraining, ConfiguredHealth::kTimeout);
  }

  // --- lb_policy and its neighbours.

  void OldStyle() {
    if (config_.lb_policy == LbPolicy::kLoadBalancingPolicyConfig) {
      problems_.Add(config_.where,
                    "lb_policy: LOAD_BALANCING_POLICY_CONFIG needs "
                    "load_balancing_policy");
    }
    out_.kind = KindOf(config_.lb_policy);
    const CommonLbConfig& common = config_.common_lb_config;
    if (common.locality_weighted_lb_config) out_.locality = LocalityMode::kWeighted;
    if (common.zone_aware_lb_config) {
      const ZoneAwareLbConfig& zones = *common.zone_aware_lb_config;
      Zones(zones.routing_enabled, zones.min_cluster_size, zones.fail_traffic_on_panic);
    }
    if (common.consistent_hashing_lb_config) {
      out_.hash_by_hostname = common.consistent_hashing_lb_config->use_hostname_for_hashing;
      out_.balance_factor = common.consistent_hashing_lb_config->hash_balance_factor.value_or(0);
    }
    OldOptions();
    if (config_.lb_subset_config) Subsets(*config_.lb_subset_config);
  }

  void OldOptions() {
    if (const auto& own = config_.round_robin_lb_config) {
      Belongs(BalancerKind::kRoundRobin, "round_robin_lb_config");
      if (own->slow_start_config) Slow(*own->slow_start_config);
    }
    if (const auto& own = config_.least_request_lb_config) {
      Belongs(BalancerKind::kLeastRequest, "least_request_lb_config");
      Least(own->choice_count, own->active_request_bias);
      if (own->slow_start_config) Slow(*own->slow_start_config);
    }
    if (const auto& own = config_.ring_hash_lb_config) {
      Belongs(BalancerKind::kRingHash, "ring_hash_lb_config");
      out_.hash_function = own->hash_function;
      Ring(own->minimum_ring_size, own->maximum_ring_size);
    }
    if (const auto& own = config_.maglev_lb_config) {
      Belongs(BalancerKind::kMaglev, "maglev_lb_config");
      out_.table_size = own->table_size;
    }
  }

  // Options of a policy that is not in use would be believed to act.
  void Belongs(BalancerKind kind, std::string_view name) {
    if (out_.kind == kind) return;
    problems_.Add(config_.where, fmt::format("{} does not go with this lb_policy", name));
  }

  // --- load_balancing_policy.

  void Policy(const LoadBalancingPolicyConfig& policy, int depth) {
    if (policy.policies.empty()) return;
    const config::TypedConfig& typed = policy.policies.front().typed_extension_config.typed_config;
    if (const auto* rr = typed.As<RoundRobinPolicy>()) {
      out_.kind = BalancerKind::kRoundRobin;
      if (rr->slow_start_config) Slow(*rr->slow_start_config);
      Locality(rr->locality_lb_config);
    } else if (const auto* least = typed.As<LeastRequestPolicy>()) {
      out_.kind = BalancerKind::kLeastRequest;
      Least(least->choice_count, least->active_request_bias);
      out_.full_scan =
          least->enable_full_scan || least->selection_method == SelectionMethod::kFullScan;
      if (least->slow_start_config) Slow(*least->slow_start_config);
      Locality(least->locality_lb_config);
    } else if (const auto* random = typed.As<RandomPolicy>()) {
      out_.kind = BalancerKind::kRandom;
      Locality(random->locality_lb_config);
    } else if (const auto* first = typed.As<PickFirstPolicy>()) {
      out_.kind = BalancerKind::kPickFirst;
      out_.shuffle = first->shuffle_address_list;
    } else if (typed.As<ClusterProvidedPolicy>() != nullptr) {
      out_.kind = BalancerKind::kOriginalDst;
    } else if (!Hashing(typed)) {
      Nested(typed, policy, depth);
    }
  }

  bool Hashing(const config::TypedConfig& typed) {
    if (const auto* ring = typed.As<RingHashPolicy>()) {
      out_.kind = BalancerKind::kRingHash;
      if (ring->hash_function == PolicyHashFunction::kMurmurHash2) {
        out_.hash_function = RingHashFunction::kMurmurHash2;
      }
      Ring(ring->minimum_ring_size, ring->maximum_ring_size);
      out_.hash_by_hostname = ring->use_hostname_for_hashing;
      out_.balance_factor = ring->hash_balance_factor.value_or(0);
      Consistent(ring->consistent_hashing_lb_config);
      if (ring->locality_weighted_lb_config) out_.locality = LocalityMode::kWeighted;
      return true;
    }
    const auto* maglev = typed.As<MaglevPolicy>();
    if (maglev == nullptr) return false;
    out_.kind = BalancerKind::kMaglev;
    out_.table_size = maglev->table_size;
    Consistent(maglev->consistent_hashing_lb_config);
    if (maglev->locality_weighted_lb_config) out_.locality = LocalityMode::kWeighted;
    return true;
  }

  void Nested(const config::TypedConfig& typed, const LoadBalancingPolicyConfig& policy,
              int depth) {
    if (depth > 1) {
      problems_.Add(policy.where, "load balancing policies are nested too deeply");
    } else if (const auto* wrr = typed.As<WrrLocalityPolicy>()) {
      Policy(wrr->endpoint_picking_policy, depth + 1);
      out_.locality = LocalityMode::kWeighted;
    } else if (const auto* subset = typed.As<SubsetPolicy>()) {
      Policy(subset->subset_lb_policy, depth + 1);
      if (out_.subsets != nullptr) {
        problems_.Add(policy.where, "subsets of subsets are not implemented");
      }
      Subsets(*subset);
    }
  }

  // --- Parts.

  void Locality(const std::optional<PolicyLocality>& locality) {
    if (!locality) return;
    if (locality->locality_weighted_lb_config) out_.locality = LocalityMode::kWeighted;
    if (!locality->zone_aware_lb_config) return;
    const PolicyZoneAware& zones = *locality->zone_aware_lb_config;
    Zones(zones.routing_enabled, zones.min_cluster_size, zones.fail_traffic_on_panic);
  }

  void Zones(config::Percent enabled, uint64_t min_size, bool fail_on_panic) {
    out_.locality = LocalityMode::kZoneAware;
    out_.zone_aware = {enabled.value, min_size};
    out_.fail_traffic_on_panic = fail_on_panic;
  }

  void Consistent(const std::optional<PolicyHashing>& hashing) {
    if (!hashing) return;
    out_.hash_by_hostname = hashing->use_hostname_for_hashing;
    out_.balance_factor = hashing->hash_balance_factor.value_or(0);
    if (hashing->hash_policy.empty()) return;
    auto policies = std::make_shared<std::vector<route::HashPolicy>>();
    for (const route::HashPolicyConfig& policy : hashing->hash_policy) {
      policies->push_back(route::CompileHash(policy));
    }
    out_.hash_policies = std::move(policies);
  }

  template <typename Config>
  void Slow(const Config& config) {
    if (config.slow_start_window <= Duration{}) return;
    SlowStart slow;
    slow.window = config.slow_start_window;
    slow.aggression = {config.aggression.default_value, config.aggression.runtime_key};
    slow.min_weight = config.min_weight_percent.value / 100;
    if (slow.aggression.default_value <= 0) {
      problems_.Add(config_.where, "slow start: aggression must be above 0");
    }
    out_.slow_start = slow;
  }

  void Least(uint32_t choices, const config::RuntimeDouble& bias) {
    out_.choice_count = choices;
    out_.active_request_bias = {bias.default_value, bias.runtime_key};
    if (bias.default_value < 0) {
      problems_.Add(config_.where, "active_request_bias must not be negative");
    }
  }

  void Ring(uint64_t least, uint64_t most) {
    out_.min_ring_size = std::max<uint64_t>(least, 1);
    out_.max_ring_size = most;
  }

  template <typename Config>
  void Subsets(const Config& config) {
    auto subsets = std::make_shared<SubsetOptions>();
    subsets->fallback = config.fallback_policy;
    subsets->locality_weight_aware = config.locality_weight_aware;
    subsets->scale_locality_weight = config.scale_locality_weight;
    subsets->panic_mode_any = config.panic_mode_any;
    subsets->list_as_any = config.list_as_any;
    for (const config::Node& member : config.default_subset.items) {
      subsets->default_subset.emplace_back(member.key, config::ToValue(member));
    }
    for (const SubsetSelector& selector : config.subset_selectors) {
      subsets->selectors.push_back(Selector(selector));
    }
    out_.subsets = std::move(subsets);
  }

  SubsetSelectorOptions Selector(const SubsetSelector& config) {
    SubsetSelectorOptions selector;
    selector.keys = Sorted(config.keys);
    selector.single_host = config.single_host_per_subset;
    selector.fallback = config.fallback_policy;
    selector.fallback_keys = Sorted(config.fallback_keys_subset);
    if (selector.keys.empty() || selector.keys.size() > kMaxSubsetKeys) {
      problems_.Add(config_.where, fmt::format("a subset selector has 1 to {} keys, not {}",
                                               kMaxSubsetKeys, selector.keys.size()));
    }
    if (selector.single_host && selector.keys.size() != 1) {
      problems_.Add(config_.where, "single_host_per_subset needs exactly one key");
    }
    const bool keys = selector.fallback == SelectorFallback::kKeysSubset;
    if (keys != !selector.fallback_keys.empty()) {
      problems_.Add(config_.where,
                    "fallback_keys_subset and fallback_policy: KEYS_SUBSET need each other");
    }
    if (keys && (selector.fallback_keys.size() >= selector.keys.size() ||
                 !std::ranges::includes(selector.keys, selector.fallback_keys))) {
      problems_.Add(config_.where, "fallback_keys_subset must be some, and not all, of the keys");
    }
    return selector;
  }

  static std::vector<std::string> Sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    const auto twice = std::ranges::unique(names);
    names.erase(twice.begin(), twice.end());
    return names;
  }

  void Check() {
    if (out_.min_ring_size > out_.max_ring_size) {
      problems_.Add(config_.where, "minimum_ring_size is above maximum_ring_size");
    }
    if (out_.kind == BalancerKind::kMaglev && !Maglev::IsPrime(out_.table_size)) {
      problems_.Add(config_.where, fmt::format("table_size {} is not a prime", out_.table_size));
    }
    const bool dynamic = config_.dynamic_forward() != nullptr;
    if (dynamic && out_.by_request()) out_.kind = BalancerKind::kByName;
    const bool finds_itself = dynamic || config_.type == DiscoveryType::kOriginalDst;
    const std::string_view type = dynamic ? "a dynamic_forward_proxy" : "an ORIGINAL_DST";
    if (finds_itself && !out_.by_request()) {
      problems_.Add(config_.where,
                    fmt::format("{} cluster needs lb_policy: CLUSTER_PROVIDED", type));
    } else if (!finds_itself && out_.by_request()) {
      problems_.Add(config_.where,
                    "lb_policy: CLUSTER_PROVIDED is for type: ORIGINAL_DST and for "
                    "envoy.clusters.dynamic_forward_proxy only");
    }
    if (finds_itself && out_.subsets != nullptr) {
      problems_.Add(config_.where, fmt::format("{} cluster has no subsets", type));
    }
  }

  const ClusterConfig& config_;
  config::Problems& problems_;
  LbOptions out_;
};

}  // namespace

LbOptions CompileLb(const ClusterConfig& config, config::Problems& problems) {
  return Compiler(config, problems).Run();
}

}  // namespace sluice::upstream
