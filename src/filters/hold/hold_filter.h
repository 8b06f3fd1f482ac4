// sluice.filters.http.hold: a request for a host that is scaled to zero waits here until the host
// has gone from the control plane's list. Per stream; one worker.
#pragma once

#include <cstdint>

#include "hold_worker.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::hold {

class HoldFilter final : public filter::HttpFilter,
                         public ListNode<ByHost>,
                         public ListNode<ByAge> {
 public:
  explicit HoldFilter(HoldWorker& worker) : worker_(worker) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  bool WantsBodies() const override { return false; }
  void OnDestroy() override;

  // The worker's half; it has taken the filter out of its lists before Release and TimeOut.
  void SetGroup(HoldWorker::Group& group) { group_ = &group; }
  HoldWorker::Group& group() { return *group_; }
  MonoTime deadline() const { return since_ + worker_.config().max_wait; }
  void Leave();
  void Release();
  void TimeOut();

 private:
  enum class State : uint8_t { kPassing, kHeld };

  void EndWait();
  void Refuse(uint32_t status, std::string_view details);

  HoldWorker& worker_;
  HoldWorker::Group* group_ = nullptr;
  MonoTime since_{};
  size_t limit_before_ = 0;
  BudgetToken place_;
  State state_ = State::kPassing;
};

}  // namespace sluice::filters::hold
