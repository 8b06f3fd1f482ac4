// When and how a failed attempt is repeated, as data. The router decides by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/match/header_matcher.h"

namespace sluice::route {

enum RetryOn : uint32_t {
  kRetryOn5xx = 1U << 0,
  kRetryOnGatewayError = 1U << 1,
  kRetryOnReset = 1U << 2,
  kRetryOnResetBeforeRequest = 1U << 3,
  kRetryOnConnectFailure = 1U << 4,
  kRetryOnEnvoyRateLimited = 1U << 5,
  kRetryOnRetriable4xx = 1U << 6,
  kRetryOnRefusedStream = 1U << 7,
  kRetryOnRetriableStatusCodes = 1U << 8,
  kRetryOnRetriableHeaders = 1U << 9,
  kRetryOnHttp3PostConnectFailure = 1U << 10,
  kRetryOnGrpcCancelled = 1U << 16,
  kRetryOnGrpcDeadlineExceeded = 1U << 17,
  kRetryOnGrpcInternal = 1U << 18,
  kRetryOnGrpcResourceExhausted = 1U << 19,
  kRetryOnGrpcUnavailable = 1U << 20,
};

// Reads "5xx,connect-failure": the bits known, and the first word that is not (empty: all are).
struct RetryOnWords {
  uint32_t bits = 0;
  std::string_view unknown;
};
RetryOnWords ParseRetryOn(std::string_view words);        // HTTP conditions, as in x-envoy-retry-on
RetryOnWords ParseRetryGrpcOn(std::string_view words);    // gRPC ones, as in x-envoy-retry-grpc-on
RetryOnWords ParseRetryPolicyOn(std::string_view words);  // both, as in retry_policy
std::string RetryOnText(uint32_t bits);

enum class ResetHeaderFormat : uint8_t { kSeconds, kUnixTimestamp };

struct ResetHeader {
  std::string name;  // lower case
  ResetHeaderFormat format = ResetHeaderFormat::kSeconds;
};

struct RateLimitedBackOff {
  std::vector<ResetHeader> headers;
  Duration max_interval = std::chrono::seconds(300);
};

// Hosts that a retry must not pick (again).
enum class HostPredicate : uint8_t { kPreviousHosts, kOmitCanaryHosts };

struct RetryPolicy {
  uint32_t retry_on = 0;  // RetryOn bits
  uint32_t num_retries = 1;
  Duration per_try_timeout{0};  // 0: only the route's timeout
  std::optional<Duration> per_try_idle_timeout;
  Duration back_off_base = std::chrono::milliseconds(25);
  Duration back_off_max = std::chrono::milliseconds(250);
  bool own_back_off = false;  // said by the route; else a runtime value may say it
  std::optional<RateLimitedBackOff> rate_limited_back_off;
  std::vector<uint16_t> retriable_status_codes;
  std::vector<match::HeaderMatcher> retriable_headers;          // of the response; any
  std::vector<match::HeaderMatcher> retriable_request_headers;  // any must match, if there are some
  std::vector<HostPredicate> host_predicates;
  uint32_t host_selection_max_attempts = 1;
};

}  // namespace sluice::route
