#include "sluice/config/http_protocol.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::config {
namespace {

using std::chrono::milliseconds;

constexpr double kMaxWindow = 2147483647;

// What has a field of its own, or is none of the user's business (RFC 9113 section 6.5.2, RFC
// 8441).
bool IsOwnSetting(uint32_t identifier) { return identifier <= 4 || identifier == 8; }

void CheckHttp2(const Http2ProtocolOptions& value, const Node& node, Context& ctx) {
  for (const Http2Setting& setting : value.custom_settings_parameters) {
    if (IsOwnSetting(setting.identifier)) {
      ctx.Fail(
          node,
          "custom_settings_parameters may not set identifier " + std::to_string(setting.identifier),
          "hpack_table_size, max_concurrent_streams, initial_stream_window_size and "
          "allow_connect are fields of their own");
    }
    if (setting.identifier == 5 && (setting.value < 16384 || setting.value > 16777215)) {
      ctx.Fail(node, "SETTINGS_MAX_FRAME_SIZE (5) is from 16384 to 16777215");
    }
    for (const Http2Setting& other : value.custom_settings_parameters) {
      if (other.identifier == setting.identifier && other.value != setting.value) {
        ctx.Fail(node, "custom_settings_parameters sets one identifier to two values");
        return;
      }
    }
  }
}

}  // namespace

const EnumTable& ConfigEnum(UnderscoresAction) {
  static const EnumTable table(
      "envoy.config.core.v3.HttpProtocolOptions.HeadersWithUnderscoresAction",
      {{"ALLOW", 0}, {"REJECT_REQUEST", 1}, {"DROP_HEADER", 2}});
  return table;
}

const Message& HttpProtocolOptions::Schema() {
  using C = HttpProtocolOptions;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HttpProtocolOptions", "What holds for every version of HTTP.",
      {Field("idle_timeout", &C::idle_timeout,
             "Closes a connection that has had no request for so long; 1h unless set, 0s never."),
       Field("max_connection_duration", &C::max_connection_duration,
             "Drains a connection of that age."),
       Field("max_headers_count", &C::max_headers_count,
             "Header fields in a message, 100 unless set.")
           .Min(1),
       Field("max_response_headers_kb", &C::max_response_headers_kb,
             "KiB of header fields in a response, 60 unless set.")
           .Range(1, 8192),
       Field("max_stream_duration", &C::max_stream_duration, "Longest life of a request."),
       Field("headers_with_underscores_action", &C::headers_with_underscores_action,
             "What to do with field names that hold an underscore."),
       Field("max_requests_per_connection", &C::max_requests_per_connection,
             "Requests before a connection is closed; 0 is no limit.")});
  return message;
}

const Message& HeaderKeyFormat::Schema() {
  using C = HeaderKeyFormat;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat",
                     "How header names are written in HTTP/1.",
                     {Field("proper_case_words", &C::proper_case_words, "Content-Type.")
                          .Oneof("header_format"),
                      Field("stateful_formatter", &C::stateful_formatter,
                            "envoy.http.stateful_header_formatters.preserve_case.")
                          .Category("envoy.http.stateful_header_formatters")
                          .Oneof("header_format")})
          .RequireOneof("header_format");
  return message;
}

const Message& Http1ProtocolOptions::Schema() {
  using C = Http1ProtocolOptions;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.Http1ProtocolOptions", "HTTP/1.0 and 1.1.",
      {Field("allow_absolute_url", &C::allow_absolute_url, "Take requests with an absolute URL."),
       Field("accept_http_10", &C::accept_http_10, "Take HTTP/1.0 requests."),
       Field("default_host_for_http_10", &C::default_host_for_http_10,
             "The host of an HTTP/1.0 request that names none."),
       Field("header_key_format", &C::header_key_format, "How header names are written."),
       Field("enable_trailers", &C::enable_trailers, "Pass trailers on."),
       Field("allow_chunked_length", &C::allow_chunked_length,
             "Take messages with both Transfer-Encoding: chunked and Content-Length (the length is "
             "dropped)."),
       Field("override_stream_error_on_invalid_http_message",
             &C::override_stream_error_on_invalid_http_message,
             "On a bad message answer and keep the connection where that is possible."),
       Field("send_fully_qualified_url", &C::send_fully_qualified_url,
             "Write the absolute URL in requests, as to a proxy."),
       Unimplemented("use_balsa_parser", "there is one HTTP/1 parser"),
       Field("allow_custom_methods", &C::allow_custom_methods,
             "Take methods that are not registered."),
       Unimplemented("ignore_http_11_upgrade", "upgrades are taken by upgrade_configs only")});
  return message;
}

