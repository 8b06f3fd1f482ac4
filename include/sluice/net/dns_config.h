// How names are resolved, as it is written (typed_dns_resolver_config). Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/config/address.h"

namespace sluice::net {

struct DnsResolverOptions {
  bool use_tcp_for_dns_lookups = false;
  bool no_default_search_domain = false;
  static const config::Message& Schema();
};

// envoy.network.dns_resolver.cares
struct CaresResolverConfig {
  std::vector<config::Address> resolvers;  // none: those of /etc/resolv.conf
  bool filter_unroutable_families = false;
  DnsResolverOptions dns_resolver_options;
  std::optional<uint64_t> query_timeout_seconds;
  std::optional<uint32_t> query_tries;
  static const config::Message& Schema();
};

inline constexpr std::string_view kCaresResolverType =
    "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig";
inline constexpr std::string_view kCaresResolverName = "envoy.network.dns_resolver.cares";

// What the deprecated fields dns_resolution_config, dns_resolvers and use_tcp_for_dns_lookups of a
// cluster or a bootstrap stand for: a typed_dns_resolver_config.
config::Node ResolverFromResolutionConfig(const config::Node& dns_resolution_config);
config::Node ResolverFromAddresses(const config::Node& dns_resolvers);
config::Node ResolverFromUseTcp(const config::Node& use_tcp_for_dns_lookups);

}  // namespace sluice::net
