#include "sluice/codec/http2/counters.h"

namespace sluice::http2 {

#define SLUICE_STAT(name, help) \
  stats::Field<Counters> { &Counters::name, "http2." #name, help }

constexpr stats::Field<Counters> Counters::kFields[] = {
    SLUICE_STAT(dropped_headers_with_underscores, "Fields dropped: underscore in the name"),
    SLUICE_STAT(goaway_sent, "GOAWAY frames sent"),
    SLUICE_STAT(header_overflow, "Messages refused: head too large"),
    SLUICE_STAT(headers_cb_no_stream, "Header blocks for streams that were gone"),
    SLUICE_STAT(inbound_empty_frames_flood, "Connections ended: too many empty frames"),
    SLUICE_STAT(inbound_priority_frames_flood, "Connections ended: too many PRIORITY frames"),
    SLUICE_STAT(inbound_window_update_frames_flood,
                "Connections ended: too many WINDOW_UPDATE frames"),
    SLUICE_STAT(inbound_continuation_flood, "Connections ended: too many CONTINUATION frames"),
    SLUICE_STAT(inbound_reset_flood, "Connections ended: streams reset too fast"),
    SLUICE_STAT(inbound_empty_header_flood, "Connections ended: header fields without a name"),
    SLUICE_STAT(keepalive_timeout, "Connections ended: a PING was not answered"),
    SLUICE_STAT(metadata_empty_frames, "Empty METADATA frames"),
    SLUICE_STAT(outbound_control_flood, "Connections ended: too many control frames unsent"),
    SLUICE_STAT(outbound_flood, "Connections ended: too many frames unsent"),
    SLUICE_STAT(requests_rejected_with_underscores_in_headers,
                "Requests refused: underscore in a field's name"),
    SLUICE_STAT(rx_messaging_error, "Messages that broke the rules of HTTP"),
    SLUICE_STAT(rx_reset, "RST_STREAM frames received"),
    SLUICE_STAT(stream_refused_errors, "Streams that were refused before they were processed"),
    SLUICE_STAT(trailers, "Trailer blocks received"),
    SLUICE_STAT(tx_flush_timeout, "Streams ended: the peer's window stayed shut"),
    SLUICE_STAT(tx_reset, "RST_STREAM frames sent"),
    SLUICE_STAT(window_budget_exhausted,
                "Times a window could not grow: memory for bodies is used"),
    SLUICE_STAT(streams_active, "Streams now"),
    SLUICE_STAT(pending_send_bytes, "Body bytes that wait for the peer's window or socket"),
};
#undef SLUICE_STAT

Counters MakeCounters(const stats::Scope& scope) { return stats::Make<Counters>(scope); }

}  // namespace sluice::http2
