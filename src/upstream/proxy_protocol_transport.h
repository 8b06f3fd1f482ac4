// The upstream transport socket proxy_protocol: a PROXY header (version 1 or 2) with the client's
// addresses goes ahead of everything that the socket inside of it says.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/net/transport_extension.h"

namespace sluice::upstream {

enum class ProxyVersion : uint8_t { kV1, kV2 };
const config::EnumTable& ConfigEnum(ProxyVersion);

struct TlvConfig {
  uint32_t type = 0;
  config::Bytes value;
  static const config::Message& Schema();
};

struct ProxyHeaderConfig {
  ProxyVersion version = ProxyVersion::kV1;
  std::vector<TlvConfig> added_tlvs;
  static const config::Message& Schema();
};

struct ProxyProtocolConfig {
  ProxyHeaderConfig config;
  config::NamedExtension transport_socket;
  config::Where where;
  static const config::Message& Schema();
};

struct ProxyProtocolExtension final : net::TransportExtension {
  ProxyProtocolExtension();
  std::shared_ptr<const net::TransportFactory> Make(const config::TypedConfig& config,
                                                    net::TransportLoadContext& ctx) const override;
};

// The header itself; null addresses, or such as do not go together, say that we speak for ourselves
// (UNKNOWN, LOCAL).
std::string MakeProxyHeader(const ProxyHeaderConfig& config, const net::Address* source,
                            const net::Address* destination);

}  // namespace sluice::upstream
