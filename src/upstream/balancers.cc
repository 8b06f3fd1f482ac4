#include "balancers.h"

#include "dynamic_hosts.h"
#include "host_picker.h"
#include "least_request.h"
#include "level_balancer.h"
#include "maglev.h"
#include "original_dst.h"
#include "pick_first.h"
#include "ring_hash.h"
#include "round_robin.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "subset_balancer.h"

namespace sluice::upstream {

std::unique_ptr<HostPicker> MakePicker(Cluster& cluster, const LbOptions& options, uint64_t seed) {
  switch (options.kind) {
    case BalancerKind::kLeastRequest:
      return std::make_unique<LeastRequest>(cluster.loop(), cluster.runtime(), options, seed);
    case BalancerKind::kRandom: return std::make_unique<RandomPicker>(seed);
    case BalancerKind::kRingHash: return std::make_unique<RingHash>(cluster, options);
    case BalancerKind::kMaglev: return std::make_unique<Maglev>(cluster, options);
    case BalancerKind::kPickFirst: return std::make_unique<PickFirst>(options.shuffle, seed);
    case BalancerKind::kRoundRobin:
    case BalancerKind::kOriginalDst:
    case BalancerKind::kByName: break;
  }
  return std::make_unique<RoundRobin>(cluster.loop(), cluster.runtime(), options.slow_start, seed);
}

std::unique_ptr<LoadBalancer> MakeBalancer(Cluster& cluster, uint64_t seed) {
  const LbOptions& options = cluster.options().lb;
  if (options.kind == BalancerKind::kOriginalDst) return std::make_unique<OriginalDst>(cluster);
  if (options.kind == BalancerKind::kByName) return std::make_unique<DynamicHosts>(cluster);
  if (options.subsets != nullptr) return std::make_unique<SubsetBalancer>(cluster, options, seed);
  return std::make_unique<LevelBalancer>(cluster, options, seed);
}

}  // namespace sluice::upstream
