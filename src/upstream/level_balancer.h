// From a cluster's hosts to one of them: first the priority and the state of health (with
// spill-over and panic), then the locality, then the algorithm's pick. The same for all algorithms.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <vector>

#include "host_group.h"
#include "priority_load.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

class LevelBalancer final : public LoadBalancer {
 public:
  // `options` must outlive it.
  LevelBalancer(Cluster& cluster, const LbOptions& options, uint64_t seed);

  // LoadBalancer
  void Update(std::span<const HostView> priorities) override;
  Host* Pick(const LbContext& context) override;

 private:
  struct Level {
    Level(Cluster& cluster, const LbOptions& options, uint64_t seed)
        : healthy(cluster, options, seed),
          degraded(cluster, options, seed + 1),
          all(cluster, options, seed + 2) {}
    HostGroup healthy;
    HostGroup degraded;
    HostGroup all;  // panic
  };
  void UpdateLevel(size_t priority, const HostView& view);
  Host* PickOnce(const LbContext& context, uint32_t attempt);
  Host* PickPanicking(Level& level, const LbContext& context, uint32_t attempt);

  Cluster& cluster_;
  const LbOptions& options_;
  uint64_t seed_;
  std::minstd_rand random_;
  std::deque<Level> levels_;
  std::vector<PriorityLoad> loads_;
  bool single_ = false;  // all traffic goes to one level's healthy hosts
  size_t single_level_ = 0;
};

}  // namespace sluice::upstream
