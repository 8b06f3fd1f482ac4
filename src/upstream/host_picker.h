// What a balancing algorithm is: it picks among one flat set of hosts. LevelBalancer decides which
// set that is (priority, health, locality). One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "sluice/upstream/lb_options.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

struct WeightedHost {
  Host* host = nullptr;
  double weight = 1;
};

class HostPicker {
 public:
  virtual ~HostPicker() = default;
  // A new version of the set.
  virtual void Update(std::span<const WeightedHost> hosts) = 0;
  // Null when the set is empty. `attempt` counts how often the answer has been turned down for this
  // request: algorithms that answer the same to the same request go on to another host.
  virtual Host* Pick(const LbContext& context, uint32_t attempt) = 0;
};

// `cluster` is for the clock and the sum of requests under way; it may be under construction.
std::unique_ptr<HostPicker> MakePicker(Cluster& cluster, const LbOptions& options, uint64_t seed);

}  // namespace sluice::upstream
