// What the connection manager answers by itself: one table of status, body, details, flag and
// counter (contract 2.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stream/response_flags.h"
#include "stats.h"

namespace sluice::downstream {

enum class ReplyKind : uint8_t {
  kCodecError,  // status and details come with the error
  kMissingHost,
  kMissingPath,
  kNonRelativePath,
  kPathNotNormal,
  kPathRedirect,
  kIpRejected,  // status is the config's
  kUpgradeRefused,
  kRequestTimeout,
  kHeaderTimeout,
  kStreamIdle,   // 504 once the request is complete
  kMaxDuration,  // the same
  kOverload,
  kCount,
};

struct ReplyRow {
  uint32_t status = 0;
  std::string_view body;
  std::string_view details;
  std::optional<stream::ResponseFlag> flag;
  stats::Counter ManagerStats::* counter = nullptr;
  uint32_t grpc_status = 0;  // 0: from the status
};

const ReplyRow& RowOf(ReplyKind kind);
// 400, 426 and 431 of the codecs: the body that goes with each.
std::string_view CodecErrorBody(uint32_t status);

}  // namespace sluice::downstream
