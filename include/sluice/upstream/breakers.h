// The circuit breakers of a cluster: limits that hold over all workers, for each routing priority.
// Owned by the cluster's main-side half; outlives the workers. Any thread, each with its slot.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "sluice/base/shared_budget.h"

namespace sluice::upstream {

enum class Priority : uint8_t { kDefault, kHigh };
inline constexpr size_t kPriorities = 2;

struct BreakerLimits {
  uint64_t max_connections = 1024;
  uint64_t max_pending_requests = 1024;
  uint64_t max_requests = 1024;
  uint64_t max_retries = 3;
  uint64_t max_connection_pools = UINT64_MAX;
  bool track_remaining = false;
  struct RetryBudget {
    double percent = 20;
    uint64_t min_concurrency = 3;
  };
  std::optional<RetryBudget> retry_budget;  // in place of max_retries
};

class Breaker {
 public:
  Breaker(const BreakerLimits& given, uint32_t slots)
      : connections(given.max_connections, slots),
        pending(given.max_pending_requests, slots),
        requests(given.max_requests, slots),
        retries(given.retry_budget ? UINT64_MAX : given.max_retries, slots),
        pools(given.max_connection_pools, slots),
        limits_(given) {
    SetRetryShare();
  }

  // Retries that may be under way at once: a number, or a share of all requests.
  uint64_t retry_limit() const {
    const double percent = retry_percent_.load(std::memory_order_relaxed);
    if (percent < 0) return retries.limit();
    const auto under_way = static_cast<double>(requests.used() + pending.used());
    const auto share = static_cast<uint64_t>(under_way * percent / 100.0);
    return std::max(retry_least_.load(std::memory_order_relaxed), share);
  }
  // Empty: there are as many already.
  BudgetToken TakeRetry(uint32_t slot) {
    BudgetToken token = BudgetToken::Take(retries, slot);
    // Counted first and compared then, so that no two workers take the last one.
    if (token && retries.used() > retry_limit()) token.Reset();
    return token;
  }

  // Main only: the limits of now, and others from now on. Whoever is above a smaller one stays.
  const BreakerLimits& limits() const { return limits_; }
  void SetLimits(const BreakerLimits& now) {
    limits_ = now;
    SetRetryShare();
    connections.SetLimit(now.max_connections);
    pending.SetLimit(now.max_pending_requests);
    requests.SetLimit(now.max_requests);
    retries.SetLimit(now.retry_budget ? UINT64_MAX : now.max_retries);
  }

  SharedBudget connections;
  SharedBudget pending;
  SharedBudget requests;
  SharedBudget retries;
  SharedBudget pools;
  // Pools, of any worker, that have requests waiting and no connection that could ever serve them:
  // while there are some, connections that fall idle elsewhere give up their places.
  alignas(64) std::atomic<uint32_t> starving{0};

 private:
  void SetRetryShare() {
    const BreakerLimits::RetryBudget budget =
        limits_.retry_budget.value_or(BreakerLimits::RetryBudget{-1, 0});
    retry_least_.store(budget.min_concurrency, std::memory_order_relaxed);
    retry_percent_.store(budget.percent, std::memory_order_relaxed);
  }

  BreakerLimits limits_;
  std::atomic<double> retry_percent_{-1};  // of a retry budget; below 0: there is none
  std::atomic<uint64_t> retry_least_{0};
};

class Breakers {
 public:
  Breakers(const BreakerLimits& normal, const BreakerLimits& high, uint32_t slots)
      : breakers_{{{normal, slots}, {high, slots}}} {}
  Breaker& For(Priority priority) { return breakers_[static_cast<size_t>(priority)]; }

 private:
  std::array<Breaker, kPriorities> breakers_;
};

}  // namespace sluice::upstream
