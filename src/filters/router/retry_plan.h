// Whether and when an attempt is repeated: the route's policy and the request's own x-envoy-*
// fields made one, and the decisions on it. Pure; the router counts and acts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"
#include "sluice/match/runtime.h"
#include "sluice/route/retry_policy.h"

namespace sluice::filters::router {

struct RetryPlan {
  const route::RetryPolicy* policy = nullptr;  // null: only the request's fields count
  uint32_t retry_on = 0;                       // route::RetryOn bits; 0: no retries
  uint32_t max_retries = 1;
  std::string_view status_codes;  // of x-envoy-retriable-status-codes
  std::string_view header_names;  // of x-envoy-retriable-header-names

  bool active() const { return retry_on != 0 && max_retries != 0; }
};

// Takes the fields out of the head, because they were meant for us.
RetryPlan TakeRetryPlan(const route::RetryPolicy* policy, http::HeaderMap& head);

// A response that is to be tried again.
bool WantsRetry(const RetryPlan& plan, uint32_t status, const http::HeaderMap& response);

// An attempt that came to nothing. `sent`: its head has been given to a connection.
bool WantsRetry(const RetryPlan& plan, http::ResetReason reason, bool sent);

// The wait before retry number `retry` (from 1): uniform in [0, (2^retry - 1) * base), at most
// `max`. `random` is any number. Where the route does not say them, upstream.base_retry_backoff_ms
// may.
Duration BackOff(const RetryPlan& plan, uint32_t retry, uint64_t random,
                 const match::RuntimeSnapshot* runtime = nullptr);

// The wait that a rate limiting response asks for (rate_limited_retry_back_off), with jitter up to
// half of it on top; nullopt: it asks for none that we grant.
std::optional<Duration> RateLimitedBackOff(const RetryPlan& plan, const http::HeaderMap& response,
                                           WallTime now, uint64_t random);

// RFC 9110 section 9.2.2.
bool IsIdempotent(std::string_view method);

}  // namespace sluice::filters::router
