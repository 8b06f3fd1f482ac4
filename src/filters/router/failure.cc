#include "failure.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace sluice::filters::router {

using http::ResetReason;
using stream::ResponseFlag;

FailureRow RowOf(ResetReason reason) {
  switch (reason) {
    case ResetReason::kLocalReset:
    case ResetReason::kLocalRefused: return {503, ResponseFlag::kLocalReset};
    case ResetReason::kRemoteReset:
    case ResetReason::kRemoteRefused:
    case ResetReason::kConnectError: return {503, ResponseFlag::kUpstreamRemoteReset};
    case ResetReason::kConnectionTermination:
      return {503, ResponseFlag::kUpstreamConnectionTermination};
    case ResetReason::kConnectionFailure:
    case ResetReason::kConnectionTimeout: return {503, ResponseFlag::kUpstreamConnectionFailure};
    case ResetReason::kOverflow: return {503, ResponseFlag::kUpstreamOverflow};
    case ResetReason::kOverload: return {503, ResponseFlag::kOverloadManager};
    case ResetReason::kProtocolError:
    case ResetReason::kHttp11Required: return {502, ResponseFlag::kUpstreamProtocolError};
  }
  return {503, ResponseFlag::kLocalReset};
}

std::string_view FailureBody(ResetReason reason, bool retried, Arena& arena) {
  return arena.Copy(
      fmt::format("upstream connect error or disconnect/reset before headers. {}reset reason: {}",
                  retried ? "retried and the latest " : "", http::ResetReasonName(reason)));
}

std::string_view FailureDetails(ResetReason reason, bool response_started, Arena& arena) {
  std::string text =
      fmt::format("upstream_reset_{}_response_started{{{}}}", response_started ? "after" : "before",
                  http::ResetReasonName(reason));
  std::ranges::replace(text, ' ', '_');
  return arena.Copy(text);
}

}  // namespace sluice::filters::router
