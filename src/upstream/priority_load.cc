#include "priority_load.h"

#include <algorithm>

namespace sluice::upstream {
namespace {

uint32_t Effective(uint64_t part, uint64_t hosts, uint32_t overprovisioning) {
  if (hosts == 0) return 0;
  return static_cast<uint32_t>(std::min<uint64_t>(100, part * overprovisioning / hosts));
}

// Everybody is as bad as everybody else: each host gets the same.
void SpreadByHosts(std::span<const PriorityHealth> priorities, std::vector<PriorityLoad>& loads) {
  uint64_t hosts = 0;
  for (const PriorityHealth& priority : priorities) hosts += priority.hosts;
  if (hosts == 0) return;
  uint32_t left = 100;
  for (size_t i = 0; i < loads.size(); ++i) {
    loads[i].healthy_percent = static_cast<uint32_t>(100 * priorities[i].hosts / hosts);
    left -= loads[i].healthy_percent;
  }
  for (size_t i = 0; i < loads.size(); ++i) {
    if (priorities[i].hosts == 0) continue;
    loads[i].healthy_percent += left;
    break;
  }
}

}  // namespace

std::vector<PriorityLoad> SpreadOverPriorities(std::span<const PriorityHealth> priorities,
                                               uint32_t overprovisioning) {
  std::vector<PriorityLoad> loads(priorities.size());
  std::vector<uint32_t> healthy(priorities.size());
  std::vector<uint32_t> degraded(priorities.size());
  uint32_t total = 0;
  for (size_t i = 0; i < priorities.size(); ++i) {
    healthy[i] = Effective(priorities[i].healthy, priorities[i].hosts, overprovisioning);
    degraded[i] = Effective(priorities[i].degraded, priorities[i].hosts, overprovisioning);
    total += healthy[i] + degraded[i];
  }
  total = std::min<uint32_t>(total, 100);
  if (total == 0) return loads;
  // With less than 100 % in sum, everything is scaled up to it; rounding goes to the first taker.
  uint32_t left = 100;
  for (size_t i = 0; i < loads.size(); ++i) {
    loads[i].healthy_percent = std::min(left, healthy[i] * 100 / total);
    left -= loads[i].healthy_percent;
  }
  for (size_t i = 0; i < loads.size(); ++i) {
    loads[i].degraded_percent = std::min(left, degraded[i] * 100 / total);
    left -= loads[i].degraded_percent;
  }
  for (PriorityLoad& load : loads) {
    if (load.healthy_percent == 0 && load.degraded_percent == 0) continue;
    (load.healthy_percent != 0 ? load.healthy_percent : load.degraded_percent) += left;
    break;
  }
  return loads;
}

std::vector<PriorityLoad> SpreadWithPanic(std::span<const PriorityHealth> priorities,
                                          uint32_t overprovisioning, double panic_threshold) {
  std::vector<PriorityLoad> loads = SpreadOverPriorities(priorities, overprovisioning);
  uint32_t available = 0;
  for (const PriorityHealth& priority : priorities) {
    available += Effective(priority.healthy, priority.hosts, overprovisioning) +
                 Effective(priority.degraded, priority.hosts, overprovisioning);
  }
  if (available >= 100) return loads;
  if (available == 0) SpreadByHosts(priorities, loads);
  for (size_t i = 0; i < loads.size(); ++i) {
    const PriorityHealth& priority = priorities[i];
    if (priority.hosts == 0) continue;
    const double usable = 100.0 * static_cast<double>(priority.healthy + priority.degraded) /
                          static_cast<double>(priority.hosts);
    loads[i].panic = usable < panic_threshold;
  }
  return loads;
}

PriorityChoice ChoosePriority(std::span<const PriorityLoad> loads, uint32_t ticket) {
  uint32_t sum = 0;
  for (size_t i = 0; i < loads.size(); ++i) {
    sum += loads[i].healthy_percent;
    if (ticket < sum) return {i, false};
  }
  for (size_t i = 0; i < loads.size(); ++i) {
    sum += loads[i].degraded_percent;
    if (ticket < sum) return {i, true};
  }
  return {0, false};
}

}  // namespace sluice::upstream
