// core.v3.SocketOption as net understands it. Main thread, at load.
#pragma once

#include <vector>

#include "sluice/config/address.h"
#include "sluice/net/address.h"
#include "sluice/net/socket_options.h"

namespace sluice::net {

// Those for sockets of `family`: an option may be for one IP version alone.
std::vector<SocketOption> ToSocketOptions(const std::vector<config::SocketOption>& configs,
                                          Address::Family family);

}  // namespace sluice::net
