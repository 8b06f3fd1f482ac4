// A worker's half of envoy.filters.http.ext_authz: counters of the connection manager and of the
// clusters that routes lead to. One worker's thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "plan.h"
#include "sluice/filter/http_filter.h"
#include "sluice/route/route_entry.h"
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
class ClusterStats {
 public:
  ClusterStats(const stats::Scope& cluster, std::string_view prefix);
  // upstream_rq_* of the cluster, as if it had answered.
  void Charge(uint32_t status);

  stats::Counter ok;
  stats::Counter denied;
  stats::Counter error;
  stats::Counter failure_mode_allowed;
  stats::Counter invalid;

 private:
  stats::Scope cluster_;
  std::map<uint32_t, std::vector<stats::Counter>> charged_;  // by status; made when it first occurs
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
  ClusterStats* ClusterOf(const route::RouteEntry& route);

 private:
  const std::shared_ptr<const Plan> plan_;
  filter::WorkerContext& worker_;
  ExtAuthzStats stats_;
  std::vector<std::unique_ptr<ClusterStats>> clusters_;  // by id; made when first met
};

}  // namespace sluice::filters::ext_authz
