// ROUND_ROBIN: smooth by weight, so that 5:1:1 goes a a b a c a a and not in bursts. Equal weights
// take turns exactly, at the cost of one increment a pick.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "priority_load.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

// Turns over one set of hosts.
class WeightedTurns {
 public:
  // Keeps the place in the turn of those that stay. `start` spreads the workers' first picks.
  void Update(std::span<Host* const> hosts, uint32_t start);
  Host* Next();

 private:
  Host* NextByWeight();

  struct Turn {
    Host* host;
    int64_t current;
  };
  std::vector<Turn> turns_;
  int64_t total_weight_ = 0;
  size_t next_ = 0;
  bool equal_ = true;
};

class RoundRobin final : public LoadBalancer {
 public:
  RoundRobin(uint32_t overprovisioning, uint32_t seed);

  // LoadBalancer
  void Update(std::span<const HostView> priorities) override;
  Host* Pick(const LbContext& context) override;

 private:
  struct Level {
    WeightedTurns healthy;
    WeightedTurns degraded;
    WeightedTurns all;  // panic: nobody is healthy anywhere, so everybody is tried
  };
  Host* PickOnce();

  uint32_t overprovisioning_;
  std::minstd_rand random_;
  std::vector<Level> levels_;
  std::vector<PriorityLoad> loads_;
  bool single_ = true;  // all traffic goes to one level's healthy hosts
  size_t single_level_ = 0;
  bool panic_ = false;
};

}  // namespace sluice::upstream
