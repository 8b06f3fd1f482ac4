// How a transport_socket of the configuration becomes a TransportFactory. Main thread, at load; the
// server lists the built-in ones by hand.
#pragma once

#include <memory>
#include <string>

#include "sluice/config/extension.h"
#include "sluice/config/problems.h"
#include "sluice/event/loop.h"
#include "sluice/net/transport.h"
#include "sluice/stats/stats.h"

namespace sluice::discovery {
class Host;
}

namespace sluice::net {

// Lives for the load; what a factory keeps, it keeps by value or by its longer-lived reference.
struct TransportLoadContext {
  config::Problems& problems;
  EventLoop& main_loop;
  stats::Store& store;
  std::string stat_prefix;               // "cluster.web" or "listener.0.0.0.0_443"
  discovery::Host* discovery = nullptr;  // null only in tests
};

// A config that cannot be made adds to ctx.problems and gives null. An extension serves one side:
// its category says which (config::kUpstreamTransportSockets, kDownstreamTransportSockets).
struct TransportExtension : config::Extension {
  using Extension::Extension;
  virtual std::shared_ptr<const TransportFactory> Make(const config::TypedConfig& config,
                                                       TransportLoadContext& ctx) const = 0;
};

}  // namespace sluice::net
