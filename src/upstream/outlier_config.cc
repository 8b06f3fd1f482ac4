#include "sluice/upstream/outlier_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& OutlierDetectionConfig::Schema() {
  using C = OutlierDetectionConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.OutlierDetection", "Ejection of hosts that fail.",
      {Field("consecutive_5xx", &C::consecutive_5xx, "5xx in a row until ejection."),
       Field("interval", &C::interval, "Between looks at success rates and ends of ejections.")
           .Positive(),
       Field("base_ejection_time", &C::base_ejection_time, "Times the number of ejections so far.")
           .Positive(),
       Field("max_ejection_percent", &C::max_ejection_percent, "Hosts that may be out at once.")
           .Max(100),
       Field("enforcing_consecutive_5xx", &C::enforcing_consecutive_5xx,
             "Percent of detections that eject.")
           .Max(100),
       Field("enforcing_success_rate", &C::enforcing_success_rate,
             "Percent of detections that eject.")
           .Max(100),
       Field("success_rate_minimum_hosts", &C::success_rate_minimum_hosts,
             "Hosts with enough requests that the comparison needs."),
       Field("success_rate_request_volume", &C::success_rate_request_volume,
             "Requests in an interval that make a host count."),
       Field("success_rate_stdev_factor", &C::success_rate_stdev_factor,
             "Thousandths of a standard deviation below the mean that eject."),
       Field("consecutive_gateway_failure", &C::consecutive_gateway_failure,
             "502, 503 or 504 in a row until ejection."),
       Field("enforcing_consecutive_gateway_failure", &C::enforcing_consecutive_gateway_failure,
             "Percent of detections that eject.")
           .Max(100),
       Field("split_external_local_origin_errors", &C::split_external_local_origin_errors,
             "Tell failures to connect from bad answers."),
       Field("consecutive_local_origin_failure", &C::consecutive_local_origin_failure,
             "Failures to connect in a row until ejection."),
       Field("enforcing_consecutive_local_origin_failure",
             &C::enforcing_consecutive_local_origin_failure, "Percent of detections that eject.")
           .Max(100),
       Field("enforcing_local_origin_success_rate", &C::enforcing_local_origin_success_rate,
             "Percent of detections that eject.")
           .Max(100),
       Field("failure_percentage_threshold", &C::failure_percentage_threshold,
             "Percent of failed requests that eject.")
           .Max(100),
       Field("enforcing_failure_percentage", &C::enforcing_failure_percentage,
             "Percent of detections that eject.")
           .Max(100),
       Field("enforcing_failure_percentage_local_origin",
             &C::enforcing_failure_percentage_local_origin, "Percent of detections that eject.")
           .Max(100),
       Field("failure_percentage_minimum_hosts", &C::failure_percentage_minimum_hosts,
             "Hosts with enough requests that it needs."),
       Field("failure_percentage_request_volume", &C::failure_percentage_request_volume,
             "Requests in an interval that make a host count."),
       Field("max_ejection_time", &C::max_ejection_time, "Longest ejection.").Positive(),
       Field("max_ejection_time_jitter", &C::max_ejection_time_jitter,
             "Random time added to an ejection."),
       Field("successful_active_health_check_uneject_host",
             &C::successful_active_health_check_uneject_host,
             "A passed health check ends an ejection."),
       Unimplemented("monitors", "extensions of outlier detection are not implemented"),
       Field("always_eject_one_host", &C::always_eject_one_host,
             "One host may be ejected whatever max_ejection_percent says.")});
  return message;
}

const Message& RetryBudgetConfig::Schema() {
  using C = RetryBudgetConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.CircuitBreakers.Thresholds.RetryBudget",
      "Retries as a share of the requests in flight.",
      {Field("budget_percent", &C::budget_percent, "The share."),
       Field("min_retry_concurrency", &C::min_retry_concurrency, "Always allowed.")});
  return message;
}

const Message& BreakerThresholds::Schema() {
  using C = BreakerThresholds;
  static const auto message = Message::Of<C>(
      "envoy.config.cluster.v3.CircuitBreakers.Thresholds", "Limits of one routing priority.",
      {Field("priority", &C::priority, "DEFAULT or HIGH."),
       Field("max_connections", &C::max_connections, "Connections to the cluster."),
       Field("max_pending_requests", &C::max_pending_requests,
             "Requests that wait for a connection."),
       Field("max_requests", &C::max_requests, "Requests in flight."),
       Field("max_retries", &C::max_retries, "Retries in flight."),
       Field("retry_budget", &C::retry_budget, "Retries in flight, in place of max_retries."),
       Field("track_remaining", &C::track_remaining, "Keep the remaining_* gauges."),
       Field("max_connection_pools", &C::max_connection_pools, "Connection pools.")});
  return message;
}

namespace {

// As in Envoy, a host's own limit is one on connections; the others would not act.
void CheckPerHost(const CircuitBreakersConfig& value, const config::Node& node,
                  config::Context& ctx) {
  const BreakerThresholds none;
  for (const BreakerThresholds& each : value.per_host_thresholds) {
    if (each.max_pending_requests != none.max_pending_requests ||
        each.max_requests != none.max_requests || each.max_retries != none.max_retries ||
        each.retry_budget || each.track_remaining || each.max_connection_pools) {
      ctx.Fail(node, "per_host_thresholds can have max_connections only", {},
               "move the other limits to thresholds");
      return;
    }
  }
}

}  // namespace

const Message& CircuitBreakersConfig::Schema() {
  using C = CircuitBreakersConfig;
  static const auto message =
      Message::Of<C>("envoy.config.cluster.v3.CircuitBreakers",
                     "Limits that hold over all workers.",
                     {Field("thresholds", &C::thresholds, "By priority."),
                      Field("per_host_thresholds", &C::per_host_thresholds,
                            "For each host, by priority; max_connections only.")})
          .Check(&CheckPerHost);
  return message;
}

}  // namespace sluice::upstream
