// `tcp.<stat_prefix>.` on one worker.
#pragma once

#include "sluice/stats/table.h"

namespace sluice::filters::tcp_proxy {

struct TcpProxyStats {
  stats::Counter downstream_cx_total;
  stats::Counter downstream_cx_no_route;
  stats::Counter downstream_cx_rx_bytes_total;
  stats::Gauge downstream_cx_rx_bytes_buffered;
  stats::Counter downstream_cx_tx_bytes_total;
  stats::Gauge downstream_cx_tx_bytes_buffered;
  stats::Counter downstream_flow_control_paused_reading_total;
  stats::Counter downstream_flow_control_resumed_reading_total;
  stats::Counter idle_timeout;
  stats::Counter max_downstream_connection_duration;
  stats::Counter early_data_received_count_total;
  stats::Counter upstream_flush_total;
  stats::Gauge upstream_flush_active;

  static constexpr stats::Field<TcpProxyStats> kFields[] = {
      {&TcpProxyStats::downstream_cx_total, "downstream_cx_total", "Connections handled"},
      {&TcpProxyStats::downstream_cx_no_route, "downstream_cx_no_route",
       "Connections for which no cluster was found"},
      {&TcpProxyStats::downstream_cx_rx_bytes_total, "downstream_cx_rx_bytes_total",
       "Bytes received from clients"},
      {&TcpProxyStats::downstream_cx_rx_bytes_buffered, "downstream_cx_rx_bytes_buffered",
       "Bytes received from clients and waiting"},
      {&TcpProxyStats::downstream_cx_tx_bytes_total, "downstream_cx_tx_bytes_total",
       "Bytes sent to clients"},
      {&TcpProxyStats::downstream_cx_tx_bytes_buffered, "downstream_cx_tx_bytes_buffered",
       "Bytes waiting to be sent to clients"},
      {&TcpProxyStats::downstream_flow_control_paused_reading_total,
       "downstream_flow_control_paused_reading_total",
       "Times that reading from a client paused because the server was slow"},
      {&TcpProxyStats::downstream_flow_control_resumed_reading_total,
       "downstream_flow_control_resumed_reading_total", "Times that it went on"},
      {&TcpProxyStats::idle_timeout, "idle_timeout", "Connections ended for being idle"},
      {&TcpProxyStats::max_downstream_connection_duration, "max_downstream_connection_duration",
       "Connections ended by their age"},
      {&TcpProxyStats::early_data_received_count_total, "early_data_received_count_total",
       "Connections whose client sent before the server was connected"},
      {&TcpProxyStats::upstream_flush_total, "upstream_flush_total",
       "Servers still written to after their client had left"},
      {&TcpProxyStats::upstream_flush_active, "upstream_flush_active", "The same, now"},
  };
};

}  // namespace sluice::filters::tcp_proxy
