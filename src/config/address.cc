#include "sluice/config/address.h"

#include <algorithm>

#include <arpa/inet.h>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::config {

const EnumTable& ConfigEnum(SocketProtocol) {
  static const EnumTable table("envoy.config.core.v3.SocketAddress.Protocol",
                               {{"TCP", 0}, {"UDP", 1}});
  return table;
}

const EnumTable& ConfigEnum(SocketState) {
  static const EnumTable table("envoy.config.core.v3.SocketOption.SocketState",
                               {{"STATE_PREBIND", 0}, {"STATE_BOUND", 1}, {"STATE_LISTENING", 2}});
  return table;
}

const EnumTable& ConfigEnum(SocketIpVersion) {
  static const EnumTable table("envoy.config.core.v3.SocketOption.SocketIpVersion",
                               {{"SOCKET_IP_VERSION_UNSPECIFIED", 0},
                                {"SOCKET_IP_VERSION_IPV4", 1},
                                {"SOCKET_IP_VERSION_IPV6", 2}});
  return table;
}

std::string Address::ToString() const {
  if (pipe) return pipe->path;
  if (!socket_address) return "";
  const SocketAddress& socket = *socket_address;
  const bool v6 = socket.address.find(':') != std::string::npos;
  return (v6 ? "[" + socket.address + "]" : socket.address) + ":" +
         std::to_string(socket.port_value);
}

const Message& SocketAddress::Schema() {
  using C = SocketAddress;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.SocketAddress", "A host and a port.",
          {Field("protocol", &C::protocol, "TCP or UDP."),
           Field("address", &C::address,
                 "An IP address; for a cluster that resolves names, a host name.")
               .Required()
               .NonEmpty(),
           Field("port_value", &C::port_value, "The port; 0 lets the kernel choose.")
               .Max(65535)
               .Oneof("port_specifier"),
           Unimplemented("named_port", "write the number as port_value").Oneof("port_specifier"),
           Unimplemented("resolver_name", "names are resolved by the cluster's type"),
           Field("ipv4_compat", &C::ipv4_compat,
                 "A listener on an IPv6 address also takes IPv4 clients."),
           Unimplemented("network_namespace_filepath",
                         "start sluice in the network namespace instead")})
          .RequireOneof("port_specifier");
  return message;
}

const Message& Pipe::Schema() {
  using C = Pipe;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.Pipe", "A unix domain socket.",
      {Field("path", &C::path, "Its path; with a leading @ an abstract name (Linux).")
           .Required()
           .NonEmpty(),
       Field("mode", &C::mode, "Permission bits of the socket file, as in 0660.").Max(0777)});
  return message;
}

const Message& Address::Schema() {
  using C = Address;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.Address", "An IP or unix socket address.",
          {Field("socket_address", &C::socket_address, "IP address and port.").Oneof("address"),
           Field("pipe", &C::pipe, "Unix domain socket.").Oneof("address"),
           Unimplemented("envoy_internal_address", "internal listeners do not exist")
               .Oneof("address")})
          .RequireOneof("address")
          .RecordWhere(&C::where);
  return message;
}

namespace {

void CheckCidr(const CidrRange& range, const Node& node, Context& ctx) {
  unsigned char bytes[16];
  const bool v4 = inet_pton(AF_INET, range.address_prefix.c_str(), bytes) == 1;
  const bool v6 = !v4 && inet_pton(AF_INET6, range.address_prefix.c_str(), bytes) == 1;
  const Node* address = node.Find("address_prefix");
  const Node& at = address ? *address : node;
  if (!v4 && !v6) {
    ctx.Fail(at, "not an IP address: " + range.address_prefix, "such as 10.0.0.0 or 2001:db8::");
  } else if (v4 && range.prefix_len > 32) {
    ctx.Fail(at, "prefix_len of an IPv4 range is at most 32");
  }
}

}  // namespace

const Message& CidrRange::Schema() {
  using C = CidrRange;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.CidrRange", "A range of IP addresses.",
          {Field("address_prefix", &C::address_prefix, "IPv4 or IPv6 address.")
               .Required()
               .NonEmpty(),
           Field("prefix_len", &C::prefix_len, "Leading bits that must agree; 0 is all.").Max(128)})
          .RecordWhere(&C::where)
          .Check(&CheckCidr);
  return message;
}

const Message& TcpKeepalive::Schema() {
  using C = TcpKeepalive;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.TcpKeepalive", "Keep-alive probes; unset values are the kernel's.",
      {Field("keepalive_probes", &C::keepalive_probes, "Unanswered probes until the end."),
       Field("keepalive_time", &C::keepalive_time, "Idle seconds before the first probe."),
       Field("keepalive_interval", &C::keepalive_interval, "Seconds between probes.")});
  return message;
}

const Message& SocketOption::Schema() {
  using C = SocketOption;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.SocketOption", "One setsockopt call.",
                     {Field("description", &C::description, "A name for logs."),
                      Field("level", &C::level, "The level, as in <sys/socket.h>."),
                      Field("name", &C::name, "The option's number."),
                      Field("int_value", &C::int_value, "The value, as an int.").Oneof("value"),
                      Field("buf_value", &C::buf_value, "The value, as bytes.").Oneof("value"),
                      Field("state", &C::state, "When it is set."),
                      Unimplemented("type", "options apply to stream sockets"),
                      Field("ip_version", &C::ip_version, "Only for sockets of that version.")})
          .RequireOneof("value");
  return message;
}

const Message& SocketOptionsOverride::Schema() {
  using C = SocketOptionsOverride;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.SocketOptionsOverride", "Options in place of the listener's.",
      {Field("socket_options", &C::socket_options, "The options.")});
  return message;
}

const Message& ExtraSourceAddress::Schema() {
  using C = ExtraSourceAddress;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.ExtraSourceAddress", "Another source address.",
                     {Field("address", &C::address, "The address.").Required(),
                      Field("socket_options", &C::socket_options, "Its options.")});
  return message;
}

const Message& BindConfig::Schema() {
  using C = BindConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.BindConfig", "The local side of upstream connections.",
      {Field("source_address", &C::source_address, "Address to bind to; port 0 as a rule."),
       Field("freebind", &C::freebind, "Allow an address that is not configured (yet)."),
       Field("socket_options", &C::socket_options, "Options set before binding."),
       Field("extra_source_addresses", &C::extra_source_addresses,
             "For upstreams of the other IP version."),
       Unimplemented("additional_source_addresses", "use extra_source_addresses"),
       Unimplemented("local_address_selector", "the first address of the version is used")});
  return message;
}

}  // namespace sluice::config
