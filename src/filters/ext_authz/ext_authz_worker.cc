#include "ext_authz_worker.h"

#include <utility>

#include <fmt/format.h>

#include "ext_authz_filter.h"

namespace sluice::filters::ext_authz {

ClusterStats::ClusterStats(const stats::Scope& cluster, std::string_view prefix)
    : cluster_(cluster) {
  const stats::Scope own = cluster.Sub(prefix);
  ok = own.MakeCounter("ok");
  denied = own.MakeCounter("denied");
  error = own.MakeCounter("error");
  failure_mode_allowed = own.MakeCounter("failure_mode_allowed");
  invalid = own.MakeCounter("invalid");
}

void ClusterStats::Charge(uint32_t status) {
  std::vector<stats::Counter>& counters = charged_[status];
  if (counters.empty()) {
    counters = {cluster_.MakeCounter(fmt::format("upstream_rq_{}", status)),
                cluster_.MakeCounter(fmt::format("upstream_rq_{}xx", status / 100)),
                cluster_.MakeCounter("upstream_rq_completed")};
  }
  for (stats::Counter& counter : counters) counter.Inc();
}

ExtAuthzWorker::ExtAuthzWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                               const stats::Scope& manager)
    : plan_(std::move(plan)),
      worker_(worker),
      stats_(stats::Make<ExtAuthzStats>(manager.Sub(plan_->stat_prefix))) {}

filter::HttpFilter* ExtAuthzWorker::Create(Arena& arena) {
  return arena.New<ExtAuthzFilter>(*this);
}

ClusterStats* ExtAuthzWorker::ClusterOf(const route::RouteEntry& route) {
  const route::ClusterSpec& spec = route.cluster;
  if (route.action != route::ActionKind::kForward || spec.id == route::kNoCluster) return nullptr;
  if (spec.id >= clusters_.size()) clusters_.resize(spec.id + 1);
  std::unique_ptr<ClusterStats>& known = clusters_[spec.id];
  if (known == nullptr) {
    const stats::Scope scope(worker_.stats, worker_.slot, "cluster." + spec.name);
    known = std::make_unique<ClusterStats>(scope, plan_->stat_prefix);
  }
  return known.get();
}

}  // namespace sluice::filters::ext_authz
