#include "sluice/upstream/cluster_config.h"

#include <string>

#include "cluster_config_old.h"
#include "sluice/config/categories.h"
#include "sluice/config/context.h"
#include "sluice/config/field_groups.h"
#include "sluice/config/schema.h"
#include "sluice/net/dns_config.h"
#include "sluice/upstream/dynamic_config.h"

namespace sluice::upstream {

using config::EnumTable;
using config::Field;
using config::FieldGroup;
using config::Message;
using config::Renamed;
using config::Unimplemented;
using config::ValueStatus;
using std::chrono::milliseconds;

const EnumTable& ConfigEnum(DiscoveryType) {
  static const EnumTable table(
      "envoy.config.cluster.v3.Cluster.DiscoveryType",
      {{"STATIC", 0}, {"STRICT_DNS", 1}, {"LOGICAL_DNS", 2}, {"EDS", 3}, {"ORIGINAL_DST", 4}});
  return table;
}

const EnumTable& ConfigEnum(DnsLookupFamily) {
  static const EnumTable table(
      "envoy.config.cluster.v3.Cluster.DnsLookupFamily",
      {{"AUTO", 0}, {"V4_ONLY", 1}, {"V6_ONLY", 2}, {"V4_PREFERRED", 3}, {"ALL", 4}});
  return table;
}

const Message& RefreshRateConfig::Schema() {
  using C = RefreshRateConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.RefreshRate", "Exponential back-off.",
      {Field("base_interval", &C::base_interval, "The first wait.")
           .Required()
           .GreaterThan(milliseconds(1)),
       Field("max_interval", &C::max_interval, "The longest; ten times the first unless set.")
           .GreaterThan(milliseconds(1))});
  return message;
}

const Message& UpstreamConnectionOptions::Schema() {
  using C = UpstreamConnectionOptions;
  static const auto message =
      Message::Of<C>("envoy.config.cluster.v3.UpstreamConnectionOptions", "Sockets to the cluster.",
                     {Field("tcp_keepalive", &C::tcp_keepalive, "Keep-alive probes."),
                      Unimplemented("set_local_interface_name_on_upstream_connections",
                                    "the interface's name is not recorded")
                          .Accept({"false"}),
                      Unimplemented("happy_eyeballs_config", "an endpoint has one address")});
  return message;
}

const Message& PreconnectPolicy::Schema() {
  using C = PreconnectPolicy;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.Cluster.PreconnectPolicy", "Connections made ahead of need.",
      {Field("per_upstream_preconnect_ratio", &C::per_upstream_preconnect_ratio,
             "Streams of room for each stream, by host.")
           .Range(1, 3),
       Unimplemented("predictive_preconnect_ratio", "use per_upstream_preconnect_ratio")});
  return message;
}

const Message& TrackClusterStats::Schema() {
  using C = TrackClusterStats;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.TrackClusterStats", "Histograms that cost time.",
      {Field("timeout_budgets", &C::timeout_budgets, "Part of the timeout that was used.")
           .NotYet("timeout budgets are not counted yet"),
       Field("request_response_sizes", &C::request_response_sizes, "Sizes of messages.")
           .NotYet("sizes of messages are not counted yet"),
       Field("per_endpoint_stats", &C::per_endpoint_stats, "Stats by endpoint.")
           .NotYet("stats by endpoint are in /clusters")});
  return message;
}

