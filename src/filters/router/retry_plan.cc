#include "retry_plan.h"

#include <algorithm>

#include "sluice/http/list.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"

namespace sluice::filters::router {
namespace {

using http::HeaderId;
using http::ResetReason;

bool IsGateway(uint32_t status) { return status == 502 || status == 503 || status == 504; }

uint32_t GrpcBit(uint64_t status) {
  switch (status) {
    case 1: return route::kRetryOnGrpcCancelled;
    case 4: return route::kRetryOnGrpcDeadlineExceeded;
    case 8: return route::kRetryOnGrpcResourceExhausted;
    case 13: return route::kRetryOnGrpcInternal;
    case 14: return route::kRetryOnGrpcUnavailable;
    default: return 0;
  }
}

bool NamesStatus(const RetryPlan& plan, uint32_t status) {
  if (plan.policy != nullptr &&
      std::ranges::count(plan.policy->retriable_status_codes, status) != 0) {
    return true;
  }
  return !plan.status_codes.empty() && http::ListHas(plan.status_codes, http::StatusText(status));
}

bool NamesHeader(const RetryPlan& plan, const http::HeaderMap& response) {
  if (plan.policy != nullptr && match::AnyMatches(plan.policy->retriable_headers, response)) {
    return true;
  }
  bool found = false;
  http::ForEachListItem(plan.header_names, [&](std::string_view name) {
    found = found || response.Get(name).has_value();
  });
  return found;
}

std::optional<Duration> ResetAfter(const route::ResetHeader& header,
                                   const http::HeaderMap& response, WallTime now) {
  const auto value = http::ParseDecimal(response.Get(header.name).value_or(""));
  constexpr uint64_t kMost = 10'000'000'000;  // seconds that a Duration can still hold are fewer
  if (!value || *value > kMost) return std::nullopt;
  const std::chrono::seconds seconds(static_cast<int64_t>(*value));
  if (header.format == route::ResetHeaderFormat::kSeconds) {
    if (seconds > std::chrono::hours(24 * 365)) return std::nullopt;
    return seconds;
  }
  const auto now_s = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  if (seconds < now_s || seconds - now_s > std::chrono::hours(24 * 365)) return std::nullopt;
  return seconds - now_s;
}

struct Times {
  Duration base;
  Duration most;
};

Times TimesOf(const route::RetryPolicy& policy, const match::RuntimeSnapshot* runtime) {
  constexpr uint64_t kMostMs = uint64_t{1000} * 60 * 60 * 24 * 365;
  if (!policy.own_back_off && runtime != nullptr) {
    if (const auto ms = runtime->FindInteger("upstream.base_retry_backoff_ms")) {
      const std::chrono::milliseconds base(static_cast<int64_t>(std::min(*ms, kMostMs)));
      return {base, 10 * base};
    }
  }
  return {policy.back_off_base, policy.back_off_max};
}

}  // namespace

RetryPlan TakeRetryPlan(const route::RetryPolicy* policy, http::HeaderMap& head) {
  RetryPlan plan;
  plan.policy = policy;
  if (policy != nullptr) {
    plan.retry_on = policy->retry_on;
    plan.max_retries = policy->num_retries;
  }
  // The usual request has none of them: one look at the index each.
  const auto take = [&](HeaderId id) {
    const auto value = head.Get(id);
    if (value) head.Remove(id);
    return value;
  };
  if (const auto words = take(HeaderId::kXEnvoyRetryOn)) {
    plan.retry_on |= route::ParseRetryOn(*words).bits;
  }
  if (const auto words = take(HeaderId::kXEnvoyRetryGrpcOn)) {
    plan.retry_on |= route::ParseRetryGrpcOn(*words).bits;
  }
  if (const auto most = take(HeaderId::kXEnvoyMaxRetries)) {
    if (const auto value = http::ParseDecimal(*most)) {
      plan.max_retries = static_cast<uint32_t>(std::min<uint64_t>(*value, UINT32_MAX));
    }
  }
  plan.status_codes = take(HeaderId::kXEnvoyRetriableStatusCodes).value_or("");
  plan.header_names = take(HeaderId::kXEnvoyRetriableHeaderNames).value_or("");
  take(HeaderId::kXEnvoyHedgeOnPerTryTimeout);
  if (policy != nullptr && !policy->retriable_request_headers.empty() &&
      !match::AnyMatches(policy->retriable_request_headers, head)) {
    plan.retry_on = 0;
  }
  return plan;
}

bool WantsRetry(const RetryPlan& plan, uint32_t status, const http::HeaderMap& response) {
  const uint32_t on = plan.retry_on;
  if (on == 0) return false;
  // A server that sheds load must not be asked again unless somebody wants just that.
  if (response.Has(HeaderId::kXEnvoyRateLimited))
    return (on & route::kRetryOnEnvoyRateLimited) != 0;
  if ((on & route::kRetryOn5xx) != 0 && status >= 500 && status <= 599) return true;
  if ((on & route::kRetryOnGatewayError) != 0 && IsGateway(status)) return true;
  if ((on & route::kRetryOnRetriable4xx) != 0 && status == 409) return true;
  if ((on & route::kRetryOnRetriableStatusCodes) != 0 && NamesStatus(plan, status)) return true;
  if ((on & route::kRetryOnRetriableHeaders) != 0 && NamesHeader(plan, response)) return true;
  const auto grpc = http::ParseDecimal(response.Get(HeaderId::kGrpcStatus).value_or(""));
  return grpc && (on & GrpcBit(*grpc)) != 0;
}

bool WantsRetry(const RetryPlan& plan, ResetReason reason, bool sent) {
  const uint32_t on = plan.retry_on;
  if (reason == ResetReason::kOverflow || reason == ResetReason::kOverload) return false;
  if ((on & (route::kRetryOnReset | route::kRetryOn5xx | route::kRetryOnGatewayError)) != 0) {
    return true;
  }
  if ((on & route::kRetryOnResetBeforeRequest) != 0 && !sent) return true;
  if ((on & route::kRetryOnRefusedStream) != 0 && reason == ResetReason::kRemoteRefused)
    return true;
  const bool unconnected =
      reason == ResetReason::kConnectionFailure || reason == ResetReason::kConnectionTimeout;
  return (on & route::kRetryOnConnectFailure) != 0 && unconnected;
}

Duration BackOff(const RetryPlan& plan, uint32_t retry, uint64_t random,
                 const match::RuntimeSnapshot* runtime) {
  static const route::RetryPolicy kDefaults;
  const route::RetryPolicy& policy = plan.policy != nullptr ? *plan.policy : kDefaults;
  const Times times = TimesOf(policy, runtime);
  const auto base =
      static_cast<uint64_t>(std::max<Duration>(times.base, std::chrono::milliseconds(1)).count());
  const auto most = std::max(base, static_cast<uint64_t>(times.most.count()));
  const uint32_t doublings = std::min<uint32_t>(retry, 30);
  const uint64_t factor = (uint64_t{1} << doublings) - 1;
  const uint64_t bound = factor > most / base ? most : std::min(most, factor * base);
  return Duration(static_cast<int64_t>(random % std::max<uint64_t>(bound, 1)));
}

std::optional<Duration> RateLimitedBackOff(const RetryPlan& plan, const http::HeaderMap& response,
                                           WallTime now, uint64_t random) {
  if (plan.policy == nullptr || !plan.policy->rate_limited_back_off) return std::nullopt;
  const route::RateLimitedBackOff& rules = *plan.policy->rate_limited_back_off;
  for (const route::ResetHeader& header : rules.headers) {
    const auto wait = ResetAfter(header, response, now);
    if (!wait || *wait > rules.max_interval) continue;
    const auto half = static_cast<uint64_t>(wait->count() / 2);
    return *wait + Duration(static_cast<int64_t>(half == 0 ? 0 : random % half));
  }
  return std::nullopt;
}

bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS" || method == "TRACE";
}

}  // namespace sluice::filters::router
