#include "tcp_proxy_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::tcp_proxy {

using config::Field;
using config::Unimplemented;

namespace {

void CheckTcpProxy(const TcpProxyConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.weighted_clusters) {
    uint64_t sum = 0;
    for (const ClusterWeight& one : value.weighted_clusters->clusters) sum += one.weight;
    if (sum > UINT32_MAX)
      ctx.Fail(node, "the weights of weighted_clusters add up to more than 2^32-1");
  }
}

}  // namespace

const config::Message& ClusterWeight::Schema() {
  static const auto message = config::Message::Of<ClusterWeight>(
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight",
      "A cluster and its share of the connections.",
      {
          Field("name", &ClusterWeight::name, "Name of the cluster.").Required().NonEmpty(),
          Field("weight", &ClusterWeight::weight, "Its weight among the others.").Required().Min(1),
          Field("metadata_match", &ClusterWeight::metadata_match, "Only hosts with this metadata."),
      });
  return message;
}

const config::Message& WeightedClusters::Schema() {
  static const auto message = config::Message::Of<WeightedClusters>(
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster",
      "Clusters picked at random, by weight, for each connection.",
      {Field("clusters", &WeightedClusters::clusters, "The clusters.").NonEmpty()});
  return message;
}

const config::Message& SourceIp::Schema() {
  static const auto message = config::Message::Of<SourceIp>("envoy.type.v3.HashPolicy.SourceIp",
                                                            "Hashes the client's IP address.", {});
  return message;
}

const config::Message& HashedState::Schema() {
  static const auto message = config::Message::Of<HashedState>(
      "envoy.type.v3.HashPolicy.FilterState", "Hashes an object in the filter state.",
      {Field("key", &HashedState::key, "Its name.").Required().NonEmpty()});
  return message;
}

const config::Message& TcpHashPolicy::Schema() {
  static const auto message = config::Message::Of<TcpHashPolicy>(
      "envoy.type.v3.HashPolicy", "What a consistent-hashing balancer hashes.",
      {
          Field("source_ip", &TcpHashPolicy::source_ip, "The client's IP address.")
              .Oneof("policy_specifier"),
          Field("filter_state", &TcpHashPolicy::filter_state, "An object that a filter left.")
              .Oneof("policy_specifier"),
      });
  return message;
}

const config::Message& AccessLogOptions::Schema() {
  static const auto message = config::Message::Of<AccessLogOptions>(
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TcpAccessLogOptions",
      "When entries are written beside the one at the end.",
      {
          Field("access_log_flush_interval", &AccessLogOptions::access_log_flush_interval,
                "Writes an entry this often while the connection lives.")
              .Min(std::chrono::milliseconds(1)),
          Field("flush_access_log_on_connected", &AccessLogOptions::flush_access_log_on_connected,
                "Writes an entry when the connection to the server stands."),
          Unimplemented("flush_access_log_on_start").Accept({"false"}),
      });
  return message;
}

const config::Message& TunnelingConfig::Schema() {
  using C = TunnelingConfig;
  static const auto message =
      config::Message::Of<C>(
          "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.TunnelingConfig",
          "How connections are carried inside HTTP; the cluster says over which version.",
          {
              Field("hostname", &C::hostname,
                    "Where the other end is to connect to, host:port; may hold command operators.")
                  .Required()
                  .NonEmpty(),
              Field("use_post", &C::use_post, "POST in place of CONNECT."),
              Field("headers_to_add", &C::headers_to_add, "More fields for the request.")
                  .Size(0, 1000),
              Field("propagate_response_headers", &C::propagate_response_headers,
                    "Keeps the response's fields as filter state "
                    "envoy.tcp_proxy.propagate_response_headers."),
              Field("post_path", &C::post_path, "The path of POST; / unless set."),
              Field("propagate_response_trailers", &C::propagate_response_trailers,
                    "The same for trailers, as envoy.tcp_proxy.propagate_response_trailers."),
              Unimplemented("request_id_extension", "add a field by headers_to_add"),
              Unimplemented("request_id_header", "add a field by headers_to_add"),
              Unimplemented("request_id_metadata_key", "add a field by headers_to_add"),
          })
          .Check<C>(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (!value.post_path.empty() && !value.use_post) {
              ctx.Fail(node, "post_path needs use_post: true");
            }
          });
  return message;
}

const config::Message& TcpProxyConfig::Schema() {
  using C = TcpProxyConfig;
  static const auto message =
      config::Message::Of<C>(
          "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
          "Carries each connection to a host of a cluster, byte for byte.",
          {
              Field("stat_prefix", &C::stat_prefix, "Prefix of the counters: tcp.<stat_prefix>.")
                  .Required()
                  .NonEmpty(),
              Field("cluster", &C::cluster, "The cluster that connections go to.")
                  .Oneof("cluster_specifier")
                  .NonEmpty(),
              Field("weighted_clusters", &C::weighted_clusters, "Several clusters, by weight.")
                  .Oneof("cluster_specifier"),
              Field("idle_timeout", &C::idle_timeout,
                    "Ends a connection on which no byte moves for so long. One hour when not "
                    "given; 0s turns it off."),
              Field("max_connect_attempts", &C::max_connect_attempts,
                    "How many hosts are tried before the client is disconnected.")
                  .Min(1),
              Field("hash_policy", &C::hash_policy, "What consistent-hashing balancers hash.")
                  .Size(0, 1),
              Field("max_downstream_connection_duration", &C::max_downstream_connection_duration,
                    "Ends a connection after so long, whatever it does.")
                  .Min(std::chrono::milliseconds(1)),
              Field("access_log", &C::access_log, "One entry for each connection."),
              Field("access_log_options", &C::access_log_options, "When entries are written."),
              Unimplemented("on_demand", "clusters on demand need xDS"),
              Field("metadata_match", &C::metadata_match, "Only hosts with this metadata."),
              Unimplemented("downstream_idle_timeout", "use idle_timeout"),
              Unimplemented("upstream_idle_timeout", "use idle_timeout"),
              Unimplemented("backoff_options", "connect attempts follow one another at once"),
              Field("tunneling_config", &C::tunneling_config,
                    "Carries the connections inside HTTP streams."),
              Unimplemented("max_downstream_connection_duration_jitter_percentage"),
              Unimplemented("access_log_flush_interval", "use access_log_options"),
              Unimplemented("flush_access_log_on_connected", "use access_log_options"),
              Unimplemented("proxy_protocol_tlvs"),
              Unimplemented("upstream_connect_mode").Accept({"IMMEDIATE", "0"}),
              Unimplemented("max_early_data_bytes"),
          })
          .RequireOneof("cluster_specifier")
          .Check<C>(&CheckTcpProxy);
  return message;
}

}  // namespace sluice::filters::tcp_proxy