namespace {

constexpr std::string_view kNoXds = "discovery services (xDS) are implemented as files only";

bool ResolvesNames(DiscoveryType type) {
  return type == DiscoveryType::kStrictDns || type == DiscoveryType::kLogicalDns;
}

void CheckCluster(const ClusterConfig& cluster, const config::Node& node, config::Context& ctx) {
  size_t endpoints = 0;
  for (const auto& locality : cluster.load_assignment.endpoints) {
    endpoints += locality.lb_endpoints.size();
  }
  if (cluster.type == DiscoveryType::kLogicalDns && endpoints != 1) {
    ctx.Fail(node,
             "a LOGICAL_DNS cluster has exactly one endpoint, not " + std::to_string(endpoints), {},
             "or use type: STRICT_DNS");
  }
  const bool original = cluster.type == DiscoveryType::kOriginalDst;
  if (original && endpoints != 0) {
    ctx.Fail(node, "an ORIGINAL_DST cluster has no endpoints of its own", {},
             "remove load_assignment");
  }
  if (cluster.cluster_type && endpoints != 0) {
    ctx.Fail(node, "a dynamic_forward_proxy cluster has no endpoints of its own", {},
             "remove load_assignment");
  }
  const bool eds = cluster.type == DiscoveryType::kEds;
  if (eds != cluster.eds_cluster_config.has_value()) {
    ctx.Fail(node, eds ? "an EDS cluster needs eds_cluster_config"
                       : "eds_cluster_config is for clusters of type: EDS");
  }
  if (eds && endpoints != 0) {
    ctx.Fail(node, "the endpoints of an EDS cluster are in the file", {},
             "remove load_assignment, or use type: STATIC");
  }
  if (!ResolvesNames(cluster.type) && cluster.typed_dns_resolver_config) {
    ctx.Fail(node, "typed_dns_resolver_config without a type that resolves names", {},
             "type: STRICT_DNS or LOGICAL_DNS");
  }
}

}  // namespace

const Message& EdsClusterConfig::Schema() {
  using C = EdsClusterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.cluster.v3.Cluster.EdsClusterConfig", "Endpoints in a file.",
                     {Field("eds_config", &C::eds_config, "The file.").Required(),
                      Field("service_name", &C::service_name,
                            "The cluster_name of the endpoints; the cluster's name unless set.")});
  return message;
}

const HttpOptionsConfig* ClusterConfig::http_options() const {
  const auto found = typed_extension_protocol_options.find(std::string(kHttpOptionsType));
  if (found == typed_extension_protocol_options.end()) return nullptr;
  return found->second.As<HttpOptionsConfig>();
}

const DynamicForwardConfig* ClusterConfig::dynamic_forward() const {
  return cluster_type ? cluster_type->typed_config.As<DynamicForwardConfig>() : nullptr;
}

