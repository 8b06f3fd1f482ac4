#include "sluice/filter/cluster_counters.h"

#include <fmt/format.h>

namespace sluice::filter {

void StatusCounters::Charge(uint32_t status) {
  auto [at, added] = counters_.try_emplace(status);
  if (added) {
    at->second = {cluster_.MakeCounter(fmt::format("upstream_rq_{}", status)),
                  cluster_.MakeCounter(fmt::format("upstream_rq_{}xx", status / 100)),
                  cluster_.MakeCounter("upstream_rq_completed")};
  }
  for (stats::Counter& counter : at->second) counter.Inc();
}

}  // namespace sluice::filter
