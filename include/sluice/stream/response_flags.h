// What went wrong (or was done on purpose) with a stream, as %RESPONSE_FLAGS% shows it. The order
// of the enum is the order in the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::stream {

enum class ResponseFlag : uint8_t {
  kFailedLocalHealthCheck,           // LH
  kNoHealthyUpstream,                // UH
  kUpstreamRequestTimeout,           // UT
  kLocalReset,                       // LR
  kUpstreamRemoteReset,              // UR
  kUpstreamConnectionFailure,        // UF
  kUpstreamConnectionTermination,    // UC
  kUpstreamOverflow,                 // UO
  kNoRouteFound,                     // NR
  kDelayInjected,                    // DI
  kFaultInjected,                    // FI
  kRateLimited,                      // RL
  kUnauthorizedExternalService,      // UAEX
  kRateLimitServiceError,            // RLSE
  kDownstreamConnectionTermination,  // DC
  kUpstreamRetryLimitExceeded,       // URX
  kStreamIdleTimeout,                // SI
  kInvalidEnvoyRequestHeaders,       // IH
  kDownstreamProtocolError,          // DPE
  kUpstreamMaxStreamDuration,        // UMSDR
  kResponseFromCache,                // RFCF
  kNoFilterConfigFound,              // NFCF
  kDurationTimeout,                  // DT
  kUpstreamProtocolError,            // UPE
  kNoClusterFound,                   // NC
  kOverloadManager,                  // OM
  kDnsResolutionFailed,              // DF
  kDropOverload,                     // DO
  kDownstreamRemoteReset,            // DR
  kUnconditionalDropOverload,        // UDO
  kCount,
};

class ResponseFlags {
 public:
  void Set(ResponseFlag flag) { bits_ |= Bit(flag); }
  bool Has(ResponseFlag flag) const { return (bits_ & Bit(flag)) != 0; }
  bool any() const { return bits_ != 0; }
  // Flags that both have.
  bool Intersects(ResponseFlags other) const { return (bits_ & other.bits_) != 0; }
  uint32_t bits() const { return bits_; }
  bool operator==(const ResponseFlags&) const = default;

  // "UF,URX"; nothing when no flag is set.
  void AppendShort(std::string& out) const { Append(out, false); }
  void AppendLong(std::string& out) const { Append(out, true); }

 private:
  static constexpr uint32_t Bit(ResponseFlag flag) {
    return uint32_t{1} << static_cast<uint32_t>(flag);
  }
  void Append(std::string& out, bool long_names) const;

  uint32_t bits_ = 0;
};

std::string_view ShortName(ResponseFlag flag);                      // "UF"
std::string_view LongName(ResponseFlag flag);                       // "UpstreamConnectionFailure"
std::optional<ResponseFlag> FindFlag(std::string_view short_name);  // exact case

}  // namespace sluice::stream
