#include "quiet_watches.h"

#include <chrono>

namespace sluice {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
// So many are told in one turn: after a burst others must not wait for all of them.
constexpr int kToldAtOnce = 64;

}  // namespace

QuietWatches::QuietWatches(EventLoop& loop) : loop_(loop), timer_(loop, [this] { OnTick(); }) {}

void QuietWatches::Add(IoWatch& watch) {
  watch.used_tick_ = loop_.quiet_tick_;
  static_cast<ListNode<QuietTag>&>(watch).Unlink();
  used_.PushBack(watch);
  if (!timer_.armed()) timer_.Arm(kTick);
}

void QuietWatches::OnTick() {
  if (!telling_) ++loop_.quiet_tick_;
  telling_ = TellSome();
  if (!used_.empty()) timer_.Arm(telling_ ? Duration::zero() : kTick);
}

// True when there are more to be told.
bool QuietWatches::TellSome() {
  for (int told = 0; !used_.empty(); ++told) {
    IoWatch& watch = used_.front();
    if (watch.used_tick_ + 1 >= loop_.quiet_tick_) return false;  // used within the last tick
    if (told == kToldAtOnce) return true;
    static_cast<ListNode<QuietTag>&>(watch).Unlink();
    watch.used_tick_ = 0;
    watch.handler_->OnQuiet();
  }
  return false;
}

}  // namespace sluice
