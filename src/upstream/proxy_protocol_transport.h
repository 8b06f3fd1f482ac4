// The upstream transport socket proxy_protocol: a PROXY header (version 1 or 2) with the client's
// addresses goes ahead of everything that the socket inside of it says.
#pragma once

#include <memory>

#include "sluice/config/common.h"
#include "sluice/config/proxy_header.h"
#include "sluice/net/transport_extension.h"

namespace sluice::upstream {

struct ProxyProtocolConfig {
  config::ProxyHeaderConfig config;
  config::NamedExtension transport_socket;
  config::Where where;
  static const config::Message& Schema();
};

struct ProxyProtocolExtension final : net::TransportExtension {
  ProxyProtocolExtension();
  std::shared_ptr<const net::TransportFactory> Make(const config::TypedConfig& config,
                                                    net::TransportLoadContext& ctx) const override;
};

}  // namespace sluice::upstream
