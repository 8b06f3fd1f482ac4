// Why a stream or connection of HTTP/2 was ended: Envoy's response code details, and ours in their
// manner. An Error of these codecs has one of them as its whole detail.
#pragma once

#include <string_view>

namespace sluice::http2::details {

inline constexpr std::string_view kProtocolError = "http2.protocol_error";
inline constexpr std::string_view kInvalidField = "http2.invalid.header.field";
inline constexpr std::string_view kMessaging = "http2.violation.of.messaging.rule";
inline constexpr std::string_view kUnderscore = "http2.unexpected_underscore";
inline constexpr std::string_view kTooManyHeaders = "http2.too_many_headers";
inline constexpr std::string_view kHeadersTooLarge = "http2.headers_too_large";
inline constexpr std::string_view kRemoteReset = "http2.remote_reset";
inline constexpr std::string_view kRemoteRefuse = "http2.remote_refuse";
inline constexpr std::string_view kEmptyFramesFlood = "http2.inbound_empty_frames_flood";
inline constexpr std::string_view kPriorityFlood = "http2.inbound_priority_frames_flood";
inline constexpr std::string_view kWindowUpdateFlood = "http2.inbound_window_update_frames_flood";
inline constexpr std::string_view kContinuationFlood = "http2.inbound_continuation_flood";
inline constexpr std::string_view kResetFlood = "http2.inbound_reset_flood";
inline constexpr std::string_view kEmptyHeaderFlood = "http2.inbound_empty_header_flood";
inline constexpr std::string_view kOutboundFlood = "http2.outbound_frames_flood";
inline constexpr std::string_view kOutboundControlFlood = "http2.outbound_control_frames_flood";

}  // namespace sluice::http2::details
