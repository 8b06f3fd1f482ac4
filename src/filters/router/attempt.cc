#include "attempt.h"

#include <algorithm>
#include <utility>

#include "failure.h"
#include "router_filter.h"
#include "sluice/http/status.h"
#include "sluice/tracing/tags.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::filters::router {

void Attempt::Start(const upstream::StreamWish& wish, const upstream::LbContext& context) {
  state_ = State::kWaiting;
  host_->cluster().NewStream(*host_, wish, context, *this, ticket_);
}

void Attempt::Drop(http::ResetReason reason) {
  if (state_ == State::kOver) return;
  if (ticket_.stream() != nullptr) router_.AddUpstreamBytes(ticket_.stream()->bytes());
  Ended(End::kCancelled);
  ticket_.Drop(reason);
}

void Attempt::Discard(bool complete) {
  if (!complete) return Drop();
  if (state_ == State::kOver) return;
  router_.AddUpstreamBytes(stream().bytes());
  Ended();  // the ticket empties itself when the codec is through
}

void Attempt::Ended(End how, std::optional<http::ResetReason> failed) {
  if (span != nullptr) FinishSpan(how, failed);
  state_ = State::kOver;
  timer_.reset();
  ReleaseRequest();
}

void Attempt::FinishSpan(End how, std::optional<http::ResetReason> failed) {
  const upstream::ClusterOptions& options = router_.cluster().options();
  tracing::AttemptFacts facts{.cluster = options.name,
                              .cluster_stat_name = options.stat_name,
                              .address = host_->address_text(),
                              .status = status_,
                              .protocol = router_.host().info().upstream_protocol};
  if (failed) {
    facts.flags = stream::ShortName(RowOf(*failed).flag);
    facts.reason = http::ResetReasonName(*failed);
  }
  facts.cancelled = how == End::kCancelled;
  const bool answered = state_ == State::kResponding;
  tracing::TagAttempt(*span, facts, answered ? &router_.host().response_head() : nullptr,
                      answered ? &router_.host().response_trailers() : nullptr);
  span->Finish(router_.loop().Now());
}

void Attempt::ReleaseRequest() {
  if (std::exchange(request_held_, false)) router_.host().RequestLow();
}

void Attempt::Pause() {
  if (!sending() || std::exchange(paused_, true)) return;
  stream().PauseReading();
}

void Attempt::Resume() {
  if (!sending() || !std::exchange(paused_, false)) return;
  stream().ResumeReading();
}

// --- Limits of time.

void Attempt::StartLimits(const AttemptLimits& limits) {
  limits_ = limits;
  const MonoTime now = router_.loop().Now();
  if (limits.per_try > Duration{}) per_try_at_ = now + limits.per_try;
  if (limits.idle > Duration{}) idle_at_ = now + limits.idle;
  if (limits.max_duration > Duration{}) max_duration_at_ = now + limits.max_duration;
  ArmTimer();
}

void Attempt::StopPerTry() { per_try_at_ = MonoTime::max(); }

void Attempt::ArmTimer() {
  const MonoTime next = std::min({per_try_at_, idle_at_, max_duration_at_});
  if (next == MonoTime::max()) return;
  if (!timer_) timer_.emplace(router_.loop(), [this] { OnTimer(); });
  timer_->Arm(std::max(next - router_.loop().Now(), Duration{}));
}

void Attempt::OnTimer() {
  const MonoTime now = router_.loop().Now();
  if (max_duration_at_ <= now) return router_.OnAttemptLimit(*this, AttemptLimit::kMaxDuration);
  if (per_try_at_ <= now) return router_.OnAttemptLimit(*this, AttemptLimit::kPerTry);
  if (idle_at_ <= now) return router_.OnAttemptLimit(*this, AttemptLimit::kIdle);
  ArmTimer();
}

// --- upstream::StreamEvents

void Attempt::OnStreamReady(upstream::UpstreamStream& /*stream*/) {
  state_ = State::kSending;
  router_.OnAttemptReady(*this);
}

void Attempt::OnStreamFailed(const upstream::PoolFailure& failure) {
  Ended(End::kOrderly, failure.reason);
  router_.OnAttemptFailed(*this, {failure.reason, failure.transport_failure});
}

// --- http::MessageSink

http::HeaderMap& Attempt::HeadMap() { return router_.host().response_head(); }
http::HeaderMap& Attempt::TrailerMap() { return router_.host().response_trailers(); }
void Attempt::Pin(Slice bytes) { router_.host().KeepSlab(std::move(bytes)); }

void Attempt::OnInformational(http::HeaderMap& head) { router_.OnAttemptInformational(head); }

void Attempt::OnHead(bool end) {
  state_ = State::kResponding;
  if (span != nullptr) {
    status_ =
        http::ParseStatus(router_.host().response_head().Get(http::HeaderId::kStatus).value_or(""));
  }
  if (limits_.idle > Duration{}) idle_at_ = router_.loop().Now() + limits_.idle;
  router_.OnAttemptHead(*this, end);
}

void Attempt::OnData(ByteChain& data, bool end) {
  if (limits_.idle > Duration{}) idle_at_ = router_.loop().Now() + limits_.idle;
  const size_t size = data.size();
  router_.OnAttemptData(*this, data, end);
  if (ticket_.stream() != nullptr) codec().Consumed(size);
}

net::Connection* Attempt::SpliceTarget(uint64_t length) {
  if (state_ != State::kResponding || paused_) return nullptr;
  return router_.host().ResponseSpliceTarget(length);
}

void Attempt::OnSpliced(uint64_t bytes) {
  if (limits_.idle > Duration{}) idle_at_ = router_.loop().Now() + limits_.idle;
  if (state_ == State::kResponding) router_.host().ResponseSpliced(bytes);
}

void Attempt::OnTrailers() { router_.OnAttemptTrailers(*this); }

void Attempt::OnReset(http::ResetReason reason, std::string_view detail) {
  if (state_ == State::kOver) return;
  const AttemptFailure failure{
      reason, reason == http::ResetReason::kConnectionTermination ? detail : std::string_view(),
      stream().reused(), stream().response_started(), stream().unprocessed()};
  router_.AddUpstreamBytes(stream().bytes());
  Ended(End::kOrderly, reason);
  router_.OnAttemptFailed(*this, failure);
}

void Attempt::OnOutputHigh() {
  if (state_ == State::kOver) return;
  if (!std::exchange(request_held_, true)) router_.host().RequestHigh();
}

void Attempt::OnOutputLow() { ReleaseRequest(); }

void Attempt::OnStreamDone() {
  if (state_ == State::kOver) return;
  router_.AddUpstreamBytes(ticket_.stream()->bytes());
  Ended();
  router_.OnAttemptDone(*this);
}

}  // namespace sluice::filters::router
