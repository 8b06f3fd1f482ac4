#include "sluice/listener/listener_config.h"

#include <set>
#include <string_view>

#include "sluice/config/categories.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"

namespace sluice::listener {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;

namespace {
constexpr std::string_view kNoXds = "discovery services (xDS) are not implemented";
}

const EnumTable& ConfigEnum(ConnectionSourceType) {
  static const EnumTable table("envoy.config.listener.v3.FilterChainMatch.ConnectionSourceType",
                               {{"ANY", 0}, {"SAME_IP_OR_LOOPBACK", 1}, {"EXTERNAL", 2}});
  return table;
}

const EnumTable& ConfigEnum(DrainType) {
  static const EnumTable table(
      "envoy.config.listener.v3.Listener.DrainType",
      {{"DEFAULT", 0},
       {"MODIFY_ONLY", 1, config::ValueStatus::kUnimplemented, "listeners are drained together"}});
  return table;
}

const EnumTable& ConfigEnum(TrafficDirection) {
  static const EnumTable table("envoy.config.core.v3.TrafficDirection",
                               {{"UNSPECIFIED", 0}, {"INBOUND", 1}, {"OUTBOUND", 2}});
  return table;
}

const Message& NetworkFilterConfig::Schema() {
  using C = NetworkFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.listener.v3.Filter", "A network filter.",
                     {Field("name", &C::name, "A name; a well-known one stands for its filter.")
                          .Required()
                          .NonEmpty(),
                      Field("typed_config", &C::typed_config, "The filter's configuration.")
                          .Category(filter::kNetworkFilters)
                          .Oneof("config_type"),
                      Unimplemented("config_discovery", kNoXds).Oneof("config_type")})
          .RecordWhere(&C::where);
  return message;
}

const Message& ListenerFilterConfig::Schema() {
  using C = ListenerFilterConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.listener.v3.ListenerFilter", "A filter that sees a connection first.",
          {Field("name", &C::name, "A name; a well-known one stands for its filter.")
               .Required()
               .NonEmpty(),
           Field("typed_config", &C::typed_config, "The filter's configuration.")
               .Category(filter::kListenerFilters)
               .Oneof("config_type"),
           Unimplemented("config_discovery", kNoXds).Oneof("config_type"),
           Unimplemented("filter_disabled", "the filter sees every connection of its listener")})
          .RecordWhere(&C::where);
  return message;
}

