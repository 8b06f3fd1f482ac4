#include "sluice/upstream/lb_policies_config.h"

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;

#define SLUICE_LB_TYPE(path) "envoy.extensions.load_balancing_policies." path

const EnumTable& ConfigEnum(SelectionMethod) {
  static const EnumTable table(SLUICE_LB_TYPE("least_request.v3.LeastRequest.SelectionMethod"),
                               {{"N_CHOICES", 0}, {"FULL_SCAN", 1}});
  return table;
}

const EnumTable& ConfigEnum(PolicyHashFunction) {
  static const EnumTable table(SLUICE_LB_TYPE("ring_hash.v3.RingHash.HashFunction"),
                               {{"DEFAULT_HASH", 0}, {"XX_HASH", 1}, {"MURMUR_HASH_2", 2}});
  return table;
}

const Message& LbPolicyEntry::Schema() {
  using C = LbPolicyEntry;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.LoadBalancingPolicy.Policy", "One policy.",
      {Field("typed_extension_config", &C::typed_extension_config, "The policy's type and options.")
           .Required()
           .Category(config::kLoadBalancers)});
  return message;
}

const Message& LoadBalancingPolicyConfig::Schema() {
  using C = LoadBalancingPolicyConfig;
  static const auto message =
      Message::Of<C>("envoy.config.cluster.v3.LoadBalancingPolicy",
                     "How load is balanced, as an extension.",
                     {Field("policies", &C::policies, "The first one is used.").NonEmpty()})
          .RecordWhere(&C::where);
  return message;
}

const Message& PolicySlowStart::Schema() {
  using C = PolicySlowStart;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("common.v3.SlowStartConfig"), "New hosts get their load by and by.",
      {Field("slow_start_window", &C::slow_start_window, "Time until a host has its full share."),
       Field("aggression", &C::aggression, "1 is linear; more is faster at first."),
       Field("min_weight_percent", &C::min_weight_percent, "Share at the start.")});
  return message;
}

const Message& PolicyZoneAware::Schema() {
  using C = PolicyZoneAware;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("common.v3.LocalityLbConfig.ZoneAwareLbConfig"), "Prefer the own zone.",
      {Field("routing_enabled", &C::routing_enabled, "Share of requests that are zone aware."),
       Field("min_cluster_size", &C::min_cluster_size, "Hosts that it needs."),
       Field("fail_traffic_on_panic", &C::fail_traffic_on_panic, "No host rather than any host."),
       Unimplemented("force_locality_direct_routing", "the own zone gets what it has room for")
           .Accept({"false"}),
       Unimplemented("force_local_zone", "the own zone gets what it has room for"),
       Unimplemented("locality_basis", "zones are compared by their healthy hosts")
           .Accept({"HEALTHY_HOSTS_NUM"})});
  return message;
}

const Message& PolicyLocality::Schema() {
  using C = PolicyLocality;
  static const auto message =
      Message::Of<C>(
          SLUICE_LB_TYPE("common.v3.LocalityLbConfig"), "What localities mean.",
          {Field("zone_aware_lb_config", &C::zone_aware_lb_config, "Prefer the own zone.")
               .Oneof("locality_config_specifier"),
           Field("locality_weighted_lb_config", &C::locality_weighted_lb_config,
                 "Share load by the weights of localities.")
               .Oneof("locality_config_specifier")})
          .RequireOneof("locality_config_specifier");
  return message;
}

const Message& PolicyHashing::Schema() {
  using C = PolicyHashing;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("common.v3.ConsistentHashingLbConfig"), "RING_HASH and MAGLEV.",
      {Field("use_hostname_for_hashing", &C::use_hostname_for_hashing, "Not the address."),
       Field("hash_balance_factor", &C::hash_balance_factor,
             "Percent of the mean load that a host may have.")
           .Min(100),
       Field("hash_policy", &C::hash_policy, "What is hashed, in place of what the routes say.")});
  return message;
}

const Message& RoundRobinPolicy::Schema() {
  using C = RoundRobinPolicy;
  static const auto message =
      Message::Of<C>(SLUICE_LB_TYPE("round_robin.v3.RoundRobin"), "Hosts take turns, by weight.",
                     {Field("slow_start_config", &C::slow_start_config, "Slow start."),
                      Field("locality_lb_config", &C::locality_lb_config, "Localities.")});
  return message;
}

const Message& LeastRequestPolicy::Schema() {
  using C = LeastRequestPolicy;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("least_request.v3.LeastRequest"), "Hosts with few requests under way.",
      {Field("choice_count", &C::choice_count, "Hosts drawn for each choice.").Min(2),
       Field("active_request_bias", &C::active_request_bias,
             "How much requests in flight count against weight."),
       Field("slow_start_config", &C::slow_start_config, "Slow start."),
       Field("locality_lb_config", &C::locality_lb_config, "Localities."),
       Field("enable_full_scan", &C::enable_full_scan, "Look at all hosts.")
           .Deprecated("selection_method"),
       Field("selection_method", &C::selection_method, "Some drawn at random, or all.")});
  return message;
}

const Message& RandomPolicy::Schema() {
  using C = RandomPolicy;
  static const auto message =
      Message::Of<C>(SLUICE_LB_TYPE("random.v3.Random"), "Any host, each as likely.",
                     {Field("locality_lb_config", &C::locality_lb_config, "Localities.")});
  return message;
}

