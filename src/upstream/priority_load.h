// How traffic spreads over priorities: the first takes all while enough of its hosts are healthy,
// then what is missing spills over to the next. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sluice::upstream {

// Numbers of hosts, or sums of their weights (weighted_priority_health).
struct PriorityHealth {
  uint64_t hosts = 0;  // without those that are not to be counted yet
  uint64_t healthy = 0;
  uint64_t degraded = 0;
};

struct PriorityLoad {
  uint32_t healthy_percent = 0;   // of all traffic, to healthy hosts of this priority
  uint32_t degraded_percent = 0;  // likewise to its degraded ones
  bool panic = false;             // to all of its hosts, whatever their health
};

// Percentages that sum up to 100, or to 0 when there is no host that may take traffic.
// `overprovisioning` is in percent: 140 means that 72 % healthy count as all.
std::vector<PriorityLoad> SpreadOverPriorities(std::span<const PriorityHealth> priorities,
                                               uint32_t overprovisioning);

// The same, and a priority panics when all of them together cannot take the whole load and fewer
// than `panic_threshold` percent of its hosts can be used. With nobody at all to use, the load goes
// by numbers of hosts.
std::vector<PriorityLoad> SpreadWithPanic(std::span<const PriorityHealth> priorities,
                                          uint32_t overprovisioning, double panic_threshold);

// The place in `loads` that `ticket` (uniform in [0, 100)) falls to; degraded hosts come after all
// healthy ones.
struct PriorityChoice {
  size_t priority = 0;
  bool degraded = false;
};
PriorityChoice ChoosePriority(std::span<const PriorityLoad> loads, uint32_t ticket);

}  // namespace sluice::upstream
