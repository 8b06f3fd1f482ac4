// What HTTP/2 codecs can be told: Envoy's Http2ProtocolOptions and the limits around it, as plain
// data. Part of an immutable config snapshot that outlives the codec; defaults are Envoy's.
#pragma once

#include <cstdint>
#include <vector>

#include "sluice/base/clock.h"

namespace sluice::http2 {

enum class UnderscoreAction : uint8_t { kAllow, kRejectRequest, kDropHeader };

struct Setting {
  uint16_t id = 0;
  uint32_t value = 0;
};

struct KeepaliveOptions {
  Duration interval{};  // zero: no PINGs by time
  Duration timeout{};
  double jitter_percent = 15;
  Duration idle_interval{};  // upstream: a PING precedes a new stream after so much idleness
  bool enabled() const { return interval != Duration::zero() || idle_interval != Duration::zero(); }
};

struct CommonOptions {
  uint32_t hpack_table_size = 4096;
  uint32_t max_concurrent_streams = 1024;  // server: what the peer may open; client: what we do
  uint32_t initial_stream_window_size = 16U << 20;
  // The most that a connection's window grows to; it begins smaller and grows with use.
  uint32_t initial_connection_window_size = 24U << 20;
  bool allow_connect = false;  // server: announces extended CONNECT (RFC 8441)
  uint32_t max_outbound_frames = 10000;
  uint32_t max_outbound_control_frames = 1000;
  uint32_t max_consecutive_inbound_frames_with_empty_payload = 1;
  uint32_t max_inbound_priority_frames_per_stream = 100;
  uint32_t max_inbound_window_update_frames_per_data_frame_sent = 10;
  // A message that breaks the rules costs its stream; else the connection.
  bool stream_error_on_invalid_http_message = false;
  std::vector<Setting> custom_settings;
  KeepaliveOptions keepalive;

  uint32_t max_head_bytes = 60 * 1024;  // fields of a head; the same for a trailer block
  uint32_t max_header_count = 100;
  // Body bytes of one stream that wait to be sent before its sender is told to pause.
  uint32_t stream_output_limit = 64 * 1024;
};

struct ServerOptions : CommonOptions {
  UnderscoreAction headers_with_underscores_action = UnderscoreAction::kAllow;
};

struct ClientOptions : CommonOptions {
  uint32_t max_interim_responses = 32;  // 1xx before one final response; more is a protocol error
};

}  // namespace sluice::http2
