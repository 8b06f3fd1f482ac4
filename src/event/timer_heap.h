// The loop's timers, soonest first: a heap with four children a node, so that the children share a
// cache line. Entries are lazy: a timer that was moved later or disarmed keeps its place until that
// time comes. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sluice/event/loop.h"

namespace sluice {

struct TimerHeap {
 public:
  void Arm(Timer& timer, MonoTime deadline);
  void Remove(Timer& timer);

  // When the first entry wants to be looked at; MonoTime::max() when there is none.
  MonoTime next() const { return entries_.empty() ? MonoTime::max() : entries_[0].when; }
  size_t size() const { return entries_.size(); }

  // Calls the timers that are due at `now`, one after the other, and `after_each` after each.
  template <typename Fn>
  void Fire(MonoTime now, Fn&& after_each) {
    firing_at_ = now;
    while (Timer* timer = PopDue(now)) {
      Call(*timer);
      after_each();
    }
    firing_at_ = MonoTime::min();
  }

 private:
  struct Entry {
    MonoTime when;
    Timer* timer;
  };

  Timer* PopDue(MonoTime now);
  void Call(Timer& timer);
  void Place(size_t index, Entry entry);
  void SiftUp(size_t index, Entry entry);
  void SiftDown(size_t index, Entry entry);

  std::vector<Entry> entries_;
  Timer* called_ = nullptr;  // the one whose callback runs; null once it has been destroyed
  MonoTime firing_at_ = MonoTime::min();
};

}  // namespace sluice
