// ClusterConfig to ClusterOptions: what of a cluster's configuration the workers use. Main thread,
// at load.
#pragma once

#include <memory>

#include "sluice/config/extension.h"
#include "sluice/config/problems.h"
#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster_config.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::discovery {
class Host;
}

namespace sluice::upstream {

struct CompileContext {
  config::Problems& problems;
  EventLoop& main_loop;
  stats::Store& store;
  discovery::Host* discovery = nullptr;
};

// `breakers` is left to the caller.
std::unique_ptr<ClusterOptions> CompileOptions(std::shared_ptr<const ClusterConfig> config,
                                               ClusterId id, CompileContext& ctx);
BreakerLimits CompileBreaker(const ClusterConfig& config, config::RoutingPriority priority);

}  // namespace sluice::upstream
