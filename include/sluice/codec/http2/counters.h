// `http2.*` below a listener's or cluster's scope; one set per worker, shared by its codecs.
#pragma once

#include "sluice/stats/table.h"

namespace sluice::http2 {

struct Counters {
  stats::Counter dropped_headers_with_underscores;
  stats::Counter goaway_sent;
  stats::Counter header_overflow;
  stats::Counter headers_cb_no_stream;
  stats::Counter inbound_empty_frames_flood;
  stats::Counter inbound_priority_frames_flood;
  stats::Counter inbound_window_update_frames_flood;
  stats::Counter inbound_continuation_flood;
  stats::Counter inbound_reset_flood;
  stats::Counter inbound_empty_header_flood;
  stats::Counter keepalive_timeout;
  stats::Counter metadata_empty_frames;  // stays 0: METADATA frames are not spoken
  stats::Counter outbound_control_flood;
  stats::Counter outbound_flood;
  stats::Counter requests_rejected_with_underscores_in_headers;
  stats::Counter rx_messaging_error;
  stats::Counter rx_reset;
  stats::Counter stream_refused_errors;
  stats::Counter trailers;
  stats::Counter tx_flush_timeout;
  stats::Counter tx_reset;
  stats::Counter window_budget_exhausted;
  stats::Gauge streams_active;
  stats::Gauge pending_send_bytes;

  static const stats::Field<Counters> kFields[24];
};

// `scope` is the listener's or cluster's: the names begin with "http2.".
Counters MakeCounters(const stats::Scope& scope);

}  // namespace sluice::http2
