// envoy.filters.http.fault: delays requests, answers them with an error, or slows their responses
// down, to see how clients take it. Per stream; one worker. The delay is a timer that dies with the
// filter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "downstream_clusters.h"
#include "fault_config.h"
#include "response_throttle.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::fault {

struct FaultStats {
  stats::Counter delays_injected;
  stats::Counter aborts_injected;
  stats::Counter response_rl_injected;
  stats::Counter faults_overflow;
  stats::Counter downstream_clusters_overflow;
  stats::Gauge active_faults;

  static constexpr stats::Field<FaultStats> kFields[] = {
      {&FaultStats::delays_injected, "delays_injected", "Requests that were delayed"},
      {&FaultStats::aborts_injected, "aborts_injected",
       "Requests that were answered with an error"},
      {&FaultStats::response_rl_injected, "response_rl_injected",
       "Responses that were slowed down"},
      {&FaultStats::faults_overflow, "faults_overflow", "Faults left out: max_active_faults"},
      {&FaultStats::downstream_clusters_overflow, "downstream_clusters_overflow",
       "Requests of clusters that are not counted by themselves: there are too many"},
      {&FaultStats::active_faults, "active_faults", "Requests with a fault now"},
  };
};

// What all streams of a worker share.
struct FaultShared {
  const Fault& fault;
  SharedBudget& active;  // counts the faults of all workers
  uint32_t slot = 0;
  FaultStats stats;
  const match::RuntimeSnapshot* runtime = nullptr;
  DownstreamClusters* clusters = nullptr;
};

// A throw for each kind of fault.
struct FaultDice {
  uint64_t delay = 0;
  uint64_t abort = 0;
  uint64_t throttle = 0;
};

class FaultFilter final : public filter::HttpFilter {
 public:
  FaultFilter(FaultShared& shared, const FaultDice& dice) : shared_(shared), dice_(dice) {}
  ~FaultFilter() override;

  // filter::HttpFilter
  bool WantsBodies() const override { return throttle_ != nullptr; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  void OnDestroy() override;

 private:
  const match::RuntimeSnapshot* runtime() const { return shared_.runtime; }
  bool Applies(const http::HeaderMap& head);
  std::optional<Duration> DelayOf(const http::HeaderMap& head) const;
  // Answers with the error if there shall be one.
  bool MaybeAbort();
  bool TakePlace();
  void MaybeThrottle(const http::HeaderMap& head);
  void OnDelayOver();

  FaultShared& shared_;
  const Fault* fault_ = nullptr;       // the route's or the filter's
  DownstreamCluster* from_ = nullptr;  // whose request it is; null: not known
  FaultDice dice_;
  bool active_ = false;  // counted in active_faults
  BudgetToken token_;
  std::unique_ptr<Timer> delay_;
  std::unique_ptr<ResponseThrottle> throttle_;
};

}  // namespace sluice::filters::fault
