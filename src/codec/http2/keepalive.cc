#include "sluice/codec/http2/keepalive.h"

#include "sluice/base/random.h"

namespace sluice::http2 {

void Keepalive::Start(const KeepaliveOptions& options, MonoTime now) {
  options_ = &options;
  waiting_ = false;
  Plan(now);
}

void Keepalive::Plan(MonoTime now) {
  if (options_->interval == Duration::zero()) return;
  const auto jitter = static_cast<double>(options_->interval.count()) * options_->jitter_percent /
                      100 * static_cast<double>(FastRandom() % 1024) / 1024;
  next_ping_ = now + options_->interval + Duration(static_cast<Duration::rep>(jitter));
}

Keepalive::Due Keepalive::OnTime(MonoTime now) {
  if (options_ == nullptr || now < NextDeadline()) return Due::kNothing;
  if (waiting_) return Due::kDead;
  waiting_ = true;
  answer_by_ = now + options_->timeout;
  return Due::kSendPing;
}

Keepalive::Due Keepalive::OnNewStream(MonoTime idle_since, MonoTime now) {
  if (options_ == nullptr || waiting_ || options_->idle_interval == Duration::zero() ||
      now - idle_since < options_->idle_interval) {
    return Due::kNothing;
  }
  waiting_ = true;
  answer_by_ = now + options_->timeout;
  return Due::kSendPing;
}

void Keepalive::OnPong(MonoTime now) {
  if (!waiting_) return;
  waiting_ = false;
  Plan(now);
}

}  // namespace sluice::http2
