#include "sluice/upstream/lb_config.h"

#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;
using config::ValueStatus;

const EnumTable& ConfigEnum(LbPolicy) {
  static const EnumTable table("envoy.config.cluster.v3.Cluster.LbPolicy",
                               {{"ROUND_ROBIN", 0},
                                {"LEAST_REQUEST", 1},
                                {"RING_HASH", 2},
                                {"RANDOM", 3},
                                {"MAGLEV", 5},
                                {"CLUSTER_PROVIDED", 6},
                                {"LOAD_BALANCING_POLICY_CONFIG", 7}});
  return table;
}

const EnumTable& ConfigEnum(RingHashFunction) {
  static const EnumTable table("envoy.config.cluster.v3.Cluster.RingHashLbConfig.HashFunction",
                               {{"XX_HASH", 0}, {"MURMUR_HASH_2", 1}});
  return table;
}

const EnumTable& ConfigEnum(SubsetFallback) {
  static const EnumTable table(
      "envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetFallbackPolicy",
      {{"NO_FALLBACK", 0}, {"ANY_ENDPOINT", 1}, {"DEFAULT_SUBSET", 2}});
  return table;
}

const EnumTable& ConfigEnum(SelectorFallback) {
  static const EnumTable table(
      "envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector."
      "LbSubsetSelectorFallbackPolicy",
      {{"NOT_DEFINED", 0},
       {"NO_FALLBACK", 1},
       {"ANY_ENDPOINT", 2},
       {"DEFAULT_SUBSET", 3},
       {"KEYS_SUBSET", 4}});
  return table;
}

const EnumTable& ConfigEnum(SubsetMetadataFallback) {
  static const EnumTable table(
      "envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetMetadataFallbackPolicy",
      {{"METADATA_NO_FALLBACK", 0},
       {"FALLBACK_LIST", 1, ValueStatus::kUnimplemented, "write a route for each alternative"}});
  return table;
}

const Message& SlowStartConfig::Schema() {
  using C = SlowStartConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.SlowStartConfig", "New hosts get their load by and by.",
      {Field("slow_start_window", &C::slow_start_window, "Time until a host has its full share."),
       Field("aggression", &C::aggression, "1 is linear; more is faster at first."),
       Field("min_weight_percent", &C::min_weight_percent, "Share at the start.")});
  return message;
}

const Message& RoundRobinLbConfig::Schema() {
  using C = RoundRobinLbConfig;
  static const auto message =
      Message::Of<C>("envoy.config.cluster.v3.Cluster.RoundRobinLbConfig", "ROUND_ROBIN.",
                     {Field("slow_start_config", &C::slow_start_config, "Slow start.")});
  return message;
}

const Message& LeastRequestLbConfig::Schema() {
  using C = LeastRequestLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.LeastRequestLbConfig", "LEAST_REQUEST.",
      {Field("choice_count", &C::choice_count, "Hosts drawn for each choice.").Min(2),
       Field("active_request_bias", &C::active_request_bias,
             "How much requests in flight count against weight."),
       Field("slow_start_config", &C::slow_start_config, "Slow start.")});
  return message;
}

const Message& RingHashLbConfig::Schema() {
  using C = RingHashLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.RingHashLbConfig", "RING_HASH.",
      {Field("minimum_ring_size", &C::minimum_ring_size, "Fewest points.").Range(1, 8388608),
       Field("hash_function", &C::hash_function, "XX_HASH or MURMUR_HASH_2."),
       Field("maximum_ring_size", &C::maximum_ring_size, "Most points.").Range(1, 8388608)});
  return message;
}

const Message& MaglevLbConfig::Schema() {
  using C = MaglevLbConfig;
  static const auto message =
      Message::Of<C>("envoy.config.cluster.v3.Cluster.MaglevLbConfig", "MAGLEV.",
                     {Field("table_size", &C::table_size, "Slots, a prime.").Range(2, 5000011)});
  return message;
}

const Message& OriginalDstLbConfig::Schema() {
  using C = OriginalDstLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.OriginalDstLbConfig", "Where ORIGINAL_DST connects to.",
      {Field("use_http_header", &C::use_http_header,
             "The address comes in a header, if there is one; trust whoever may set it."),
       Field("http_header_name", &C::http_header_name,
             "That header; x-envoy-original-dst-host unless set."),
       Field("upstream_port_override", &C::upstream_port_override, "Another port.").Max(65535),
       Unimplemented("metadata_key", "the address of the connection is used")});
  return message;
}

