// What the HTTP/2 connections of one worker may let their peers send beyond 64 KiB each: memory
// that hostile or slow peers can make us hold. One per thread; no locks.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::http2 {

class WindowBudget {
 public:
  static constexpr uint64_t kDefaultBytes = uint64_t{128} << 20;

  static WindowBudget& ForThread();

  // Existing shares are kept; they shrink as their windows are used.
  void SetLimit(uint64_t bytes) { limit_ = bytes; }
  // As much of `bytes` as there is.
  uint64_t Take(uint64_t bytes) {
    const uint64_t got = std::min(bytes, limit_ - std::min(limit_, taken_));
    taken_ += got;
    return got;
  }
  void Give(uint64_t bytes) { taken_ -= bytes; }
  // Half is gone: new connections are told of small stream windows.
  bool scarce() const { return taken_ > limit_ / 2; }
  uint64_t taken() const { return taken_; }

 private:
  uint64_t limit_ = kDefaultBytes;
  uint64_t taken_ = 0;
};

}  // namespace sluice::http2
