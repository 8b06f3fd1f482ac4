// What a formatted line or header value may look at: heads that have arrived, and the stream's
// facts. A value on the stack; everything in it lives as long as the stream.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/http/header_map.h"
#include "sluice/match/runtime.h"
#include "sluice/stream/stream_info.h"

namespace sluice::log {

// Why an entry is written; %ACCESS_LOG_TYPE% and log_type_filter. Numbers are the proto's.
enum class EntryType : uint8_t {
  kNotSet,
  kTcpUpstreamConnected,
  kTcpPeriodic,
  kTcpConnectionEnd,
  kDownstreamStart,
  kDownstreamPeriodic,
  kDownstreamEnd,
  kUpstreamPoolReady,
  kUpstreamPeriodic,
  kUpstreamEnd,
  kDownstreamTunnelSuccessfullyEstablished,
  kUdpTunnelUpstreamConnected,
  kUdpPeriodic,
  kUdpSessionEnd,
};
std::string_view EntryTypeName(EntryType type);  // "DownstreamEnd"

struct FormatContext {
  const stream::StreamInfo& info;
  const http::HeaderMap* request = nullptr;  // null: none (TCP, or not there yet)
  const http::HeaderMap* response = nullptr;
  const http::HeaderMap* trailers = nullptr;  // of the response
  std::string_view local_reply_body = {};
  EntryType type = EntryType::kNotSet;
  const match::RuntimeSnapshot* runtime = nullptr;
  MonoTime now{};  // the loop's; how long a stream that has not ended has lasted, and %EMIT_TIME%
};

}  // namespace sluice::log

namespace sluice {
namespace access_log = log;  // the name that some callers still use
}
