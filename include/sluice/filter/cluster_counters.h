// Counters in the name space of the cluster that a request's route leads to, made when a route to
// it is first met. A worker's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sluice/filter/worker_context.h"
#include "sluice/route/route_entry.h"
#include "sluice/stats/stats.h"

namespace sluice::filter {

// upstream_rq_* of a cluster, as if it had answered what a filter has answered in its place.
class StatusCounters {
 public:
  explicit StatusCounters(const stats::Scope& cluster) : cluster_(cluster) {}
  void Charge(uint32_t status);

 private:
  stats::Scope cluster_;
  std::map<uint32_t, std::array<stats::Counter, 3>> counters_;  // by status; made when it occurs
};

// T is made from the scope of the cluster and what else Of is given.
template <typename T>
class PerCluster {
 public:
  // Null: the route leads to no cluster that is known by now.
  template <typename... Args>
  T* Of(const route::RouteEntry& route, const WorkerContext& worker, const Args&... args) {
    const route::ClusterSpec& spec = route.cluster;
    if (route.action != route::ActionKind::kForward || spec.id == route::kNoCluster) return nullptr;
    if (spec.id >= known_.size()) known_.resize(spec.id + 1);
    std::unique_ptr<T>& known = known_[spec.id];
    if (known == nullptr) {
      const stats::Scope scope(worker.stats, worker.slot, "cluster." + spec.name);
      known = std::make_unique<T>(scope, args...);
    }
    return known.get();
  }

 private:
  std::vector<std::unique_ptr<T>> known_;  // by id
};

}  // namespace sluice::filter
