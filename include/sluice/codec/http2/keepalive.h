// When PINGs are due and when their answer is overdue (connection_keepalive): pure arithmetic on
// times, for whoever owns the connection and its timer. One connection, one worker.
//
// The owner arms its timer for NextDeadline(), calls OnTime then, and does what that says.
#pragma once

#include <cstdint>

#include "sluice/base/clock.h"
#include "sluice/codec/http2/options.h"

namespace sluice::http2 {

class Keepalive {
 public:
  enum class Due : uint8_t { kNothing, kSendPing, kDead };

  // Begins with the connection; never before Start is anything due.
  void Start(const KeepaliveOptions& options, MonoTime now);
  MonoTime NextDeadline() const { return waiting_ ? answer_by_ : next_ping_; }
  // kSendPing: call Codec::SendPing. kDead: count keepalive_timeout and close.
  Due OnTime(MonoTime now);
  // A stream is about to begin after the connection has been idle since `idle_since`.
  Due OnNewStream(MonoTime idle_since, MonoTime now);
  void OnPong(MonoTime now);

 private:
  void Plan(MonoTime now);

  const KeepaliveOptions* options_ = nullptr;
  MonoTime next_ping_ = MonoTime::max();
  MonoTime answer_by_ = MonoTime::max();
  bool waiting_ = false;
};

}  // namespace sluice::http2
