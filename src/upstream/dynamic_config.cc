#include "sluice/upstream/dynamic_config.h"

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"
#include "sluice/net/dns_config.h"

namespace sluice::upstream {

using config::Field;
using config::Message;
using config::Renamed;
using config::Unimplemented;

const Message& DnsCacheBreakers::Schema() {
  using C = DnsCacheBreakers;
  static const auto message =
      Message::Of<C>("envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheCircuitBreakers",
                     "Limits of a DNS cache.",
                     {Field("max_pending_requests", &C::max_pending_requests,
                            "Requests that may wait for a name, over all workers.")});
  return message;
}

const Message& DnsCacheConfig::Schema() {
  using C = DnsCacheConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig",
          "Names that requests ask for, and their addresses.",
          {Field("name", &C::name, "Its name: what has the same name shares it.")
               .Required()
               .NonEmpty(),
           Field("dns_lookup_family", &C::dns_lookup_family, "IPv4, IPv6 or both."),
           Field("dns_refresh_rate", &C::dns_refresh_rate,
                 "Until a name that could not be resolved is tried again.")
               .Min(std::chrono::milliseconds(1)),
           Field("dns_min_refresh_rate", &C::dns_min_refresh_rate,
                 "An answer is kept for its TTL, but for so long at least.")
               .Min(std::chrono::seconds(1)),
           Field("host_ttl", &C::host_ttl, "Names unused for that long are dropped.").Positive(),
           Field("max_hosts", &C::max_hosts, "Names it holds at most.").Min(1),
           Field(
               "disable_dns_refresh_on_failure", &C::disable_dns_refresh_on_failure,
               "A name that could not be resolved is dropped, and asked for by the next request."),
           Field("dns_failure_refresh_rate", &C::dns_failure_refresh_rate,
                 "Between resolutions that fail; dns_refresh_rate unless set."),
           Field("dns_cache_circuit_breaker", &C::dns_cache_circuit_breaker, "Its limits."),
           Renamed("use_tcp_for_dns_lookups", "typed_dns_resolver_config",
                   &net::ResolverFromUseTcp),
           Renamed("dns_resolution_config", "typed_dns_resolver_config",
                   &net::ResolverFromResolutionConfig),
           Field("typed_dns_resolver_config", &C::typed_dns_resolver_config,
                 "How names are resolved; as the bootstrap says unless set.")
               .Category(config::kDnsResolvers),
           Field("preresolve_hostnames", &C::preresolve_hostnames, "Names resolved at start."),
           Field("dns_query_timeout", &C::dns_query_timeout,
                 "Longest wait for an answer; zero: the resolver's own.")
               .Min(Duration{}),
           Unimplemented("key_value_config", "names are not kept on disk")})
          .RecordWhere(&C::where);
  return message;
}

const Message& DynamicForwardConfig::Schema() {
  using C = DynamicForwardConfig;
  static const auto message = Message::Of<C>(
      kDynamicForwardType, "Hosts are what requests ask for, by their names.",
      {Field("dns_cache_config", &C::dns_cache_config, "Where names are resolved.").Required(),
       Field("allow_insecure_cluster_options", &C::allow_insecure_cluster_options,
             "Whether auto_sni and auto_san_validation may be off."),
       Unimplemented("allow_coalesced_connections", "each host has its own connections")
           .Accept({"false"}),
       Unimplemented("sub_clusters_config", "use dns_cache_config")});
  return message;
}

}  // namespace sluice::upstream
