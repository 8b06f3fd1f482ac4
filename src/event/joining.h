// The watches that have been opened but not yet put into the epoll set, oldest first. A socket that
// is closed before its turn comes has saved the kernel's bookkeeping for it. Loop thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace sluice {

class IoWatch;

class Joining {
 public:
  bool empty() const { return places_.empty(); }

  // Returns the place, for Remove: a number that is never given out again.
  uint64_t Add(IoWatch& watch, uint64_t turn) {
    places_.push_back({&watch, turn});
    return first_ + places_.size() - 1;
  }
  void Remove(uint64_t place) {
    places_[place - first_].watch = nullptr;
    DropLeft();
  }
  // The oldest one, out of the list, when it was added before turn `before`; else null.
  IoWatch* Take(uint64_t before) {
    if (empty() || places_.front().turn >= before) return nullptr;
    IoWatch* watch = places_.front().watch;
    places_.front().watch = nullptr;
    DropLeft();
    return watch;
  }

 private:
  struct Place {
    IoWatch* watch;  // null: closed meanwhile
    uint64_t turn;
  };

  void DropLeft() {
    while (!places_.empty() && places_.front().watch == nullptr) {
      places_.pop_front();
      ++first_;
    }
  }

  std::deque<Place> places_;
  uint64_t first_ = 0;  // the place of the front
};

}  // namespace sluice
