// A cluster as it is written (envoy.config.cluster.v3.Cluster). Immutable once parsed; what the
// workers use of it is compiled into ClusterOptions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/config/config_source.h"
#include "sluice/upstream/endpoint_config.h"
#include "sluice/upstream/health_check_config.h"
#include "sluice/upstream/http_options_config.h"
#include "sluice/upstream/lb_config.h"
#include "sluice/upstream/lb_policies_config.h"
#include "sluice/upstream/outlier_config.h"

namespace sluice::upstream {

enum class DiscoveryType : uint8_t { kStatic, kStrictDns, kLogicalDns, kEds, kOriginalDst };
const config::EnumTable& ConfigEnum(DiscoveryType);

enum class DnsLookupFamily : uint8_t { kAuto, kV4Only, kV6Only, kV4Preferred, kAll };
const config::EnumTable& ConfigEnum(DnsLookupFamily);

struct RefreshRateConfig {
  Duration base_interval{};
  std::optional<Duration> max_interval;  // ten times base_interval unless set
  static const config::Message& Schema();
};

struct UpstreamConnectionOptions {
  std::optional<config::TcpKeepalive> tcp_keepalive;
  bool set_local_interface_name_on_upstream_connections = false;
  static const config::Message& Schema();
};

struct PreconnectPolicy {
  double per_upstream_preconnect_ratio = 1.0;
  static const config::Message& Schema();
};

struct TrackClusterStats {
  bool timeout_budgets = false;
  bool request_response_sizes = false;
  bool per_endpoint_stats = false;
  static const config::Message& Schema();
};

// Endpoints in a file.
struct EdsClusterConfig {
  config::ConfigSource eds_config;
  std::string service_name;  // empty: the cluster's name
  static const config::Message& Schema();
};

struct DynamicForwardConfig;

struct ClusterConfig {
  std::string name;
  std::string alt_stat_name;
  DiscoveryType type = DiscoveryType::kStatic;
  std::optional<config::NamedExtension> cluster_type;  // in place of type
  Duration connect_timeout = std::chrono::seconds(5);
  uint32_t per_connection_buffer_limit_bytes = 1024 * 1024;
  LbPolicy lb_policy = LbPolicy::kRoundRobin;
  LoadAssignmentConfig load_assignment;
  std::optional<EdsClusterConfig> eds_cluster_config;
  std::vector<HealthCheckConfig> health_checks;
  CircuitBreakersConfig circuit_breakers;
  std::map<std::string, config::TypedConfig> typed_extension_protocol_options;
  Duration dns_refresh_rate = std::chrono::seconds(5);
  Duration dns_jitter{};
  std::optional<RefreshRateConfig> dns_failure_refresh_rate;
  bool respect_dns_ttl = false;
  DnsLookupFamily dns_lookup_family = DnsLookupFamily::kAuto;
  std::optional<config::NamedExtension> typed_dns_resolver_config;
  bool wait_for_warm_on_init = true;
  std::optional<OutlierDetectionConfig> outlier_detection;
  Duration cleanup_interval = std::chrono::seconds(5);
  std::optional<config::BindConfig> upstream_bind_config;
  std::optional<SubsetLbConfig> lb_subset_config;
  std::optional<RingHashLbConfig> ring_hash_lb_config;
  std::optional<MaglevLbConfig> maglev_lb_config;
  std::optional<OriginalDstLbConfig> original_dst_lb_config;
  std::optional<LeastRequestLbConfig> least_request_lb_config;
  std::optional<RoundRobinLbConfig> round_robin_lb_config;
  CommonLbConfig common_lb_config;
  std::optional<LoadBalancingPolicyConfig> load_balancing_policy;
  std::optional<config::NamedExtension> transport_socket;
  config::Metadata metadata;
  UpstreamConnectionOptions upstream_connection_options;
  bool close_connections_on_host_health_failure = false;
  bool ignore_health_on_host_removal = false;
  TrackClusterStats track_cluster_stats;
  PreconnectPolicy preconnect_policy;
  bool connection_pool_per_downstream_connection = false;
  config::Where where;

  // From typed_extension_protocol_options; null when there is none.
  const HttpOptionsConfig* http_options() const;
  // From cluster_type; null when it is not of that kind.
  const DynamicForwardConfig* dynamic_forward() const;
  static const config::Message& Schema();
};

}  // namespace sluice::upstream
