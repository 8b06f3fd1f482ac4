// The bytes of a PROXY header. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sluice/config/proxy_header.h"
#include "sluice/net/address.h"

namespace sluice::upstream {

// Null addresses, or such as do not go together, say that we speak for ourselves (UNKNOWN, LOCAL).
// `client_tlvs`: TLVs as they were received, of which config.pass_through_tlvs takes its part.
std::string MakeProxyHeader(const config::ProxyHeaderConfig& config, const net::Address* source,
                            const net::Address* destination, std::string_view client_tlvs);

}  // namespace sluice::upstream
