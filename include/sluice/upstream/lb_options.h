// How a cluster's load is balanced, compiled from lb_policy and its options or from
// load_balancing_policy. Part of ClusterOptions: immutable, shared by all workers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/value.h"
#include "sluice/match/runtime.h"
#include "sluice/upstream/lb_config.h"

namespace sluice::route {
struct HashPolicy;
}

namespace sluice::upstream {

enum class BalancerKind : uint8_t {
  kRoundRobin,
  kLeastRequest,
  kRandom,
  kRingHash,
  kMaglev,
  kPickFirst,
  kOriginalDst,
  kByName,
};

struct SlowStart {
  Duration window{};
  match::RuntimeNumber aggression{1.0, {}};
  double min_weight = 0.1;  // of the full weight
};

enum class LocalityMode : uint8_t { kNone, kWeighted, kZoneAware };

struct ZoneAware {
  double routing_enabled = 100;
  uint64_t min_cluster_size = 6;
};

struct SubsetOptions;

struct LbOptions {
  BalancerKind kind = BalancerKind::kRoundRobin;
  uint32_t overprovisioning_factor = 140;
  bool weighted_priority_health = false;
  double panic_threshold = 50;  // percent
  bool fail_traffic_on_panic = false;
  // Which hosts a filter may ask for (stateful sessions); neither: its wishes are ignored.
  bool override_healthy = true;
  bool override_degraded = true;
  bool override_unhealthy = false;
  LocalityMode locality = LocalityMode::kNone;
  ZoneAware zone_aware;

  std::optional<SlowStart> slow_start;  // ROUND_ROBIN, LEAST_REQUEST
  uint32_t choice_count = 2;            // LEAST_REQUEST
  bool full_scan = false;
  match::RuntimeNumber active_request_bias{1.0, {}};
  RingHashFunction hash_function = RingHashFunction::kXxHash;  // RING_HASH
  uint64_t min_ring_size = 1024;
  uint64_t max_ring_size = 8388608;
  uint64_t table_size = 65537;    // MAGLEV
  bool hash_by_hostname = false;  // RING_HASH, MAGLEV
  uint32_t balance_factor = 0;    // percent of the mean load; 0: no bound
  bool shuffle = false;           // PICK_FIRST
  // RING_HASH, MAGLEV: in place of the route's; null: the route's.
  std::shared_ptr<const std::vector<route::HashPolicy>> hash_policies;

  std::shared_ptr<const SubsetOptions> subsets;  // null: none

  // The request says which host; nobody balances anything.
  bool by_request() const {
    return kind == BalancerKind::kOriginalDst || kind == BalancerKind::kByName;
  }
  bool hashes() const { return kind == BalancerKind::kRingHash || kind == BalancerKind::kMaglev; }
};

struct SubsetSelectorOptions {
  std::vector<std::string> keys;  // sorted
  bool single_host = false;
  SelectorFallback fallback = SelectorFallback::kNotDefined;
  std::vector<std::string> fallback_keys;  // sorted
};

struct SubsetOptions {
  SubsetFallback fallback = SubsetFallback::kNoFallback;
  std::vector<std::pair<std::string, Value>> default_subset;  // sorted by key
  std::vector<SubsetSelectorOptions> selectors;
  bool locality_weight_aware = false;
  bool scale_locality_weight = false;
  bool panic_mode_any = false;
  bool list_as_any = false;
};

}  // namespace sluice::upstream
