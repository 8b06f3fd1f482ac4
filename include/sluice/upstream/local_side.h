// Our end of the connections to a cluster: the address that they come from and the options of their
// sockets, by the kind of the host's address. Immutable, made at load, used by every thread.
#pragma once

#include <optional>

#include "sluice/net/address.h"
#include "sluice/net/connection.h"
#include "sluice/net/socket_options.h"

namespace sluice::upstream {

struct LocalSide {
  struct Kind {
    std::optional<net::Address> source;
    net::SocketTuning tuning;
  };
  Kind v4;
  Kind v6;
  Kind pipe;

  const Kind& For(net::Address::Family family) const;
  Kind& For(net::Address::Family family);
  void Connect(net::Connection& connection, const net::Address& to) const;
};

}  // namespace sluice::upstream
