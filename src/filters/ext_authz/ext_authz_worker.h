// A worker's half of envoy.filters.http.ext_authz: counters of the connection manager and of the
// clusters that routes lead to. One worker's thread.
#pragma once

#include <memory>
#include <string_view>

#include "plan.h"
#include "sluice/filter/cluster_counters.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::ext_authz {

// http.<stat_prefix>.ext_authz.*
struct ExtAuthzStats {
  stats::Counter ok;
  stats::Counter denied;
  stats::Counter error;
  stats::Counter disabled;
  stats::Counter failure_mode_allowed;
  stats::Counter invalid;
  stats::Counter ignored_dynamic_metadata;
  static constexpr stats::Field<ExtAuthzStats> kFields[] = {
      {&ExtAuthzStats::ok, "ok", "Requests that the service allowed"},
      {&ExtAuthzStats::denied, "denied", "Requests that it refused"},
      {&ExtAuthzStats::error, "error", "Requests about which it gave no answer"},
      {&ExtAuthzStats::disabled, "disabled", "Requests that it was not asked about"},
      {&ExtAuthzStats::failure_mode_allowed, "failure_mode_allowed",
       "Requests that passed without an answer"},
      {&ExtAuthzStats::invalid, "invalid", "Answers that asked for what cannot be written: 500"},
      {&ExtAuthzStats::ignored_dynamic_metadata, "ignored_dynamic_metadata",
       "Answers with dynamic metadata that was not wanted"},
  };
};

// cluster.<name of the route's>.ext_authz.*
struct ClusterStats {
  ClusterStats(const stats::Scope& cluster, std::string_view prefix);

  stats::Counter ok;
  stats::Counter denied;
  stats::Counter error;
  stats::Counter failure_mode_allowed;
  stats::Counter invalid;
  filter::StatusCounters answers;
};

class ExtAuthzWorker final : public filter::HttpFilterWorker {
 public:
  ExtAuthzWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                 const stats::Scope& manager);

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const Plan& plan() const { return *plan_; }
  ExtAuthzStats& stats() { return stats_; }
  // Null: the route leads to no cluster that is known by now.
  ClusterStats* ClusterOf(const route::RouteEntry& route) {
    return clusters_.Of(route, worker_, plan_->stat_prefix);
  }

 private:
  const std::shared_ptr<const Plan> plan_;
  filter::WorkerContext& worker_;
  ExtAuthzStats stats_;
  filter::PerCluster<ClusterStats> clusters_;
};

}  // namespace sluice::filters::ext_authz
