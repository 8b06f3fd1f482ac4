// The counters of one cluster on one worker, with Envoy's names. Handles only; made with the
// Cluster.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/stats/stats.h"

namespace sluice::upstream {

// upstream_rq_<code>, _<N>xx, _completed and _time; a code's counter is made when it first occurs.
class CodeStats {
 public:
  explicit CodeStats(const stats::Scope& scope);
  void Count(uint32_t code);
  void RecordTime(uint64_t ms) { time_.Record(ms); }

 private:
  static constexpr uint32_t kFirst = 100;
  static constexpr uint32_t kCodes = 500;
  stats::Scope scope_;
  stats::Counter completed_;
  stats::Histogram time_;
  std::array<stats::Counter, 5> classes_;
  std::array<bool, 5> class_known_{};
  std::unique_ptr<stats::Counter[]> codes_;
  std::unique_ptr<bool[]> code_known_;
};

#define SLUICE_CLUSTER_COUNTERS(X)               \
  X(upstream_cx_total)                           \
  X(upstream_cx_http1_total)                     \
  X(upstream_cx_http2_total)                     \
  X(upstream_cx_connect_fail)                    \
  X(upstream_cx_connect_timeout)                 \
  X(upstream_cx_connect_attempts_exceeded)       \
  X(upstream_cx_idle_timeout)                    \
  X(upstream_cx_max_duration_reached)            \
  X(upstream_cx_max_requests)                    \
  X(upstream_cx_none_healthy)                    \
  X(upstream_cx_overflow)                        \
  X(upstream_cx_pool_overflow)                   \
  X(upstream_cx_protocol_error)                  \
  X(upstream_cx_close_notify)                    \
  X(upstream_cx_destroy)                         \
  X(upstream_cx_destroy_local)                   \
  X(upstream_cx_destroy_remote)                  \
  X(upstream_cx_destroy_with_active_rq)          \
  X(upstream_cx_destroy_local_with_active_rq)    \
  X(upstream_cx_destroy_remote_with_active_rq)   \
  X(upstream_cx_rx_bytes_total)                  \
  X(upstream_cx_tx_bytes_total)                  \
  X(upstream_rq_total)                           \
  X(upstream_rq_pending_total)                   \
  X(upstream_rq_pending_overflow)                \
  X(upstream_rq_pending_failure_eject)           \
  X(upstream_rq_cancelled)                       \
  X(upstream_rq_maintenance_mode)                \
  X(upstream_rq_timeout)                         \
  X(upstream_rq_max_duration_reached)            \
  X(upstream_rq_per_try_timeout)                 \
  X(upstream_rq_per_try_idle_timeout)            \
  X(upstream_rq_rx_reset)                        \
  X(upstream_rq_tx_reset)                        \
  X(upstream_rq_retry)                           \
  X(upstream_rq_retry_backoff_exponential)       \
  X(upstream_rq_retry_backoff_ratelimited)       \
  X(upstream_rq_retry_limit_exceeded)            \
  X(upstream_rq_retry_overflow)                  \
  X(upstream_rq_retry_success)                   \
  X(upstream_rq_retry_stale_connection)          \
  X(upstream_flow_control_paused_reading_total)  \
  X(upstream_flow_control_resumed_reading_total) \
  X(upstream_flow_control_backed_up_total)       \
  X(upstream_flow_control_drained_total)         \
  X(upstream_internal_redirect_failed_total)     \
  X(upstream_internal_redirect_succeeded_total)  \
  X(retry_or_shadow_abandoned)                   \
  X(bind_errors)                                 \
  X(lb_recalculate_zone_structures)              \
  X(lb_local_cluster_not_ok)                     \
  X(lb_zone_cluster_too_small)                   \
  X(lb_zone_no_capacity_left)                    \
  X(lb_zone_routing_all_directly)                \
  X(lb_zone_routing_sampled)                     \
  X(lb_zone_routing_cross_zone)                  \
  X(lb_subsets_created)                          \
  X(lb_subsets_removed)                          \
  X(lb_subsets_selected)                         \
  X(lb_subsets_fallback)                         \
  X(lb_subsets_fallback_panic)                   \
  X(lb_healthy_panic)

#define SLUICE_CLUSTER_GAUGES(X)   \
  X(lb_subsets_active)             \
  X(upstream_cx_active)            \
  X(upstream_cx_rx_bytes_buffered) \
  X(upstream_cx_tx_bytes_buffered) \
  X(upstream_rq_active)            \
  X(upstream_rq_pending_active)

#define SLUICE_CLUSTER_HISTOGRAMS(X) \
  X(upstream_cx_connect_ms)          \
  X(upstream_cx_length_ms)

struct ClusterStats {
  explicit ClusterStats(const stats::Scope& scope);

#define SLUICE_X(name) stats::Counter name;
  SLUICE_CLUSTER_COUNTERS(SLUICE_X)
#undef SLUICE_X
#define SLUICE_X(name) stats::Gauge name;
  SLUICE_CLUSTER_GAUGES(SLUICE_X)
#undef SLUICE_X
#define SLUICE_X(name) stats::Histogram name;
  SLUICE_CLUSTER_HISTOGRAMS(SLUICE_X)
#undef SLUICE_X

  CodeStats rq;  // every request
  // Parts of it, each made when it first occurs.
  CodeStats& internal() { return Part(internal_, "internal"); }
  CodeStats& external() { return Part(external_, "external"); }
  CodeStats& canary() { return Part(canary_, "canary"); }

 private:
  CodeStats& Part(std::unique_ptr<CodeStats>& place, std::string_view name);

  stats::Scope scope_;
  std::unique_ptr<CodeStats> internal_;
  std::unique_ptr<CodeStats> external_;
  std::unique_ptr<CodeStats> canary_;
};

}  // namespace sluice::upstream
