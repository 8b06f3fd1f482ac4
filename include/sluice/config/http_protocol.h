// How HTTP is spoken, for both sides of the proxy (envoy.config.core.v3, protocol.proto). Absent
// values stay absent: what they default to is a matter of the side. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/types.h"

namespace sluice::config {

enum class UnderscoresAction : uint8_t { kAllow, kRejectRequest, kDropHeader };
const EnumTable& ConfigEnum(UnderscoresAction);

struct HttpProtocolOptions {
  std::optional<Duration> idle_timeout;  // 1 h; zero: none
  std::optional<Duration> max_connection_duration;
  std::optional<uint32_t> max_headers_count;  // 100
  std::optional<uint32_t> max_response_headers_kb;
  std::optional<Duration> max_stream_duration;
  UnderscoresAction headers_with_underscores_action = UnderscoresAction::kAllow;
  std::optional<uint32_t> max_requests_per_connection;  // zero: no limit
  static const Message& Schema();
};

struct HeaderKeyFormat {
  std::optional<Empty> proper_case_words;            // one of the two is set
  std::optional<NamedExtension> stateful_formatter;  // preserve_case
  static const Message& Schema();
};

struct Http1ProtocolOptions {
  bool allow_absolute_url = true;
  bool accept_http_10 = false;
  std::string default_host_for_http_10;
  std::optional<HeaderKeyFormat> header_key_format;
  bool enable_trailers = false;
  bool allow_chunked_length = false;
  std::optional<bool> override_stream_error_on_invalid_http_message;
  bool send_fully_qualified_url = false;
  bool allow_custom_methods = false;
  static const Message& Schema();
};

struct KeepaliveSettings {
  std::optional<Duration> interval;
  Duration timeout{};
  Percent interval_jitter{15};
  std::optional<Duration> connection_idle_interval;
  static const Message& Schema();
};

struct Http2Setting {
  uint32_t identifier = 0;
  uint32_t value = 0;
  static const Message& Schema();
};

struct Http2ProtocolOptions {
  uint32_t hpack_table_size = 4096;
  uint32_t max_concurrent_streams = 1024;
  uint32_t initial_stream_window_size = 16U << 20;
  uint32_t initial_connection_window_size = 24U << 20;
  bool allow_connect = false;
  uint32_t max_outbound_frames = 10000;
  uint32_t max_outbound_control_frames = 1000;
  uint32_t max_consecutive_inbound_frames_with_empty_payload = 1;
  uint32_t max_inbound_priority_frames_per_stream = 100;
  uint32_t max_inbound_window_update_frames_per_data_frame_sent = 10;
  std::optional<bool> override_stream_error_on_invalid_http_message;
  std::vector<Http2Setting> custom_settings_parameters;
  std::optional<KeepaliveSettings> connection_keepalive;
  static const Message& Schema();
};

}  // namespace sluice::config
