#include "sluice/codec/http2/from_config.h"

namespace sluice::http2 {

void Compile(const config::Http2ProtocolOptions& from, CommonOptions& to) {
  to.hpack_table_size = from.hpack_table_size;
  to.max_concurrent_streams = from.max_concurrent_streams;
  to.initial_stream_window_size = from.initial_stream_window_size;
  to.initial_connection_window_size = from.initial_connection_window_size;
  to.allow_connect = from.allow_connect;
  to.max_outbound_frames = from.max_outbound_frames;
  to.max_outbound_control_frames = from.max_outbound_control_frames;
  to.max_consecutive_inbound_frames_with_empty_payload =
      from.max_consecutive_inbound_frames_with_empty_payload;
  to.max_inbound_priority_frames_per_stream = from.max_inbound_priority_frames_per_stream;
  to.max_inbound_window_update_frames_per_data_frame_sent =
      from.max_inbound_window_update_frames_per_data_frame_sent;
  to.stream_error_on_invalid_http_message =
      from.override_stream_error_on_invalid_http_message.value_or(false);
  to.custom_settings.clear();
  for (const config::Http2Setting& setting : from.custom_settings_parameters) {
    to.custom_settings.push_back({static_cast<uint16_t>(setting.identifier), setting.value});
  }
  if (!from.connection_keepalive) return;
  const config::KeepaliveSettings& keepalive = *from.connection_keepalive;
  to.keepalive.interval = keepalive.interval.value_or(Duration::zero());
  to.keepalive.timeout = keepalive.timeout;
  to.keepalive.jitter_percent = keepalive.interval_jitter.value;
  to.keepalive.idle_interval = keepalive.connection_idle_interval.value_or(Duration::zero());
}

}  // namespace sluice::http2
