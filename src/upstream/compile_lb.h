// lb_policy with its options, or load_balancing_policy, to LbOptions. Main thread, at load.
#pragma once

#include "sluice/config/problems.h"
#include "sluice/upstream/cluster_config.h"
#include "sluice/upstream/lb_options.h"

namespace sluice::upstream {

LbOptions CompileLb(const ClusterConfig& config, config::Problems& problems);

}  // namespace sluice::upstream
