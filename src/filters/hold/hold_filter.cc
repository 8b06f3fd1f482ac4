#include "hold_filter.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace sluice::filters::hold {

using filter::FilterStatus;

FilterStatus HoldFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  std::array<char, kMaxHost> buffer;
  const std::string_view host =
      NormalHost(head.Get(http::HeaderId::kAuthority).value_or(""), buffer);
  if (host.empty() || !worker_.MustWait(host)) return FilterStatus::kContinue;
  place_ = worker_.TakePlace();
  if (!place_) {
    worker_.stats().rq_overflow.Inc();
    Refuse(503, "hold_overflow");
    return FilterStatus::kStop;
  }
  state_ = State::kHeld;
  since_ = this->host().worker().loop.Now();
  limit_before_ = this->host().buffer_limit();
  this->host().SetBufferLimit(std::min<size_t>(limit_before_, worker_.config().max_request_bytes));
  worker_.stats().rq_held.Inc();
  worker_.stats().rq_active.Inc();
  worker_.Add(*this, host);
  return FilterStatus::kStopAllWatermark;
}

void HoldFilter::OnDestroy() {
  if (state_ != State::kHeld) return;
  worker_.stats().rq_left.Inc();
  worker_.Remove(*this);
  EndWait();
}

void HoldFilter::Leave() {
  ListNode<ByHost>::Unlink();
  ListNode<ByAge>::Unlink();
}

void HoldFilter::Release() {
  const auto waited = host().worker().loop.Now() - since_;
  worker_.stats().held_ms.Record(
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(waited).count()));
  worker_.stats().rq_released.Inc();
  EndWait();
  host().ContinueRequest();
}

void HoldFilter::TimeOut() {
  worker_.stats().rq_timeout.Inc();
  EndWait();
  Refuse(504, "hold_timeout");
}

void HoldFilter::EndWait() {
  state_ = State::kPassing;
  worker_.stats().rq_active.Dec();
  place_.Reset();
  host().SetBufferLimit(limit_before_);
}

void HoldFilter::Refuse(uint32_t status, std::string_view details) {
  filter::LocalReply reply;
  reply.status = status;
  reply.body = status == 504 ? "the service did not wake in time"
                             : "too many requests wait for services to wake";
  reply.details = details;
  host().SendLocalReply(reply);
}

}  // namespace sluice::filters::hold
