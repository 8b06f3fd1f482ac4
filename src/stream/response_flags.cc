#include "sluice/stream/response_flags.h"

#include <array>
#include <bit>
#include <cstddef>

namespace sluice::stream {
namespace {

struct Names {
  std::string_view brief;
  std::string_view full;
};

constexpr std::array<Names, static_cast<size_t>(ResponseFlag::kCount)> kNames = {{
    {"LH", "FailedLocalHealthCheck"},
    {"UH", "NoHealthyUpstream"},
    {"UT", "UpstreamRequestTimeout"},
    {"LR", "LocalReset"},
    {"UR", "UpstreamRemoteReset"},
    {"UF", "UpstreamConnectionFailure"},
    {"UC", "UpstreamConnectionTermination"},
    {"UO", "UpstreamOverflow"},
    {"NR", "NoRouteFound"},
    {"DI", "DelayInjected"},
    {"FI", "FaultInjected"},
    {"RL", "RateLimited"},
    {"UAEX", "UnauthorizedExternalService"},
    {"RLSE", "RateLimitServiceError"},
    {"DC", "DownstreamConnectionTermination"},
    {"URX", "UpstreamRetryLimitExceeded"},
    {"SI", "StreamIdleTimeout"},
    {"IH", "InvalidEnvoyRequestHeaders"},
    {"DPE", "DownstreamProtocolError"},
    {"UMSDR", "UpstreamMaxStreamDurationReached"},
    {"RFCF", "ResponseFromCacheFilter"},
    {"NFCF", "NoFilterConfigFound"},
    {"DT", "DurationTimeout"},
    {"UPE", "UpstreamProtocolError"},
    {"NC", "NoClusterFound"},
    {"OM", "OverloadManagerTerminated"},
    {"DF", "DnsResolutionFailed"},
    {"DO", "DropOverload"},
    {"DR", "DownstreamRemoteReset"},
    {"UDO", "UnconditionalDropOverload"},
}};
static_assert(!kNames.back().brief.empty());

}  // namespace

std::string_view ShortName(ResponseFlag flag) { return kNames[static_cast<size_t>(flag)].brief; }
std::string_view LongName(ResponseFlag flag) { return kNames[static_cast<size_t>(flag)].full; }

std::optional<ResponseFlag> FindFlag(std::string_view short_name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i].brief == short_name) return static_cast<ResponseFlag>(i);
  }
  return std::nullopt;
}

void ResponseFlags::Append(std::string& out, bool long_names) const {
  const char* separator = "";
  for (uint32_t rest = bits_; rest != 0; rest &= rest - 1) {
    const Names& names = kNames[static_cast<size_t>(std::countr_zero(rest))];
    out.append(separator).append(long_names ? names.full : names.brief);
    separator = ",";
  }
}

}  // namespace sluice::stream
