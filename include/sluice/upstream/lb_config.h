// Load balancing as it is written in a cluster (envoy.config.cluster.v3). Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/upstream/endpoint_config.h"

namespace sluice::upstream {

enum class LbPolicy : uint8_t {
  kRoundRobin = 0,
  kLeastRequest = 1,
  kRingHash = 2,
  kRandom = 3,
  kMaglev = 5,
  kClusterProvided = 6,
  kLoadBalancingPolicyConfig = 7,
};
const config::EnumTable& ConfigEnum(LbPolicy);

struct SlowStartConfig {
  Duration slow_start_window{};
  config::RuntimeDouble aggression{1.0, ""};
  config::Percent min_weight_percent{10};
  static const config::Message& Schema();
};

struct RoundRobinLbConfig {
  std::optional<SlowStartConfig> slow_start_config;
  static const config::Message& Schema();
};

struct LeastRequestLbConfig {
  uint32_t choice_count = 2;
  config::RuntimeDouble active_request_bias{1.0, ""};
  std::optional<SlowStartConfig> slow_start_config;
  static const config::Message& Schema();
};

enum class RingHashFunction : uint8_t { kXxHash, kMurmurHash2 };
const config::EnumTable& ConfigEnum(RingHashFunction);

struct RingHashLbConfig {
  uint64_t minimum_ring_size = 1024;
  RingHashFunction hash_function = RingHashFunction::kXxHash;
  uint64_t maximum_ring_size = 8388608;
  static const config::Message& Schema();
};

struct MaglevLbConfig {
  uint64_t table_size = 65537;
  static const config::Message& Schema();
};

struct OriginalDstLbConfig {
  bool use_http_header = false;
  std::string http_header_name;
  std::optional<uint32_t> upstream_port_override;
  static const config::Message& Schema();
};

struct ZoneAwareLbConfig {
  config::Percent routing_enabled{100};
  uint64_t min_cluster_size = 6;
  bool fail_traffic_on_panic = false;
  static const config::Message& Schema();
};

struct ConsistentHashingLbConfig {
  bool use_hostname_for_hashing = false;
  std::optional<uint32_t> hash_balance_factor;
  static const config::Message& Schema();
};

struct HealthStatusSet {
  std::vector<ConfiguredHealth> statuses;
  static const config::Message& Schema();
};

struct CommonLbConfig {
  config::Percent healthy_panic_threshold{50};
  std::optional<ZoneAwareLbConfig> zone_aware_lb_config;
  std::optional<config::Empty> locality_weighted_lb_config;
  std::optional<Duration> update_merge_window;
  bool ignore_new_hosts_until_first_hc = false;
  bool close_connections_on_host_set_change = false;
  std::optional<ConsistentHashingLbConfig> consistent_hashing_lb_config;
  std::optional<HealthStatusSet> override_host_status;
  static const config::Message& Schema();
};

enum class SubsetFallback : uint8_t { kNoFallback, kAnyEndpoint, kDefaultSubset };
const config::EnumTable& ConfigEnum(SubsetFallback);
enum class SelectorFallback : uint8_t {
  kNotDefined,
  kNoFallback,
  kAnyEndpoint,
  kDefaultSubset,
  kKeysSubset,
};
const config::EnumTable& ConfigEnum(SelectorFallback);
enum class SubsetMetadataFallback : uint8_t { kNoFallback, kFallbackList };
const config::EnumTable& ConfigEnum(SubsetMetadataFallback);

struct SubsetSelector {
  std::vector<std::string> keys;
  bool single_host_per_subset = false;
  SelectorFallback fallback_policy = SelectorFallback::kNotDefined;
  std::vector<std::string> fallback_keys_subset;
  static const config::Message& Schema();
};

struct SubsetLbConfig {
  SubsetFallback fallback_policy = SubsetFallback::kNoFallback;
  config::Node default_subset;
  std::vector<SubsetSelector> subset_selectors;
  bool locality_weight_aware = false;
  bool scale_locality_weight = false;
  bool panic_mode_any = false;
  bool list_as_any = false;
  SubsetMetadataFallback metadata_fallback_policy = SubsetMetadataFallback::kNoFallback;
  static const config::Message& Schema();
};

}  // namespace sluice::upstream
