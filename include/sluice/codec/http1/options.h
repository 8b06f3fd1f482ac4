// What HTTP/1 codecs can be told: Envoy's Http1ProtocolOptions and the limits around it, as plain
// data. Part of an immutable config snapshot that outlives the codec; defaults are Envoy's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/stats/stats.h"

namespace sluice::http1 {

enum class HeaderKeyFormat : uint8_t { kLower, kProperCaseWords, kPreserveCase };
enum class UnderscoreAction : uint8_t { kAllow, kRejectRequest, kDropHeader };

struct CommonOptions {
  uint32_t max_head_bytes = 60 * 1024;  // start line and fields; the same for a trailer block
  uint32_t max_header_count = 100;
  bool enable_trailers = false;       // else they are checked and dropped
  bool allow_chunked_length = false;  // Content-Length beside chunked: drop it instead of refusing
  HeaderKeyFormat header_key_format = HeaderKeyFormat::kLower;
};

struct ServerOptions : CommonOptions {
  bool accept_http_10 = false;  // else 1.0 gets OnDecodeError with details::kLowVersion
  std::string default_host_for_http_10;
  bool allow_absolute_url = true;
  bool allow_custom_methods = false;  // any token
  UnderscoreAction headers_with_underscores_action = UnderscoreAction::kAllow;
  // ignore_http_11_upgrade: says of an Upgrade value whether to drop it. h2c is always dropped.
  bool (*ignore_upgrade)(std::string_view value, const void* context) = nullptr;
  const void* ignore_upgrade_context = nullptr;
};

struct ClientOptions : CommonOptions {
  bool send_fully_qualified_url = false;
  uint32_t max_interim_responses = 32;  // 1xx before one final response; more is a protocol error
};

// `http1.*` below a listener's or cluster's scope; one per worker, shared by its codecs.
struct Counters {
  stats::Counter dropped_headers_with_underscores;
  stats::Counter metadata_not_supported_error;  // stays 0: we have no METADATA
  stats::Counter requests_rejected_with_underscores_in_headers;
  stats::Counter response_flood;  // stays 0: pipelined requests wait while responses are not read
};
Counters MakeCounters(const stats::Scope& scope);

}  // namespace sluice::http1
