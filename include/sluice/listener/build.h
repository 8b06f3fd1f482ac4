// From a listener's configuration to what runs: the plan that workers share, and the sockets it
// wants. Main thread, at load; everything that is wrong goes to ctx.problems.
#pragma once

#include <memory>
#include <vector>

#include "sluice/filter/registry.h"
#include "sluice/listener/listener_config.h"
#include "sluice/listener/plan.h"
#include "sluice/net/address.h"
#include "sluice/net/listen_socket.h"

namespace sluice::listener {

// Null when there were problems.
std::unique_ptr<ListenerPlan> BuildPlan(const ListenerConfig& config, filter::LoadContext& ctx);

struct SocketPlan {
  net::Address address;
  net::ListenOptions options;
};
// Opens nothing. Empty when there were problems.
std::vector<SocketPlan> PlanSockets(const ListenerConfig& config, uint32_t workers,
                                    config::Problems& problems);

// A core.v3 address as net understands it.
Result<net::Address> ToAddress(const config::Address& config);

}  // namespace sluice::listener
