// Passive health (envoy.config.cluster.v3.OutlierDetection) and circuit breakers as they are
// written. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/config/common.h"

namespace sluice::upstream {

struct OutlierDetectionConfig {
  uint32_t consecutive_5xx = 5;
  Duration interval = std::chrono::seconds(10);
  Duration base_ejection_time = std::chrono::seconds(30);
  uint32_t max_ejection_percent = 10;
  uint32_t enforcing_consecutive_5xx = 100;
  uint32_t enforcing_success_rate = 100;
  uint32_t success_rate_minimum_hosts = 5;
  uint32_t success_rate_request_volume = 100;
  uint32_t success_rate_stdev_factor = 1900;
  uint32_t consecutive_gateway_failure = 5;
  uint32_t enforcing_consecutive_gateway_failure = 0;
  bool split_external_local_origin_errors = false;
  uint32_t consecutive_local_origin_failure = 5;
  uint32_t enforcing_consecutive_local_origin_failure = 100;
  uint32_t enforcing_local_origin_success_rate = 100;
  uint32_t failure_percentage_threshold = 85;
  uint32_t enforcing_failure_percentage = 0;
  uint32_t enforcing_failure_percentage_local_origin = 0;
  uint32_t failure_percentage_minimum_hosts = 5;
  uint32_t failure_percentage_request_volume = 50;
  std::optional<Duration> max_ejection_time;  // the larger of 300 s and base_ejection_time
  Duration max_ejection_time_jitter{};
  bool successful_active_health_check_uneject_host = true;
  bool always_eject_one_host = false;
  static const config::Message& Schema();
};

struct RetryBudgetConfig {
  config::Percent budget_percent{20};
  uint32_t min_retry_concurrency = 3;
  static const config::Message& Schema();
};

struct BreakerThresholds {
  config::RoutingPriority priority = config::RoutingPriority::kDefault;
  uint32_t max_connections = 1024;
  uint32_t max_pending_requests = 1024;
  uint32_t max_requests = 1024;
  uint32_t max_retries = 3;
  std::optional<RetryBudgetConfig> retry_budget;
  bool track_remaining = false;
  std::optional<uint32_t> max_connection_pools;
  static const config::Message& Schema();
};

struct CircuitBreakersConfig {
  std::vector<BreakerThresholds> thresholds;
  std::vector<BreakerThresholds> per_host_thresholds;
  static const config::Message& Schema();
};

}  // namespace sluice::upstream
