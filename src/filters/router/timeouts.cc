#include "timeouts.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "sluice/http/grpc.h"
#include "sluice/http/number.h"

namespace sluice::filters::router {
namespace {

using http::HeaderId;
using std::chrono::milliseconds;

std::optional<Duration> TakeMilliseconds(http::HeaderMap& head, HeaderId id) {
  const auto text = head.Get(id);
  if (!text) return std::nullopt;
  constexpr uint64_t kMost = 1'000'000'000'000;  // thirty years do not overflow a Duration
  const auto value = http::ParseDecimal(*text);
  head.Remove(id);
  if (!value) return std::nullopt;
  return milliseconds(static_cast<int64_t>(std::min(*value, kMost)));
}

// The deprecated way in which a gRPC client's deadline becomes the route's timeout.
Duration GrpcTimeout(const route::ForwardAction& forward, const http::HeaderMap& head) {
  const auto asked = http::ParseGrpcTimeout(head.Get(HeaderId::kGrpcTimeout).value_or(""));
  Duration timeout = asked.value_or(Duration{});
  if (forward.grpc_timeout_offset && *forward.grpc_timeout_offset < timeout) {
    timeout -= *forward.grpc_timeout_offset;
  }
  const Duration most = *forward.max_grpc_timeout;
  if (most != Duration{} && (timeout == Duration{} || timeout > most)) timeout = most;
  return timeout;
}

Duration GlobalTimeout(const route::ForwardAction& forward, const TimeoutRules& rules,
                       const http::HeaderMap& head) {
  if (forward.stream_timeouts) return {};
  return rules.grpc && forward.max_grpc_timeout ? GrpcTimeout(forward, head) : forward.timeout;
}

}  // namespace

Timeouts TakeTimeouts(const route::ForwardAction& forward, const TimeoutRules& rules,
                      http::HeaderMap& head) {
  Timeouts timeouts;
  timeouts.global = GlobalTimeout(forward, rules, head);
  timeouts.tell_expected = !rules.suppress_envoy_headers;
  timeouts.tell_grpc = rules.grpc && forward.max_grpc_timeout && !forward.stream_timeouts;
  if (forward.retry != nullptr) {
    timeouts.per_try = forward.retry->per_try_timeout;
    timeouts.per_try_idle = forward.retry->per_try_idle_timeout.value_or(Duration{});
  }
  std::optional<Duration> expected;
  if (rules.respect_expected && head.Has(HeaderId::kXEnvoyExpectedRqTimeoutMs)) {
    expected = TakeMilliseconds(head, HeaderId::kXEnvoyExpectedRqTimeoutMs);
  }
  const auto asked = TakeMilliseconds(head, HeaderId::kXEnvoyUpstreamRqTimeoutMs);
  const auto per_try = TakeMilliseconds(head, HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs);
  if (expected) {
    timeouts.global = *expected;
  } else if (asked) {
    timeouts.global = *asked;
  }
  if (per_try) timeouts.per_try = *per_try;
  // A try that may take as long as the whole is not limited by itself.
  if (timeouts.global != Duration{} && timeouts.per_try >= timeouts.global) {
    timeouts.per_try = Duration{};
  }
  TellUpstream(timeouts, {}, head);
  return timeouts;
}

void TellUpstream(const Timeouts& timeouts, Duration elapsed, http::HeaderMap& head) {
  constexpr Duration kLeast = milliseconds(1);  // none left is not the same as no limit
  Duration expected = timeouts.per_try > Duration{} ? timeouts.per_try : timeouts.global;
  if (expected <= Duration{}) return;
  if (timeouts.global > Duration{}) {
    expected = std::max(std::min(expected, timeouts.global - elapsed), kLeast);
  }
  if (timeouts.tell_expected) {
    const auto ms = std::chrono::duration_cast<milliseconds>(expected).count();
    head.SetView(HeaderId::kXEnvoyExpectedRqTimeoutMs,
                 http::FormatDecimal(head.arena(), static_cast<uint64_t>(ms)));
  }
  if (timeouts.tell_grpc) {
    head.SetView(HeaderId::kGrpcTimeout, http::FormatGrpcTimeout(expected, head.arena()));
  }
}

}  // namespace sluice::filters::router
