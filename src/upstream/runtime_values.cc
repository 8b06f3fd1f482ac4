#include "runtime_values.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace sluice::upstream {
namespace {

using match::RuntimeSnapshot;
using std::chrono::milliseconds;

// Longer than anybody waits; what is added to it cannot overflow.
constexpr uint64_t kMostMilliseconds = uint64_t{1000} * 60 * 60 * 24 * 365;

template <typename Number>
void Take(const RuntimeSnapshot& runtime, std::string_view key, Number& number) {
  const auto now = runtime.FindInteger(key);
  if (now) number = static_cast<Number>(std::min<uint64_t>(*now, UINT32_MAX));
}

std::optional<Duration> FindMilliseconds(const RuntimeSnapshot& runtime, std::string_view key) {
  const auto now = runtime.FindInteger(key);
  if (!now) return std::nullopt;
  return milliseconds(static_cast<int64_t>(std::min(*now, kMostMilliseconds)));
}

// A sweep or an ejection of no length at all would never end.
void TakeTime(const RuntimeSnapshot& runtime, std::string_view key, Duration& time) {
  if (const auto now = FindMilliseconds(runtime, key))
    time = std::max<Duration>(*now, milliseconds(1));
}

using OutlierNumber = uint32_t OutlierDetectionConfig::*;
constexpr std::pair<std::string_view, OutlierNumber> kOutlierNumbers[] = {
    {"consecutive_5xx", &OutlierDetectionConfig::consecutive_5xx},
    {"consecutive_gateway_failure", &OutlierDetectionConfig::consecutive_gateway_failure},
    {"consecutive_local_origin_failure", &OutlierDetectionConfig::consecutive_local_origin_failure},
    {"max_ejection_percent", &OutlierDetectionConfig::max_ejection_percent},
    {"enforcing_consecutive_5xx", &OutlierDetectionConfig::enforcing_consecutive_5xx},
    {"enforcing_consecutive_gateway_failure",
     &OutlierDetectionConfig::enforcing_consecutive_gateway_failure},
    {"enforcing_consecutive_local_origin_failure",
     &OutlierDetectionConfig::enforcing_consecutive_local_origin_failure},
    {"enforcing_success_rate", &OutlierDetectionConfig::enforcing_success_rate},
    {"enforcing_local_origin_success_rate",
     &OutlierDetectionConfig::enforcing_local_origin_success_rate},
    {"success_rate_minimum_hosts", &OutlierDetectionConfig::success_rate_minimum_hosts},
    {"success_rate_request_volume", &OutlierDetectionConfig::success_rate_request_volume},
    {"success_rate_stdev_factor", &OutlierDetectionConfig::success_rate_stdev_factor},
    {"enforcing_failure_percentage", &OutlierDetectionConfig::enforcing_failure_percentage},
    {"enforcing_failure_percentage_local_origin",
     &OutlierDetectionConfig::enforcing_failure_percentage_local_origin},
    {"failure_percentage_request_volume",
     &OutlierDetectionConfig::failure_percentage_request_volume},
    {"failure_percentage_minimum_hosts", &OutlierDetectionConfig::failure_percentage_minimum_hosts},
    {"failure_percentage_threshold", &OutlierDetectionConfig::failure_percentage_threshold},
};

}  // namespace

BreakerLimits LimitsNow(BreakerLimits configured, std::string_view cluster, Priority priority,
                        const RuntimeSnapshot* runtime) {
  if (runtime == nullptr) return configured;
  std::string prefix = "circuit_breakers.";
  prefix.append(cluster).append(priority == Priority::kHigh ? ".high." : ".default.");
  Take(*runtime, prefix + "max_connections", configured.max_connections);
  Take(*runtime, prefix + "max_pending_requests", configured.max_pending_requests);
  Take(*runtime, prefix + "max_requests", configured.max_requests);
  Take(*runtime, prefix + "max_retries", configured.max_retries);
  // Either of the two makes a budget where there was none.
  const auto percent = runtime->FindDouble(prefix + "retry_budget.budget_percent");
  const auto least = runtime->FindInteger(prefix + "retry_budget.min_retry_concurrency");
  if (!percent && !least) return configured;
  BreakerLimits::RetryBudget budget =
      configured.retry_budget.value_or(BreakerLimits::RetryBudget());
  if (percent) budget.percent = std::clamp(*percent, 0.0, 100.0);
  if (least) budget.min_concurrency = *least;
  configured.retry_budget = budget;
  return configured;
}

OutlierDetectionConfig OutliersNow(OutlierDetectionConfig configured,
                                   const RuntimeSnapshot* runtime) {
  if (runtime == nullptr) return configured;
  const std::string prefix = "outlier_detection.";
  for (const auto& [name, member] : kOutlierNumbers) {
    Take(*runtime, prefix + std::string(name), configured.*member);
  }
  TakeTime(*runtime, prefix + "interval_ms", configured.interval);
  TakeTime(*runtime, prefix + "base_ejection_time_ms", configured.base_ejection_time);
  if (const auto most = FindMilliseconds(*runtime, prefix + "max_ejection_time_ms")) {
    configured.max_ejection_time = *most;
  }
  return configured;
}

Duration CheckIntervalNow(Duration wanted, const RuntimeSnapshot* runtime) {
  constexpr Duration kLeast = milliseconds(1);
  if (runtime == nullptr) return std::max(wanted, kLeast);
  if (const auto most = FindMilliseconds(*runtime, "health_check.max_interval")) {
    wanted = std::min(wanted, *most);
  }
  const auto least = FindMilliseconds(*runtime, "health_check.min_interval");
  return std::max({wanted, least.value_or(kLeast), kLeast});
}

LbValues LbValuesNow(const LbValues& configured, const RuntimeSnapshot* runtime) {
  LbValues now = configured;
  if (runtime == nullptr) return now;
  Take(*runtime, "upstream.healthy_panic_threshold", now.panic_threshold);
  Take(*runtime, "upstream.zone_routing.enabled", now.zone_routing_enabled);
  Take(*runtime, "upstream.zone_routing.min_cluster_size", now.zone_min_cluster_size);
  now.panic_threshold = std::min(now.panic_threshold, 100.0);
  return now;
}

LbValues LbValuesOf(const LbOptions& options, const RuntimeSnapshot* runtime) {
  return LbValuesNow({options.panic_threshold, options.zone_aware.routing_enabled,
                      options.zone_aware.min_cluster_size},
                     runtime);
}

}  // namespace sluice::upstream
