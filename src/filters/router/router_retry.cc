// Trying again.
#include <algorithm>
#include <utility>

#include "router_filter.h"
#include "sluice/base/random.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::router {

using http::HeaderId;
using http::ResetReason;
using stream::ResponseFlag;

// A pooled connection may have been closed by the peer while it was idle. When nothing of the
// response has come and nothing can have happened twice, the request goes out again at once, on a
// fresh connection to the same host, once (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1). So does
// a request that came behind a GOAWAY (RFC 9113 section 8.7), whatever it is.
bool RouterFilter::RetryStale(Attempt& attempt, const AttemptFailure& failure) {
  const bool stale = failure.reason == ResetReason::kConnectionTermination && failure.reused &&
                     !failure.response_started;
  if ((!stale && !failure.unprocessed) || stale_retried_ || body_lost_) return false;
  if (!cluster().options().http.retry_stale_connection) return false;
  const bool idempotent = IsIdempotent(host().request_head().Get(HeaderId::kMethod).value_or(""));
  if (attempt.body_sent && !idempotent && !failure.unprocessed) return false;
  stale_retried_ = true;
  cluster().stats().upstream_rq_retry_stale_connection.Inc();
  host().response_head().Clear();
  BeginAttempt(true);
  return true;
}

bool RouterFilter::RetryAfterReset(Attempt& attempt, ResetReason reason) {
  if (!retry_.active() && retries_ == 0) return false;
  if (!WantsRetry(retry_, reason, attempt.head_sent)) return false;
  if (AskForRetry() != RetryAnswer::kYes) return false;
  host().response_head().Clear();
  cluster().stats().upstream_rq_retry_backoff_exponential.Inc();
  BackOffThenRetry(BackOff(retry_, retries_, FastRandom(), host().worker().runtime));
  return true;
}

bool RouterFilter::RetryAfterResponse(Attempt& attempt, uint32_t status, bool complete) {
  if (!retry_.active() && retries_ == 0) return false;
  const http::HeaderMap& response = host().response_head();
  if (!WantsRetry(retry_, status, response)) {
    if (retries_ != 0) {
      cluster().stats().upstream_rq_retry_success.Inc();
      if (virtual_cluster_ != nullptr) virtual_cluster_->retry_success.Inc();
      if (route_stats_ != nullptr) route_stats_->retry_success.Inc();
    }
    return false;
  }
  if (AskForRetry() != RetryAnswer::kYes) return false;
  if (status >= 500) upstream::HostCells::Add(attempt.host().cells().rq_error);
  const auto asked = RateLimitedBackOff(retry_, response, loop().WallNow(), FastRandom());
  (asked ? cluster().stats().upstream_rq_retry_backoff_ratelimited
         : cluster().stats().upstream_rq_retry_backoff_exponential)
      .Inc();
  attempt.Discard(complete);
  host().response_head().Clear();
  BackOffThenRetry(
      asked.value_or(BackOff(retry_, retries_, FastRandom(), host().worker().runtime)));
  return true;
}

// Somebody wants a retry: is there one left, and does the cluster bear it?
RouterFilter::RetryAnswer RouterFilter::AskForRetry() {
  upstream::ClusterStats& stats = cluster().stats();
  if (body_lost_) return RetryAnswer::kNo;
  if (const match::RuntimeSnapshot* runtime = host().worker().runtime) {
    const auto share = runtime->FindFraction("upstream.use_retry");
    if (share && !share->Includes(FastRandom())) return RetryAnswer::kNo;
  }
  if (retries_ >= retry_.max_retries) {
    stats.upstream_rq_retry_limit_exceeded.Inc();
    if (virtual_cluster_ != nullptr) virtual_cluster_->retry_limit_exceeded.Inc();
    if (route_stats_ != nullptr) route_stats_->retry_limit_exceeded.Inc();
    if (retry_.max_retries != 0) {
      host().info().flags.Set(ResponseFlag::kUpstreamRetryLimitExceeded);
    }
    return RetryAnswer::kLimit;
  }
  if (!TakeRetryToken()) {
    stats.upstream_rq_retry_overflow.Inc();
    if (virtual_cluster_ != nullptr) virtual_cluster_->retry_overflow.Inc();
    if (route_stats_ != nullptr) route_stats_->retry_overflow.Inc();
    return RetryAnswer::kBudget;
  }
  ++retries_;
  stats.upstream_rq_retry.Inc();
  if (virtual_cluster_ != nullptr) virtual_cluster_->retry.Inc();
  if (route_stats_ != nullptr) route_stats_->retry.Inc();
  return RetryAnswer::kYes;
}

bool RouterFilter::TakeRetryToken() {
  upstream::Breaker& breaker =
      cluster().breaker(route_->forward->priority == decltype(route_->forward->priority)::kHigh
                            ? upstream::Priority::kHigh
                            : upstream::Priority::kDefault);
  retry_token_.Reset();
  retry_token_ = breaker.TakeRetry(cluster().slot());
  return static_cast<bool>(retry_token_);
}

void RouterFilter::BackOffThenRetry(Duration wait) {
  state_ = State::kBackingOff;
  if (!back_off_timer_) {
    back_off_timer_.emplace(loop(), [this] {
      if (state_ == State::kBackingOff) BeginAttempt(false);
    });
  }
  back_off_timer_->Arm(wait);
}

bool RouterFilter::Avoid(const upstream::Host& candidate) const {
  for (const route::HostPredicate predicate : retry_.policy->host_predicates) {
    switch (predicate) {
      case route::HostPredicate::kOmitCanaryHosts:
        if (candidate.entry().canary) return true;
        break;
      case route::HostPredicate::kPreviousHosts:
        for (const AttemptLink* link = attempts_; link != nullptr; link = link->before) {
          if (&link->attempt->host() == &candidate) return true;
        }
        break;
    }
  }
  return false;
}

}  // namespace sluice::filters::router
