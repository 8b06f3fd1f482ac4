// Clusters whose hosts are asked for by name as requests come, as they are written
// (envoy.extensions.clusters.dynamic_forward_proxy.v3), and the DNS cache behind them. Immutable
// once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {

struct DnsCacheBreakers {
  uint32_t max_pending_requests = 1024;
  static const config::Message& Schema();
};

struct DnsCacheConfig {
  std::string name;
  DnsLookupFamily dns_lookup_family = DnsLookupFamily::kAuto;
  Duration dns_refresh_rate = std::chrono::minutes(1);
  Duration dns_min_refresh_rate = std::chrono::seconds(5);
  Duration host_ttl = std::chrono::minutes(5);
  uint32_t max_hosts = 1024;
  bool disable_dns_refresh_on_failure = false;
  std::optional<RefreshRateConfig> dns_failure_refresh_rate;
  DnsCacheBreakers dns_cache_circuit_breaker;
  std::optional<config::NamedExtension> typed_dns_resolver_config;
  std::vector<config::SocketAddress> preresolve_hostnames;
  Duration dns_query_timeout = std::chrono::seconds(5);  // zero: the resolver's own
  config::Where where;
  static const config::Message& Schema();
};

struct DynamicForwardConfig {
  DnsCacheConfig dns_cache_config;
  bool allow_insecure_cluster_options = false;
  static const config::Message& Schema();
};

inline constexpr std::string_view kDynamicForwardType =
    "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig";

}  // namespace sluice::upstream
