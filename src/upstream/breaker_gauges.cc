#include "breaker_gauges.h"

#include <algorithm>
#include <string>

namespace sluice::upstream {
namespace {

std::optional<stats::Gauge> Remaining(const stats::Scope& scope, bool wanted,
                                      std::string_view name) {
  if (!wanted) return std::nullopt;
  return scope.MakeGauge(name);
}

stats::Scope ScopeOf(const stats::Scope& cluster, std::string_view priority) {
  return cluster.Sub("circuit_breakers").Sub(priority);
}

}  // namespace

BreakerGauges::BreakerGauges(const stats::Scope& cluster, std::string_view priority,
                             Breaker& breaker)
    : breaker_(breaker),
      watched_{{{breaker.connections, ScopeOf(cluster, priority).MakeGauge("cx_open"),
                 Remaining(ScopeOf(cluster, priority), breaker.limits().track_remaining,
                           "remaining_cx")},
                {breaker.pools, ScopeOf(cluster, priority).MakeGauge("cx_pool_open"),
                 Remaining(ScopeOf(cluster, priority), breaker.limits().track_remaining,
                           "remaining_cx_pools")},
                {breaker.pending, ScopeOf(cluster, priority).MakeGauge("rq_pending_open"),
                 Remaining(ScopeOf(cluster, priority), breaker.limits().track_remaining,
                           "remaining_pending")},
                {breaker.requests, ScopeOf(cluster, priority).MakeGauge("rq_open"),
                 Remaining(ScopeOf(cluster, priority), breaker.limits().track_remaining,
                           "remaining_rq")},
                {breaker.retries, ScopeOf(cluster, priority).MakeGauge("rq_retry_open"),
                 Remaining(ScopeOf(cluster, priority), breaker.limits().track_remaining,
                           "remaining_retries")}}} {}

void BreakerGauges::Show(Watched& watched, uint64_t remaining) {
  watched.open.Set(remaining == 0 ? 1 : 0);
  if (watched.remaining) watched.remaining->Set(remaining);
}

void BreakerGauges::Refresh() {
  for (size_t i = 0; i < kRetries; ++i) Show(watched_[i], watched_[i].budget.remaining());
  const uint64_t limit = breaker_.retry_limit();
  Show(watched_[kRetries], limit - std::min(limit, breaker_.retries.used()));
}

}  // namespace sluice::upstream
