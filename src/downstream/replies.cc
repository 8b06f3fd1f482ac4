#include "replies.h"

#include <array>

namespace sluice::downstream {
namespace {

using stream::ResponseFlag;

constexpr size_t kRows = static_cast<size_t>(ReplyKind::kCount);
// In the order of ReplyKind.
constexpr std::array<ReplyRow, kRows> kTable = {{
    {400, "Bad Request", "http1.codec_error", ResponseFlag::kDownstreamProtocolError, nullptr},
    {400, "", "missing_host_header", std::nullopt, nullptr},
    {404, "", "missing_path_rejected", std::nullopt, nullptr},
    {404, "", "absolute_path_rejected", std::nullopt,
     &ManagerStats::downstream_rq_non_relative_path},
    {400, "", "path_normalization_failed", std::nullopt,
     &ManagerStats::downstream_rq_failed_path_normalization, 13},
    {307, "", "path_normalization_failed", std::nullopt,
     &ManagerStats::downstream_rq_redirected_with_normalized_path},
    {403, "", "rejecting_because_detection_failed", std::nullopt,
     &ManagerStats::downstream_rq_rejected_via_ip_detection},
    {403, "", "upgrade_failed", std::nullopt, &ManagerStats::downstream_rq_ws_on_non_ws_route},
    {408, "request timeout", "request_overall_timeout", std::nullopt,
     &ManagerStats::downstream_rq_timeout},
    {408, "request header timeout", "request_header_timeout", std::nullopt,
     &ManagerStats::downstream_rq_header_timeout},
    {408, "stream timeout", "stream_idle_timeout", ResponseFlag::kStreamIdleTimeout,
     &ManagerStats::downstream_rq_idle_timeout},
    {408, "downstream duration timeout", "max_duration_timeout", std::nullopt,
     &ManagerStats::downstream_rq_max_duration_reached, 4},
    {503, "envoy overloaded", "overload", ResponseFlag::kOverloadManager,
     &ManagerStats::downstream_rq_overload_close},
}};

}  // namespace

const ReplyRow& RowOf(ReplyKind kind) { return kTable[static_cast<size_t>(kind)]; }

std::string_view CodecErrorBody(uint32_t status) {
  switch (status) {
    case 426: return "";
    case 431: return "Request Header Fields Too Large";
    default: return "Bad Request";
  }
}

}  // namespace sluice::downstream
