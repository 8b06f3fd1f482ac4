// The bytes of a PROXY header. Pure.
#pragma once

#include <string>

#include "sluice/config/proxy_header.h"
#include "sluice/net/address.h"

namespace sluice::upstream {

// Null addresses, or such as do not go together, say that we speak for ourselves (UNKNOWN, LOCAL).
std::string MakeProxyHeader(const config::ProxyHeaderConfig& config, const net::Address* source,
                            const net::Address* destination);

}  // namespace sluice::upstream