const Message& ZoneAwareLbConfig::Schema() {
  using C = ZoneAwareLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.CommonLbConfig.ZoneAwareLbConfig", "Prefer the own zone.",
      {Field("routing_enabled", &C::routing_enabled, "Share of requests that are zone aware."),
       Field("min_cluster_size", &C::min_cluster_size, "Hosts that it needs."),
       Field("fail_traffic_on_panic", &C::fail_traffic_on_panic, "No host rather than any host.")});
  return message;
}

const Message& ConsistentHashingLbConfig::Schema() {
  using C = ConsistentHashingLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.CommonLbConfig.ConsistentHashingLbConfig",
      "RING_HASH and MAGLEV.",
      {Field("use_hostname_for_hashing", &C::use_hostname_for_hashing, "Not the address."),
       Field("hash_balance_factor", &C::hash_balance_factor,
             "Percent of the mean load that a host may have.")
           .Min(100)});
  return message;
}

const Message& HealthStatusSet::Schema() {
  using C = HealthStatusSet;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.HealthStatusSet", "Health statuses.",
                     {Field("statuses", &C::statuses, "The statuses.")});
  return message;
}

const Message& CommonLbConfig::Schema() {
  using C = CommonLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.CommonLbConfig", "What holds for every balancer.",
      {Field("healthy_panic_threshold", &C::healthy_panic_threshold,
             "Below this percentage of healthy hosts all are used; 0 is never."),
       Field("zone_aware_lb_config", &C::zone_aware_lb_config, "Prefer the own zone.")
           .Oneof("locality_config_specifier"),
       Field("locality_weighted_lb_config", &C::locality_weighted_lb_config,
             "Share load by the weights of localities.")
           .Oneof("locality_config_specifier"),
       Field("update_merge_window", &C::update_merge_window, "Collect changes for so long.")
           .NotYet("changes are applied at once"),
       Field("ignore_new_hosts_until_first_hc", &C::ignore_new_hosts_until_first_hc,
             "New hosts wait for their first health check."),
       Field("close_connections_on_host_set_change", &C::close_connections_on_host_set_change,
             "Close all connections when the hosts change."),
       Field("consistent_hashing_lb_config", &C::consistent_hashing_lb_config,
             "RING_HASH and MAGLEV."),
       Field("override_host_status", &C::override_host_status,
             "Health of hosts that filters may ask for; UNKNOWN, HEALTHY and DEGRADED unless "
             "set.")});
  return message;
}

const Message& SubsetSelector::Schema() {
  using C = SubsetSelector;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector", "A set of keys.",
      {Field("keys", &C::keys, "Metadata keys."),
       Field("single_host_per_subset", &C::single_host_per_subset, "Each subset is one host."),
       Field("fallback_policy", &C::fallback_policy, "When no subset fits."),
       Field("fallback_keys_subset", &C::fallback_keys_subset, "For KEYS_SUBSET.")});
  return message;
}

const Message& SubsetLbConfig::Schema() {
  using C = SubsetLbConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.LbSubsetConfig", "Balancing within subsets of hosts.",
      {Field("fallback_policy", &C::fallback_policy, "When no subset fits."),
       Field("default_subset", &C::default_subset, "For DEFAULT_SUBSET."),
       Field("subset_selectors", &C::subset_selectors, "The subsets."),
       Unimplemented("allow_redundant_keys", "requests ask for the keys of a selector, no others")
           .Accept({"false"}),
       Field("locality_weight_aware", &C::locality_weight_aware, "Keep localities apart."),
       Field("scale_locality_weight", &C::scale_locality_weight, "Scale their weights."),
       Field("panic_mode_any", &C::panic_mode_any, "Any host when the fallback is empty."),
       Field("list_as_any", &C::list_as_any, "A list matches by any element."),
       Field("metadata_fallback_policy", &C::metadata_fallback_policy, "fallback_list.")});
  return message;
}

}  // namespace sluice::upstream
