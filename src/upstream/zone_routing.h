// Where this proxy is, and what that means for the hosts of a cluster. One worker.
#pragma once

#include <span>

#include "sluice/upstream/cluster.h"
#include "zone_split.h"

namespace sluice::upstream {

// How priority 0 of `cluster`, whose localities these are, is to be shared. Not active when zone
// aware routing does not apply; the counters say why.
ZoneSplit SplitForZone(Cluster& cluster, const ClusterSet& set,
                       std::span<const LocalityEntry> localities);

}  // namespace sluice::upstream
