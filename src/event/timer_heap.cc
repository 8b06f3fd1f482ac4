#include "timer_heap.h"

#include <algorithm>
#include <utility>

namespace sluice {

namespace {
constexpr size_t kFanOut = 4;
}

void TimerHeap::Arm(Timer& timer, MonoTime deadline) {
  // Inside a firing pass "now" means the next turn, or two timers could keep the loop for ever.
  deadline = std::max(deadline, firing_at_ + Duration(1));
  timer.deadline_ = deadline;
  if (timer.heap_index_ < 0) {
    entries_.emplace_back();
    SiftUp(entries_.size() - 1, {deadline, &timer});
  } else if (deadline < timer.heap_time_) {
    SiftUp(static_cast<size_t>(timer.heap_index_), {deadline, &timer});
  }
}

void TimerHeap::Remove(Timer& timer) {
  if (called_ == &timer) called_ = nullptr;
  if (timer.heap_index_ < 0) return;
  auto index = static_cast<size_t>(std::exchange(timer.heap_index_, -1));
  Entry last = entries_.back();
  entries_.pop_back();
  if (index == entries_.size()) return;
  if (index > 0 && last.when < entries_[(index - 1) / kFanOut].when) {
    SiftUp(index, last);
  } else {
    SiftDown(index, last);
  }
}

Timer* TimerHeap::PopDue(MonoTime now) {
  while (!entries_.empty() && entries_[0].when <= now) {
    Timer* timer = entries_[0].timer;
    if (timer->deadline_ == entries_[0].when) {
      Remove(*timer);
      return timer;
    }
    if (timer->armed()) {
      SiftDown(0, {timer->deadline_, timer});  // it was moved later meanwhile
    } else {
      Remove(*timer);
    }
  }
  return nullptr;
}

// The callback lives on the stack meanwhile, so that it may destroy its timer.
void TimerHeap::Call(Timer& timer) {
  timer.deadline_ = MonoTime::max();
  called_ = &timer;
  Task on_fire = std::move(timer.on_fire_);
  on_fire();
  if (called_ != nullptr) timer.on_fire_ = std::move(on_fire);
  called_ = nullptr;
}

void TimerHeap::Place(size_t index, Entry entry) {
  entries_[index] = entry;
  entry.timer->heap_index_ = static_cast<int32_t>(index);
  entry.timer->heap_time_ = entry.when;
}

void TimerHeap::SiftUp(size_t index, Entry entry) {
  while (index > 0) {
    size_t parent = (index - 1) / kFanOut;
    if (entries_[parent].when <= entry.when) break;
    Place(index, entries_[parent]);
    index = parent;
  }
  Place(index, entry);
}

void TimerHeap::SiftDown(size_t index, Entry entry) {
  for (;;) {
    size_t first = index * kFanOut + 1;
    if (first >= entries_.size()) break;
    size_t best = first;
    size_t end = std::min(first + kFanOut, entries_.size());
    for (size_t child = first + 1; child < end; ++child) {
      if (entries_[child].when < entries_[best].when) best = child;
    }
    if (entries_[best].when >= entry.when) break;
    Place(index, entries_[best]);
    index = best;
  }
  Place(index, entry);
}

}  // namespace sluice
