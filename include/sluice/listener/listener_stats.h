// The counters of one listener, `listener.<address>.`, for one worker.
#pragma once

#include "sluice/stats/table.h"

namespace sluice::listener {

struct ListenerStats {
  stats::Counter downstream_cx_total;
  stats::Counter downstream_cx_destroy;
  stats::Gauge downstream_cx_active;
  stats::Histogram downstream_cx_length_ms;
  stats::Counter downstream_cx_overflow;
  stats::Counter downstream_cx_overload_reject;
  stats::Counter downstream_cx_transport_socket_connect_timeout;
  stats::Counter downstream_global_cx_overflow;
  stats::Gauge downstream_pre_cx_active;
  stats::Counter downstream_pre_cx_timeout;
  stats::Counter downstream_listener_filter_error;
  stats::Counter downstream_listener_filter_remote_close;
  stats::Counter no_filter_chain_match;
  stats::Counter accept_paused;

  static constexpr stats::Field<ListenerStats> kFields[] = {
      {&ListenerStats::downstream_cx_total, "downstream_cx_total", "Connections accepted"},
      {&ListenerStats::downstream_cx_destroy, "downstream_cx_destroy", "Connections ended"},
      {&ListenerStats::downstream_cx_active, "downstream_cx_active", "Connections open now"},
      {&ListenerStats::downstream_cx_length_ms, "downstream_cx_length_ms",
       "Lengths of connections"},
      {&ListenerStats::downstream_cx_overflow, "downstream_cx_overflow",
       "Connections refused by the listener's limit"},
      {&ListenerStats::downstream_cx_overload_reject, "downstream_cx_overload_reject",
       "Connections refused by the overload manager"},
      {&ListenerStats::downstream_cx_transport_socket_connect_timeout,
       "downstream_cx_transport_socket_connect_timeout", "Handshakes that took too long"},
      {&ListenerStats::downstream_global_cx_overflow, "downstream_global_cx_overflow",
       "Connections refused by the limit on all listeners together"},
      {&ListenerStats::downstream_pre_cx_active, "downstream_pre_cx_active",
       "Sockets waiting in listener filters"},
      {&ListenerStats::downstream_pre_cx_timeout, "downstream_pre_cx_timeout",
       "Sockets whose listener filters took too long"},
      {&ListenerStats::downstream_listener_filter_error, "downstream_listener_filter_error",
       "Sockets that a listener filter refused"},
      {&ListenerStats::downstream_listener_filter_remote_close,
       "downstream_listener_filter_remote_close", "Peers that left while in listener filters"},
      {&ListenerStats::no_filter_chain_match, "no_filter_chain_match",
       "Connections that no filter chain matched"},
      {&ListenerStats::accept_paused, "accept_paused",
       "Pauses of accepting for want of file descriptors"},
  };
};

// `listener.<address>.worker_<n>.`
struct WorkerConnectionStats {
  stats::Counter downstream_cx_total;
  stats::Gauge downstream_cx_active;

  static constexpr stats::Field<WorkerConnectionStats> kFields[] = {
      {&WorkerConnectionStats::downstream_cx_total, "downstream_cx_total",
       "Connections accepted by this worker"},
      {&WorkerConnectionStats::downstream_cx_active, "downstream_cx_active",
       "Connections open on this worker"},
  };
};

}  // namespace sluice::listener
