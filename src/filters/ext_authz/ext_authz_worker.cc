#include "ext_authz_worker.h"

#include <utility>

#include "ext_authz_filter.h"

namespace sluice::filters::ext_authz {

ClusterStats::ClusterStats(const stats::Scope& cluster, std::string_view prefix)
    : answers(cluster) {
  const stats::Scope own = cluster.Sub(prefix);
  ok = own.MakeCounter("ok");
  denied = own.MakeCounter("denied");
  error = own.MakeCounter("error");
  failure_mode_allowed = own.MakeCounter("failure_mode_allowed");
  invalid = own.MakeCounter("invalid");
}

ExtAuthzWorker::ExtAuthzWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                               const stats::Scope& manager)
    : plan_(std::move(plan)),
      worker_(worker),
      stats_(stats::Make<ExtAuthzStats>(manager.Sub(plan_->stat_prefix))) {}

filter::HttpFilter* ExtAuthzWorker::Create(Arena& arena) {
  return arena.New<ExtAuthzFilter>(*this);
}

}  // namespace sluice::filters::ext_authz