const Message& KeepaliveSettings::Schema() {
  using C = KeepaliveSettings;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.KeepaliveSettings", "PING frames that find dead connections.",
      {Field("interval", &C::interval, "Between PINGs.").Min(milliseconds(1)),
       Field("timeout", &C::timeout, "Wait for the answer before the connection is closed.")
           .Required()
           .Min(milliseconds(1)),
       Field("interval_jitter", &C::interval_jitter, "Random part of the interval."),
       Field("connection_idle_interval", &C::connection_idle_interval,
             "Idle time after which a PING precedes a new stream.")
           .Min(milliseconds(1))});
  return message;
}

const Message& Http2Setting::Schema() {
  using C = Http2Setting;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.Http2ProtocolOptions.SettingsParameter", "A raw SETTINGS parameter.",
      {Field("identifier", &C::identifier, "Its number.").Required().Max(65535),
       Field("value", &C::value, "Its value.").Required()});
  return message;
}

const Message& Http2ProtocolOptions::Schema() {
  using C = Http2ProtocolOptions;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.Http2ProtocolOptions", "HTTP/2.",
          {Field("hpack_table_size", &C::hpack_table_size, "Bytes of the HPACK table."),
           Field("max_concurrent_streams", &C::max_concurrent_streams, "Streams in one connection.")
               .Range(1, kMaxWindow),
           Field("initial_stream_window_size", &C::initial_stream_window_size,
                 "Window of a stream.")
               .Range(65535, kMaxWindow),
           Field("initial_connection_window_size", &C::initial_connection_window_size,
                 "Window of a connection.")
               .Range(65535, kMaxWindow),
           Field("allow_connect", &C::allow_connect, "Extended CONNECT (RFC 8441)."),
           Unimplemented("allow_metadata", "METADATA frames are not part of HTTP/2")
               .Accept({"false"}),
           Field("max_outbound_frames", &C::max_outbound_frames, "Frames waiting to be sent.")
               .Min(1),
           Field("max_outbound_control_frames", &C::max_outbound_control_frames,
                 "PING, SETTINGS and RST_STREAM frames waiting to be sent.")
               .Min(1),
           Field("max_consecutive_inbound_frames_with_empty_payload",
                 &C::max_consecutive_inbound_frames_with_empty_payload, "Empty frames in a row."),
           Field("max_inbound_priority_frames_per_stream",
                 &C::max_inbound_priority_frames_per_stream, "PRIORITY frames for each stream."),
           Field("max_inbound_window_update_frames_per_data_frame_sent",
                 &C::max_inbound_window_update_frames_per_data_frame_sent,
                 "WINDOW_UPDATE frames for each DATA frame that was sent.")
               .Min(1),
           Renamed("stream_error_on_invalid_http_messaging",
                   "override_stream_error_on_invalid_http_message",
                   [](const Node& n) { return n; }),
           Field("override_stream_error_on_invalid_http_message",
                 &C::override_stream_error_on_invalid_http_message,
                 "On a bad message reset the stream, not the connection."),
           Field("custom_settings_parameters", &C::custom_settings_parameters,
                 "Further SETTINGS to send."),
           Field("connection_keepalive", &C::connection_keepalive, "PING frames."),
           Unimplemented("max_header_field_size_kb", "one field may have up to 64 KiB, not more")
               .Accept({"64"}),
           Unimplemented("use_oghttp2_codec", "there is one HTTP/2 codec").Accept({"false"}),
           Unimplemented("max_metadata_size", "METADATA frames are not part of HTTP/2"),
           Unimplemented("enable_huffman_encoding",
                         "texts are compressed where that makes them shorter")
               .Accept({"true"})})
          .Check(&CheckHttp2);
  return message;
}

}  // namespace sluice::config
