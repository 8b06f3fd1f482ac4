#include "balancers.h"

#include "original_dst.h"
#include "round_robin.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

std::unique_ptr<LoadBalancer> MakeBalancer(Cluster& cluster, uint32_t seed) {
  const ClusterOptions& options = cluster.options();
  switch (options.balancer) {
    case BalancerKind::kRoundRobin:
      return std::make_unique<RoundRobin>(options.overprovisioning_factor, seed + 1);
    case BalancerKind::kOriginalDst: return std::make_unique<OriginalDst>(cluster);
  }
  return nullptr;
}

}  // namespace sluice::upstream