const Message& RingHashPolicy::Schema() {
  using C = RingHashPolicy;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("ring_hash.v3.RingHash"), "By the request's hash, on a ring.",
      {Field("hash_function", &C::hash_function, "XX_HASH or MURMUR_HASH_2."),
       Field("minimum_ring_size", &C::minimum_ring_size, "Fewest points.").Range(1, 8388608),
       Field("maximum_ring_size", &C::maximum_ring_size, "Most points.").Range(1, 8388608),
       Field("use_hostname_for_hashing", &C::use_hostname_for_hashing, "Not the address.")
           .Deprecated("consistent_hashing_lb_config"),
       Field("hash_balance_factor", &C::hash_balance_factor, "A bound on a host's load.")
           .Min(100)
           .Deprecated("consistent_hashing_lb_config"),
       Field("consistent_hashing_lb_config", &C::consistent_hashing_lb_config, "What is hashed."),
       Field("locality_weighted_lb_config", &C::locality_weighted_lb_config,
             "Points by the weights of localities.")});
  return message;
}

const Message& MaglevPolicy::Schema() {
  using C = MaglevPolicy;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("maglev.v3.Maglev"), "By the request's hash, in a table.",
      {Field("table_size", &C::table_size, "Slots, a prime.").Range(2, 5000011),
       Field("consistent_hashing_lb_config", &C::consistent_hashing_lb_config, "What is hashed."),
       Field("locality_weighted_lb_config", &C::locality_weighted_lb_config,
             "Slots by the weights of localities.")});
  return message;
}

const Message& WrrLocalityPolicy::Schema() {
  using C = WrrLocalityPolicy;
  static const auto message =
      Message::Of<C>(SLUICE_LB_TYPE("wrr_locality.v3.WrrLocality"),
                     "Localities by their weights, then another policy.",
                     {Field("endpoint_picking_policy", &C::endpoint_picking_policy,
                            "round_robin, least_request or random.")
                          .Required()});
  return message;
}

const Message& SubsetPolicy::Schema() {
  using C = SubsetPolicy;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("subset.v3.Subset"), "Balancing within subsets of hosts.",
      {Field("fallback_policy", &C::fallback_policy, "When no subset fits."),
       Field("default_subset", &C::default_subset, "For DEFAULT_SUBSET."),
       Field("subset_selectors", &C::subset_selectors, "The subsets."),
       Unimplemented("allow_redundant_keys", "requests ask for the keys of a selector, no others")
           .Accept({"false"}),
       Field("locality_weight_aware", &C::locality_weight_aware, "Keep localities apart."),
       Field("scale_locality_weight", &C::scale_locality_weight, "Scale their weights."),
       Field("panic_mode_any", &C::panic_mode_any, "Any host when the fallback is empty."),
       Field("list_as_any", &C::list_as_any, "A list matches by any element."),
       Unimplemented("metadata_fallback_policy", "write a route for each alternative")
           .Accept({"METADATA_NO_FALLBACK"}),
       Field("subset_lb_policy", &C::subset_lb_policy, "How each subset is balanced.").Required()});
  return message;
}

const Message& PickFirstPolicy::Schema() {
  using C = PickFirstPolicy;
  static const auto message = Message::Of<C>(
      SLUICE_LB_TYPE("pick_first.v3.PickFirst"), "The first host that can be used takes all.",
      {Field("shuffle_address_list", &C::shuffle_address_list, "In random order.")});
  return message;
}

const Message& ClusterProvidedPolicy::Schema() {
  static const auto message =
      Message::Of<ClusterProvidedPolicy>(SLUICE_LB_TYPE("cluster_provided.v3.ClusterProvided"),
                                         "The cluster's type knows: ORIGINAL_DST.", {});
  return message;
}

void AddLbPolicies(config::ExtensionRegistry& registry) {
  const auto add = [&registry](std::string_view type, const Message& (*schema)(),
                               std::string_view name) {
    registry.Emplace<config::Extension>(config::kLoadBalancers, type, schema,
                                        std::vector<std::string_view>{name});
  };
#define SLUICE_ADD(path, type, name) \
  add(SLUICE_LB_TYPE(path), &type::Schema, "envoy.load_balancing_policies." name)
  SLUICE_ADD("round_robin.v3.RoundRobin", RoundRobinPolicy, "round_robin");
  SLUICE_ADD("least_request.v3.LeastRequest", LeastRequestPolicy, "least_request");
  SLUICE_ADD("random.v3.Random", RandomPolicy, "random");
  SLUICE_ADD("ring_hash.v3.RingHash", RingHashPolicy, "ring_hash");
  SLUICE_ADD("maglev.v3.Maglev", MaglevPolicy, "maglev");
  SLUICE_ADD("wrr_locality.v3.WrrLocality", WrrLocalityPolicy, "wrr_locality");
  SLUICE_ADD("subset.v3.Subset", SubsetPolicy, "subset");
  SLUICE_ADD("pick_first.v3.PickFirst", PickFirstPolicy, "pick_first");
  SLUICE_ADD("cluster_provided.v3.ClusterProvided", ClusterProvidedPolicy, "cluster_provided");
#undef SLUICE_ADD
}

}  // namespace sluice::upstream
