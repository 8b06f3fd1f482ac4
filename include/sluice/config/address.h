// Addresses and socket settings as they are written (envoy.config.core.v3); resolving and opening
// them is the business of net. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/types.h"

namespace sluice::config {

enum class SocketProtocol : uint8_t { kTcp, kUdp };
const EnumTable& ConfigEnum(SocketProtocol);

struct SocketAddress {
  SocketProtocol protocol = SocketProtocol::kTcp;
  std::string address;
  uint32_t port_value = 0;
  bool ipv4_compat = false;
  static const Message& Schema();
};

struct Pipe {
  std::string path;   // "@name" is abstract
  uint32_t mode = 0;  // 0: as the umask says
  static const Message& Schema();
};

// Exactly one of the two is set.
struct Address {
  std::optional<SocketAddress> socket_address;
  std::optional<Pipe> pipe;
  Where where;

  std::string ToString() const;  // "10.0.0.1:80", "[::1]:80", "/run/x.sock"
  static const Message& Schema();
};

struct CidrRange {
  std::string address_prefix;
  uint32_t prefix_len = 0;
  Where where;
  static const Message& Schema();
};

struct TcpKeepalive {
  std::optional<uint32_t> keepalive_probes;
  std::optional<uint32_t> keepalive_time;      // seconds
  std::optional<uint32_t> keepalive_interval;  // seconds
  static const Message& Schema();
};

enum class SocketState : uint8_t { kPrebind, kBound, kListening };
const EnumTable& ConfigEnum(SocketState);
enum class SocketIpVersion : uint8_t { kUnspecified, kV4, kV6 };
const EnumTable& ConfigEnum(SocketIpVersion);

struct SocketOption {
  std::string description;
  int64_t level = 0;
  int64_t name = 0;
  std::optional<int64_t> int_value;  // one of the two is set
  std::optional<Bytes> buf_value;
  SocketState state = SocketState::kPrebind;
  SocketIpVersion ip_version = SocketIpVersion::kUnspecified;
  static const Message& Schema();
};

struct SocketOptionsOverride {
  std::vector<SocketOption> socket_options;
  static const Message& Schema();
};

struct ExtraSourceAddress {
  SocketAddress address;
  std::optional<SocketOptionsOverride> socket_options;
  static const Message& Schema();
};

struct BindConfig {
  std::optional<SocketAddress> source_address;
  std::optional<bool> freebind;
  std::vector<SocketOption> socket_options;
  std::vector<ExtraSourceAddress> extra_source_addresses;
  static const Message& Schema();
};

}  // namespace sluice::config