const Message& FilterChainMatchConfig::Schema() {
  using C = FilterChainMatchConfig;
  static constexpr std::string_view kNotInEnvoy = "Envoy does not implement it either";
  static const auto message =
      Message::Of<C>(
          "envoy.config.listener.v3.FilterChainMatch",
          "Which connections a filter chain takes; the criteria are tried in Envoy's order.",
          {Field("destination_port", &C::destination_port, "The port that was connected to.")
               .Range(1, 65535),
           Field("prefix_ranges", &C::prefix_ranges, "The address that was connected to."),
           Unimplemented("address_suffix", kNotInEnvoy), Unimplemented("suffix_len", kNotInEnvoy),
           Field("direct_source_prefix_ranges", &C::direct_source_prefix_ranges,
                 "The peer's address, whatever a PROXY header says."),
           Field("source_type", &C::source_type, "From this machine, or from outside."),
           Field("source_prefix_ranges", &C::source_prefix_ranges, "The client's address."),
           Field("source_ports", &C::source_ports, "The client's port.").Range(1, 65535),
           Field("server_names", &C::server_names,
                 "The TLS server name; *.example.com is a suffix."),
           Field("transport_protocol", &C::transport_protocol,
                 "`tls` or `raw_buffer`, as a listener filter found."),
           Field("application_protocols", &C::application_protocols,
                 "ALPN, as a listener filter found.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& FilterChainConfig::Schema() {
  using C = FilterChainConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.listener.v3.FilterChain",
          "What is done with the connections that it takes.",
          {Field("filter_chain_match", &C::filter_chain_match, "Which connections."),
           Field("filters", &C::filters, "Network filters; the last one is terminal."),
           Unimplemented("use_proxy_proto",
                         "use the listener filter envoy.filters.listener.proxy_protocol")
               .Accept({"false"}),
           Field("metadata", &C::metadata, "Data for logs."),
           Field("transport_socket", &C::transport_socket, "TLS or raw.")
               .Category(config::kDownstreamTransportSockets),
           Field("transport_socket_connect_timeout", &C::transport_socket_connect_timeout,
                 "Longest handshake; 0s is no limit."),
           Field("name", &C::name, "A name, unique in the listener.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& AdditionalAddressConfig::Schema() {
  using C = AdditionalAddressConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.listener.v3.AdditionalAddress", "One more address of a listener.",
      {Field("address", &C::address, "The address.").Required(),
       Field("socket_options", &C::socket_options, "In place of the listener's."),
       Field("tcp_keepalive", &C::tcp_keepalive, "In place of the listener's.")});
  return message;
}

const Message& ConnectionBalanceConfig::Schema() {
  using C = ConnectionBalanceConfig;
  static const auto message =
      Message::Of<C>("envoy.config.listener.v3.Listener.ConnectionBalanceConfig",
                     "How connections are spread over workers.",
                     {Field("exact_balance", &C::exact_balance,
                            "The worker with the fewest connections takes the next one.")
                          .Oneof("balance_type"),
                      Unimplemented("extend_balance", "use exact_balance").Oneof("balance_type")})
          .RequireOneof("balance_type");
  return message;
}

namespace {

void CheckListener(const ListenerConfig& listener, const config::Node& node, config::Context& ctx) {
  const auto& socket = listener.address.socket_address;
  if (socket && socket->protocol == config::SocketProtocol::kUdp) {
    ctx.FailAt(listener.address.where.mark, "UDP listeners are not implemented by sluice");
  }
  if (listener.filter_chains.empty() && !listener.default_filter_chain) {
    ctx.Fail(node, "no filter chain: connections would have nowhere to go", {},
             "add filter_chains");
  }
  std::set<std::string_view> names;
  for (const FilterChainConfig& chain : listener.filter_chains) {
    if (!chain.name.empty() && !names.insert(chain.name).second) {
      ctx.FailAt(chain.where.mark, "duplicate name of a filter chain: " + chain.name);
    }
  }
}

}  // namespace

const Message& ListenerConfig::Schema() {
  using C = ListenerConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.listener.v3.Listener", "An address where connections are accepted.",
          {Field("name", &C::name, "Its name, unique."),
           Field("address", &C::address, "The address.").Required(),
           Field("additional_addresses", &C::additional_addresses, "Further addresses."),
           Field("stat_prefix", &C::stat_prefix, "Its name in stats; the address unless set."),
           Field("filter_chains", &C::filter_chains, "What is done with connections."),
           Unimplemented("fcds_config", kNoXds),
           Unimplemented("filter_chain_matcher", "use filter_chain_match"),
           Unimplemented("use_original_dst",
                         "use the listener filter envoy.filters.listener.original_dst")
               .Accept({"false"}),
           Field("default_filter_chain", &C::default_filter_chain,
                 "For connections that no other chain takes."),
           Field("per_connection_buffer_limit_bytes", &C::per_connection_buffer_limit_bytes,
                 "Bytes a connection buffers before it stops reading."),
           Field("metadata", &C::metadata, "Data for logs."),
           Unimplemented("deprecated_v1", "remove it; a listener binds to its port"),
           Field("drain_type", &C::drain_type, "When its connections are drained."),
           Field("listener_filters", &C::listener_filters, "Filters that look at the first bytes."),
           Field("listener_filters_timeout", &C::listener_filters_timeout,
                 "How long they may take; 0s is no limit."),
           Field("continue_on_listener_filters_timeout", &C::continue_on_listener_filters_timeout,
                 "After that go on with what is known, rather than close."),
           Field("transparent", &C::transparent, "IP_TRANSPARENT, for TPROXY."),
           Field("freebind", &C::freebind, "Bind to an address that is not configured (yet)."),
           Field("socket_options", &C::socket_options, "Further options of the socket."),
           Field("tcp_fast_open_queue_length", &C::tcp_fast_open_queue_length, "TCP_FASTOPEN."),
           Field("traffic_direction", &C::traffic_direction, "For drain_listeners?inboundonly."),
           Unimplemented("udp_listener_config", "UDP listeners are not implemented"),
           Unimplemented("api_listener", "there is no mobile library"),
           Field("connection_balance_config", &C::connection_balance_config,
                 "How connections are spread over workers."),
           config::Renamed("reuse_port", "enable_reuse_port",
                           [](const config::Node& node) { return node; }),
           Field("enable_reuse_port", &C::enable_reuse_port, "A socket for each worker."),
           Field("access_log", &C::access_log, "One line for each connection."),
           Field("tcp_backlog_size", &C::tcp_backlog_size, "Connections waiting to be accepted."),
           Field("max_connections_to_accept_per_socket_event",
                 &C::max_connections_to_accept_per_socket_event, "Accepted in one turn.")
               .Min(1),
           Unimplemented("bind_to_port",
                         "a listener without a port only gets connections from a listener with "
                         "use_original_dst, which does not exist here")
               .Accept({"true"}),
           Unimplemented("internal_listener", "internal listeners do not exist"),
           Unimplemented("enable_mptcp", "MPTCP is not implemented").Accept({"false"}),
           Field("ignore_global_conn_limit", &C::ignore_global_conn_limit,
                 "Its connections do not count against the global limit."),
           Unimplemented("bypass_overload_manager", "every listener heeds the overload manager")
               .Accept({"false"}),
           Field("tcp_keepalive", &C::tcp_keepalive, "Keep-alive probes to clients.")})
          .RecordWhere(&C::where)
          .Check(&CheckListener);
  return message;
}

}  // namespace sluice::listener
