// Who listens on a port, for the words of an error. Reads /proc; main thread, only after a failure.
#pragma once

#include <string>

#include "sluice/net/address.h"

namespace sluice::net {

// "nginx (pid 812)"; empty when it cannot be found out, e.g. another user's process.
std::string FindPortOwner(const Address& address);

}  // namespace sluice::net