namespace {

FieldGroup HostFields() {
  using C = ClusterConfig;
  return {Unimplemented("transport_socket_matches", "one transport_socket for all endpoints"),
          Unimplemented("transport_socket_matcher", "one transport_socket for all endpoints"),
          Field("name", &C::name, "Its name, unique.").Required().NonEmpty(),
          Field("alt_stat_name", &C::alt_stat_name, "Another name for stats and logs."),
          Field("type", &C::type, "How its hosts are found.").Oneof("cluster_discovery_type"),
          Field("cluster_type", &C::cluster_type, "How its hosts are found, as an extension.")
              .Category(config::kClusters)
              .Oneof("cluster_discovery_type"),
          Field("eds_cluster_config", &C::eds_cluster_config,
                "The file of the endpoints of an EDS cluster."),
          Field("connect_timeout", &C::connect_timeout, "Wait for a connection.").Positive(),
          Field("per_connection_buffer_limit_bytes", &C::per_connection_buffer_limit_bytes,
                "Bytes a connection buffers before it stops reading."),
          Field("lb_policy", &C::lb_policy, "How a host is picked."),
          Field("load_assignment", &C::load_assignment, "The endpoints."),
          Field("health_checks", &C::health_checks, "Active health checks; one."),
          Field("circuit_breakers", &C::circuit_breakers, "Limits over all workers."),
          Field("typed_extension_protocol_options", &C::typed_extension_protocol_options,
                "How protocols are spoken, by type name.")
              .Category(config::kUpstreamOptions),
          // Read by FoldOldHttpOptions.
          Renamed("max_requests_per_connection", kOldHttpSuccessor, nullptr),
          Renamed("upstream_http_protocol_options", kOldHttpSuccessor, nullptr),
          Renamed("common_http_protocol_options", kOldHttpSuccessor, nullptr),
          Renamed("http_protocol_options", kOldHttpSuccessor, nullptr),
          Renamed("http2_protocol_options", kOldHttpSuccessor, nullptr),
          Renamed("protocol_selection", kOldHttpSuccessor, nullptr)};
}

FieldGroup DnsFields() {
  using C = ClusterConfig;
  return {Field("dns_refresh_rate", &C::dns_refresh_rate, "Between resolutions of its names.")
              .GreaterThan(milliseconds(1)),
          Field("dns_jitter", &C::dns_jitter, "Random time added to it."),
          Field("dns_failure_refresh_rate", &C::dns_failure_refresh_rate,
                "Between resolutions that fail; dns_refresh_rate unless set."),
          Field("respect_dns_ttl", &C::respect_dns_ttl, "Resolve again when the answer expires."),
          Field("dns_lookup_family", &C::dns_lookup_family, "IPv4, IPv6 or both."),
          Renamed("dns_resolvers", "typed_dns_resolver_config", &net::ResolverFromAddresses),
          Renamed("use_tcp_for_dns_lookups", "typed_dns_resolver_config", &net::ResolverFromUseTcp),
          Renamed("dns_resolution_config", "typed_dns_resolver_config",
                  &net::ResolverFromResolutionConfig),
          Field("typed_dns_resolver_config", &C::typed_dns_resolver_config,
                "How its names are resolved; as the bootstrap says unless set.")
              .Category(config::kDnsResolvers)};
}

FieldGroup BalancerFields() {
  using C = ClusterConfig;
  return {
      Field("wait_for_warm_on_init", &C::wait_for_warm_on_init,
            "The listeners wait for its first answer."),
      Field("outlier_detection", &C::outlier_detection, "Passive health."),
      Field("cleanup_interval", &C::cleanup_interval,
            "ORIGINAL_DST: hosts unused for that long are dropped.")
          .Positive(),
      Field("upstream_bind_config", &C::upstream_bind_config, "Local side of connections."),
      Field("lb_subset_config", &C::lb_subset_config, "Subsets by metadata."),
      Field("ring_hash_lb_config", &C::ring_hash_lb_config, "RING_HASH.").Oneof("lb_config"),
      Field("maglev_lb_config", &C::maglev_lb_config, "MAGLEV.").Oneof("lb_config"),
      Field("original_dst_lb_config", &C::original_dst_lb_config, "ORIGINAL_DST.")
          .Oneof("lb_config"),
      Field("least_request_lb_config", &C::least_request_lb_config, "LEAST_REQUEST.")
          .Oneof("lb_config"),
      Field("round_robin_lb_config", &C::round_robin_lb_config, "ROUND_ROBIN.").Oneof("lb_config"),
      Field("common_lb_config", &C::common_lb_config, "For every balancer.")};
}

FieldGroup ConnectionFields() {
  using C = ClusterConfig;
  return {Field("transport_socket", &C::transport_socket, "TLS, PROXY or raw.")
              .Category(config::kUpstreamTransportSockets),
          Field("metadata", &C::metadata, "Data for logs."),
          Field("upstream_connection_options", &C::upstream_connection_options, "Sockets."),
          Field("close_connections_on_host_health_failure",
                &C::close_connections_on_host_health_failure,
                "Close the TCP connections and tunnels to a host that has become unhealthy."),
          Field("ignore_health_on_host_removal", &C::ignore_health_on_host_removal,
                "Drop hosts that DNS no longer names even while they are healthy."),
          Unimplemented("filters", "filters on the upstream side are not implemented"),
          Field("load_balancing_policy", &C::load_balancing_policy,
                "How load is balanced, as an extension; in place of lb_policy."),
          Unimplemented("lrs_server", kNoXds),
          Unimplemented("lrs_report_endpoint_metrics", kNoXds),
          Unimplemented("track_timeout_budgets", "timeout budgets are not counted yet")
              .Accept({"false"}),
          Unimplemented("upstream_config",
                        "the protocol follows from typed_extension_protocol_options"),
          Field("track_cluster_stats", &C::track_cluster_stats, "Further stats."),
          Field("preconnect_policy", &C::preconnect_policy, "Connections made ahead of need."),
          Field("connection_pool_per_downstream_connection",
                &C::connection_pool_per_downstream_connection,
                "Connections are not shared between clients.")};
}

}  // namespace

const Message& ClusterConfig::Schema() {
  using C = ClusterConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.cluster.v3.Cluster",
          "Hosts that serve the same thing, and how to use them.",
          config::Joined({HostFields(), DnsFields(), BalancerFields(), ConnectionFields()}))
          .RecordWhere(&C::where)
          .PrepareWith(&FoldOldHttpOptions)
          .Check(&CheckCluster);
  return message;
}

}  // namespace sluice::upstream
