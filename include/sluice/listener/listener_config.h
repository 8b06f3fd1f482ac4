// A listener as it is written (envoy.config.listener.v3.Listener). Immutable once parsed; what runs
// is compiled from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/log/access_log_config.h"

namespace sluice::listener {

struct NetworkFilterConfig {
  std::string name;
  config::TypedConfig typed_config;  // filter::kNetworkFilters
  config::Where where;
  static const config::Message& Schema();
};

struct ListenerFilterConfig {
  std::string name;
  config::TypedConfig typed_config;  // filter::kListenerFilters
  config::Where where;
  static const config::Message& Schema();
};

enum class ConnectionSourceType : uint8_t { kAny, kSameIpOrLoopback, kExternal };
const config::EnumTable& ConfigEnum(ConnectionSourceType);

struct FilterChainMatchConfig {
  std::optional<uint32_t> destination_port;
  std::vector<config::CidrRange> prefix_ranges;
  std::vector<config::CidrRange> direct_source_prefix_ranges;
  ConnectionSourceType source_type = ConnectionSourceType::kAny;
  std::vector<config::CidrRange> source_prefix_ranges;
  std::vector<uint32_t> source_ports;
  std::vector<std::string> server_names;
  std::string transport_protocol;
  std::vector<std::string> application_protocols;
  config::Where where;
  static const config::Message& Schema();
};

struct FilterChainConfig {
  FilterChainMatchConfig filter_chain_match;
  std::vector<NetworkFilterConfig> filters;
  config::Metadata metadata;
  std::optional<config::NamedExtension> transport_socket;  // config::kDownstreamTransportSockets
  Duration transport_socket_connect_timeout{};             // zero: none
  std::string name;
  config::Where where;
  static const config::Message& Schema();
};

struct AdditionalAddressConfig {
  config::Address address;
  std::optional<config::SocketOptionsOverride> socket_options;
  std::optional<config::TcpKeepalive> tcp_keepalive;
  static const config::Message& Schema();
};

enum class DrainType : uint8_t { kDefault, kModifyOnly };
const config::EnumTable& ConfigEnum(DrainType);

enum class TrafficDirection : uint8_t { kUnspecified, kInbound, kOutbound };
const config::EnumTable& ConfigEnum(TrafficDirection);

struct ConnectionBalanceConfig {
  std::optional<config::Empty> exact_balance;
  static const config::Message& Schema();
};

struct ListenerConfig {
  std::string name;
  config::Address address;
  std::vector<AdditionalAddressConfig> additional_addresses;
  std::string stat_prefix;
  std::vector<FilterChainConfig> filter_chains;
  std::optional<FilterChainConfig> default_filter_chain;
  uint32_t per_connection_buffer_limit_bytes = 1024 * 1024;
  config::Metadata metadata;
  DrainType drain_type = DrainType::kDefault;
  std::vector<ListenerFilterConfig> listener_filters;
  Duration listener_filters_timeout = std::chrono::seconds(15);  // zero: none
  bool continue_on_listener_filters_timeout = false;
  std::optional<bool> transparent;
  std::optional<bool> freebind;
  std::vector<config::SocketOption> socket_options;
  std::optional<uint32_t> tcp_fast_open_queue_length;
  TrafficDirection traffic_direction = TrafficDirection::kUnspecified;
  std::optional<ConnectionBalanceConfig> connection_balance_config;
  bool enable_reuse_port = true;
  std::vector<log::AccessLogConfig> access_log;
  std::optional<uint32_t> tcp_backlog_size;  // net.core.somaxconn unless set
  std::optional<uint32_t> max_connections_to_accept_per_socket_event;
  bool ignore_global_conn_limit = false;
  std::optional<config::TcpKeepalive> tcp_keepalive;
  config::Where where;
  static const config::Message& Schema();
};

}  // namespace sluice::listener
