// A worker's half of sluice.filters.http.hold: the newest list of hosts, and the requests that wait
// here, by host and by age. One worker's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "control_plane.h"
#include "host_list.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"
#include "sluice/match/string_matcher.h"
#include "sluice/stats/table.h"

namespace sluice::filters::hold {

class HoldFilter;
struct ByHost;
struct ByAge;

struct HoldStats {
  stats::Counter rq_held;
  stats::Counter rq_released;
  stats::Counter rq_timeout;
  stats::Counter rq_overflow;
  stats::Counter rq_left;
  stats::Counter lists_taken;
  stats::Gauge rq_active;
  stats::Histogram held_ms;
  static constexpr stats::Field<HoldStats> kFields[] = {
      {&HoldStats::rq_held, "rq_held", "Requests that had to wait"},
      {&HoldStats::rq_released, "rq_released", "Of those, requests that went on"},
      {&HoldStats::rq_timeout, "rq_timeout", "Of those, requests answered 504: max_wait"},
      {&HoldStats::rq_left, "rq_left", "Of those, requests whose client did not wait"},
      {&HoldStats::rq_overflow, "rq_overflow", "Requests answered 503: max_held"},
      {&HoldStats::lists_taken, "lists_taken", "Times that a worker went over to a new list"},
      {&HoldStats::rq_active, "rq_active", "Requests that wait now"},
      {&HoldStats::held_ms, "held_ms", "How long released requests had waited"},
  };
};

// What all workers share.
struct HoldPlan {
  std::shared_ptr<const HoldConfig> config;
  match::StringMatchers hosts;  // none: all
  std::unique_ptr<SharedBudget> places;
  ControlPlane* control_plane = nullptr;  // the server's
};

class HoldWorker final : public filter::HttpFilterWorker, private RunItem {
 public:
  // The requests of one host, oldest first.
  struct Group {
    std::string_view host;
    IntrusiveList<HoldFilter, ByHost> held;
  };

  HoldWorker(const HoldPlan& plan, filter::WorkerContext& worker);
  ~HoldWorker() override;

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const HoldConfig& config() const { return *plan_.config; }
  HoldStats& stats() { return stats_; }
  bool MustWait(std::string_view host) const;
  BudgetToken TakePlace() { return BudgetToken::Take(*plan_.places, worker_.slot); }
  void Add(HoldFilter& filter, std::string_view host);
  void Remove(HoldFilter& filter);

 private:
  // RunItem: goes on with what waits for hosts that are awake.
  void Run() override;

  void TakeList(std::shared_ptr<const HostList> hosts);
  size_t ReleaseFrom(Group& group, size_t most);
  void OnAge();
  void OnWake();

  const HoldPlan& plan_;
  filter::WorkerContext& worker_;
  HoldStats stats_;
  std::shared_ptr<const HostList> hosts_;
  std::unordered_map<std::string, Group, HostHash, std::equal_to<>> groups_;
  IntrusiveList<HoldFilter, ByAge> by_age_;
  Timer age_timer_;                        // for the oldest
  Timer wake_timer_;                       // while any waits
  filter::Feed<HostList>::Reader reader_;  // last: it calls into the rest
};

}  // namespace sluice::filters::hold
