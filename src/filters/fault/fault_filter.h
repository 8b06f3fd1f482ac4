// envoy.filters.http.fault: delays requests, or answers them with an error, to see how clients take
// it. Per stream; one worker. The delay is a timer that dies with the filter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "fault_config.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::fault {

struct FaultStats {
  stats::Counter delays_injected;
  stats::Counter aborts_injected;
  stats::Counter faults_overflow;
  stats::Gauge active_faults;

  static constexpr stats::Field<FaultStats> kFields[] = {
      {&FaultStats::delays_injected, "delays_injected", "Requests that were delayed"},
      {&FaultStats::aborts_injected, "aborts_injected",
       "Requests that were answered with an error"},
      {&FaultStats::faults_overflow, "faults_overflow", "Faults left out: max_active_faults"},
      {&FaultStats::active_faults, "active_faults", "Requests with a fault now"},
  };
};

// What all streams of a worker share.
struct FaultShared {
  const Fault& fault;
  SharedBudget* active = nullptr;  // null: no limit
  uint32_t slot = 0;
  FaultStats stats;
  const match::RuntimeSnapshot* runtime = nullptr;
};

class FaultFilter final : public filter::HttpFilter {
 public:
  // `randoms` are for the delay and the abort.
  FaultFilter(FaultShared& shared, uint64_t delay_random, uint64_t abort_random)
      : shared_(shared), delay_random_(delay_random), abort_random_(abort_random) {}
  ~FaultFilter() override;

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  void OnDestroy() override { delay_.reset(); }

 private:
  const match::RuntimeSnapshot* runtime() const { return shared_.runtime; }
  bool Applies(const http::HeaderMap& head);
  std::optional<Duration> DelayOf(const http::HeaderMap& head) const;
  // Answers with the error if there shall be one.
  bool MaybeAbort();
  bool TakePlace();
  void OnDelayOver();

  FaultShared& shared_;
  const Fault* fault_ = nullptr;  // the route's or the filter's
  uint64_t delay_random_;
  uint64_t abort_random_;
  bool active_ = false;  // counted in active_faults
  BudgetToken token_;
  std::unique_ptr<Timer> delay_;
};

}  // namespace sluice::filters::fault
