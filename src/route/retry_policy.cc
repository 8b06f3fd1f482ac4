#include "sluice/route/retry_policy.h"

#include "sluice/http/list.h"

namespace sluice::route {
namespace {

struct Word {
  std::string_view name;
  uint32_t bit;
};

constexpr Word kHttpWords[] = {
    {"5xx", kRetryOn5xx},
    {"gateway-error", kRetryOnGatewayError},
    {"reset", kRetryOnReset},
    {"reset-before-request", kRetryOnResetBeforeRequest},
    {"connect-failure", kRetryOnConnectFailure},
    {"envoy-ratelimited", kRetryOnEnvoyRateLimited},
    {"retriable-4xx", kRetryOnRetriable4xx},
    {"refused-stream", kRetryOnRefusedStream},
    {"retriable-status-codes", kRetryOnRetriableStatusCodes},
    {"retriable-headers", kRetryOnRetriableHeaders},
    {"http3-post-connect-failure", kRetryOnHttp3PostConnectFailure},
};
constexpr Word kGrpcWords[] = {
    {"cancelled", kRetryOnGrpcCancelled},     {"deadline-exceeded", kRetryOnGrpcDeadlineExceeded},
    {"internal", kRetryOnGrpcInternal},       {"resource-exhausted", kRetryOnGrpcResourceExhausted},
    {"unavailable", kRetryOnGrpcUnavailable},
};

template <size_t N>
uint32_t Find(const Word (&words)[N], std::string_view name) {
  for (const Word& word : words) {
    if (word.name == name) return word.bit;
  }
  return 0;
}

template <typename FindBit>
RetryOnWords Parse(std::string_view text, FindBit&& find) {
  RetryOnWords out;
  http::ForEachListItem(text, [&](std::string_view item) {
    const uint32_t bit = find(item);
    out.bits |= bit;
    if (bit == 0 && out.unknown.empty()) out.unknown = item;
  });
  return out;
}

}  // namespace

RetryOnWords ParseRetryOn(std::string_view words) {
  return Parse(words, [](std::string_view item) { return Find(kHttpWords, item); });
}

RetryOnWords ParseRetryGrpcOn(std::string_view words) {
  return Parse(words, [](std::string_view item) { return Find(kGrpcWords, item); });
}

RetryOnWords ParseRetryPolicyOn(std::string_view words) {
  return Parse(
      words, [](std::string_view item) { return Find(kHttpWords, item) | Find(kGrpcWords, item); });
}

std::string RetryOnText(uint32_t bits) {
  std::string out;
  const auto append = [&](const Word& word) {
    if ((bits & word.bit) == 0) return;
    if (!out.empty()) out += ',';
    out += word.name;
  };
  for (const Word& word : kHttpWords) append(word);
  for (const Word& word : kGrpcWords) append(word);
  return out;
}

}  // namespace sluice::route
