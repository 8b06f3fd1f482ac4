// What the client is told when an attempt came to nothing: one table from the reason to status,
// flag and words.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/http/codec.h"
#include "sluice/stream/response_flags.h"

namespace sluice::filters::router {

struct FailureRow {
  uint32_t status = 503;
  stream::ResponseFlag flag;
};
FailureRow RowOf(http::ResetReason reason);

// "upstream connect error or disconnect/reset before headers. reset reason: connection timeout"
std::string_view FailureBody(http::ResetReason reason, bool retried, Arena& arena);
// "upstream_reset_before_response_started{connection_timeout}"
std::string_view FailureDetails(http::ResetReason reason, bool response_started, Arena& arena);

}  // namespace sluice::filters::router
