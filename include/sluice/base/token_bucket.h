// A token bucket shared by all threads without a lock: its whole state is one moment, the time at
// which the bucket was (or would have been) empty. It fills continuously, up to its capacity.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include "sluice/base/clock.h"

namespace sluice {

class TokenBucket {
 public:
  // Starts full.
  TokenBucket(uint32_t max_tokens, uint32_t tokens_per_fill, Duration fill_interval, MonoTime now)
      : capacity_(max_tokens),
        ns_per_token_(static_cast<double>(fill_interval.count()) / std::max(1U, tokens_per_fill)),
        lag_ns_(std::min(kClockLag.count(), Span(1) / 2)),
        empty_at_ns_(now.time_since_epoch().count() - Span(max_tokens)) {}
  TokenBucket(const TokenBucket&) = delete;
  TokenBucket& operator=(const TokenBucket&) = delete;

  bool TryTake(MonoTime now, uint32_t tokens = 1) {
    if (tokens > capacity_) return false;  // as many never collect
    const int64_t now_ns = now.time_since_epoch().count();
    int64_t empty_at = empty_at_ns_.load(std::memory_order_relaxed);
    while (true) {
      // More than the capacity never collects.
      const int64_t from = std::max(empty_at, now_ns - Span(capacity_));
      const int64_t after = from + Span(tokens);
      if (after > now_ns + lag_ns_) return false;
      if (empty_at_ns_.compare_exchange_weak(empty_at, after, std::memory_order_relaxed))
        return true;
    }
  }

  uint32_t Available(MonoTime now) const {
    const int64_t have =
        now.time_since_epoch().count() - empty_at_ns_.load(std::memory_order_relaxed);
    if (have <= 0) return 0;
    return static_cast<uint32_t>(
        std::min(static_cast<double>(capacity_), static_cast<double>(have) / ns_per_token_));
  }
  // Until the next token is there; zero when one is.
  Duration NextToken(MonoTime now) const {
    const int64_t at = empty_at_ns_.load(std::memory_order_relaxed) + Span(1);
    return Duration(std::max<int64_t>(0, at - now.time_since_epoch().count()));
  }
  // Full, whatever was taken.
  void Fill(MonoTime now) {
    empty_at_ns_.store(now.time_since_epoch().count() - Span(capacity_), std::memory_order_relaxed);
  }
  uint32_t capacity() const { return capacity_; }
  double ns_per_token() const { return ns_per_token_; }

 private:
  // Each thread takes by its own idea of now, which is as old as its turn of the loop: what another
  // one took by a later now must not keep the last token from it.
  static constexpr Duration kClockLag = std::chrono::milliseconds(5);

  int64_t Span(uint32_t tokens) const { return static_cast<int64_t>(ns_per_token_ * tokens); }

  const uint32_t capacity_;
  const double ns_per_token_;
  const int64_t lag_ns_;
  std::atomic<int64_t> empty_at_ns_;
};

}  // namespace sluice
