// All `http.<stat_prefix>.*` numbers of the connection manager, each declared once. One set a
// worker; managers with the same prefix count into the same cells.
#pragma once

#include "sluice/stats/table.h"

namespace sluice::downstream {

struct ManagerStats {
  stats::Counter downstream_cx_total;
  stats::Counter downstream_cx_ssl_total;
  stats::Counter downstream_cx_http1_total;
  stats::Counter downstream_cx_http2_total;
  stats::Counter downstream_cx_upgrades_total;
  stats::Gauge downstream_cx_upgrades_active;
  stats::Counter downstream_cx_destroy;
  stats::Counter downstream_cx_destroy_remote;
  stats::Counter downstream_cx_destroy_local;
  stats::Counter downstream_cx_destroy_active_rq;
  stats::Counter downstream_cx_destroy_local_active_rq;
  stats::Counter downstream_cx_destroy_remote_active_rq;
  stats::Gauge downstream_cx_active;
  stats::Gauge downstream_cx_ssl_active;
  stats::Gauge downstream_cx_http1_active;
  stats::Gauge downstream_cx_http2_active;
  stats::Counter downstream_cx_protocol_error;
  stats::Histogram downstream_cx_length_ms;
  stats::Counter downstream_cx_rx_bytes_total;
  stats::Counter downstream_cx_tx_bytes_total;
  stats::Counter downstream_cx_drain_close;
  stats::Counter downstream_cx_idle_timeout;
  stats::Counter downstream_cx_max_duration_reached;
  stats::Counter downstream_cx_max_requests_reached;
  stats::Counter downstream_flow_control_paused_reading_total;
  stats::Counter downstream_flow_control_resumed_reading_total;

  stats::Counter downstream_rq_total;
  stats::Counter downstream_rq_http1_total;
  stats::Counter downstream_rq_http2_total;
  stats::Gauge downstream_rq_active;
  stats::Counter downstream_rq_response_before_rq_complete;
  stats::Counter downstream_rq_rx_reset;
  stats::Counter downstream_rq_tx_reset;
  stats::Counter downstream_rq_non_relative_path;
  stats::Counter downstream_rq_too_large;
  stats::Counter downstream_rq_completed;
  stats::Counter downstream_rq_1xx;
  stats::Counter downstream_rq_2xx;
  stats::Counter downstream_rq_3xx;
  stats::Counter downstream_rq_4xx;
  stats::Counter downstream_rq_5xx;
  stats::Counter downstream_rq_ws_on_non_ws_route;
  stats::Histogram downstream_rq_time;
  stats::Counter downstream_rq_idle_timeout;
  stats::Counter downstream_rq_max_duration_reached;
  stats::Counter downstream_rq_timeout;
  stats::Counter downstream_rq_header_timeout;
  stats::Counter downstream_rq_failed_path_normalization;
  stats::Counter downstream_rq_redirected_with_normalized_path;
  stats::Counter downstream_rq_rejected_via_ip_detection;
  stats::Counter downstream_rq_overload_close;
  stats::Counter downstream_cx_overload_disable_keepalive;
  stats::Counter downstream_rq_too_many_premature_resets;
  stats::Counter rs_too_large;

  stats::Counter& ForClass(uint32_t status) {
    switch (status / 100) {
      case 1: return downstream_rq_1xx;
      case 2: return downstream_rq_2xx;
      case 3: return downstream_rq_3xx;
      case 4: return downstream_rq_4xx;
      default: return downstream_rq_5xx;
    }
  }

  static const stats::Field<ManagerStats> kFields[54];
};

// `http.<stat_prefix>.tracing.`: why requests are traced, or not.
struct TracingStats {
  stats::Counter random_sampling;
  stats::Counter service_forced;
  stats::Counter client_enabled;
  stats::Counter not_traceable;
  stats::Counter health_check;

  static const stats::Field<TracingStats> kFields[5];
};

// `listener.<address>.http.<stat_prefix>.`: the responses of one manager on one listener.
struct ListenerResponseStats {
  stats::Counter downstream_rq_completed;
  stats::Counter downstream_rq_1xx;
  stats::Counter downstream_rq_2xx;
  stats::Counter downstream_rq_3xx;
  stats::Counter downstream_rq_4xx;
  stats::Counter downstream_rq_5xx;

  void Count(uint32_t status) {
    downstream_rq_completed.Inc();
    switch (status / 100) {
      case 1: return downstream_rq_1xx.Inc();
      case 2: return downstream_rq_2xx.Inc();
      case 3: return downstream_rq_3xx.Inc();
      case 4: return downstream_rq_4xx.Inc();
      default: return downstream_rq_5xx.Inc();
    }
  }

  static const stats::Field<ListenerResponseStats> kFields[6];
};

}  // namespace sluice::downstream
