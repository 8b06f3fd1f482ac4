#include "header_checks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/http/number.h"
#include "sluice/route/retry_policy.h"

namespace sluice::filters::router {
namespace {

using Check = bool (*)(std::string_view value);

bool IsNumber(std::string_view value) { return http::ParseDecimal(value).has_value(); }
bool IsRetryOn(std::string_view value) { return route::ParseRetryOn(value).unknown.empty(); }
bool IsRetryGrpcOn(std::string_view value) {
  return route::ParseRetryGrpcOn(value).unknown.empty();
}

constexpr std::array<std::pair<std::string_view, Check>, 5> kChecks = {{
    {"x-envoy-upstream-rq-timeout-ms", &IsNumber},
    {"x-envoy-upstream-rq-per-try-timeout-ms", &IsNumber},
    {"x-envoy-max-retries", &IsNumber},
    {"x-envoy-retry-on", &IsRetryOn},
    {"x-envoy-retry-grpc-on", &IsRetryGrpcOn},
}};

}  // namespace

bool IsStrictlyCheckable(std::string_view name) {
  return std::ranges::any_of(kChecks, [&](const auto& check) { return check.first == name; });
}

std::optional<BadHeader> FindBadHeader(std::span<const std::string> names,
                                       const http::HeaderMap& head) {
  for (const auto& [name, check] : kChecks) {
    if (std::ranges::find(names, name) == names.end()) continue;
    const auto value = head.Get(name);
    if (value && !check(*value)) return BadHeader{name, *value};
  }
  return std::nullopt;
}

}  // namespace sluice::filters::router
