#include "sluice/http/codec.h"

namespace sluice::http {

std::string_view VersionName(Version version) {
  switch (version) {
    case Version::kHttp10: return "HTTP/1.0";
    case Version::kHttp11: return "HTTP/1.1";
    case Version::kHttp2: return "HTTP/2";
  }
  return "";
}

// The words that Envoy puts into response bodies and details after "reset reason: ".
std::string_view ResetReasonName(ResetReason reason) {
  switch (reason) {
    case ResetReason::kLocalReset: return "local reset";
    case ResetReason::kLocalRefused: return "local refused stream reset";
    case ResetReason::kRemoteReset: return "remote reset";
    case ResetReason::kRemoteRefused: return "remote refused stream reset";
    case ResetReason::kConnectionTermination: return "connection termination";
    case ResetReason::kConnectionFailure: return "remote connection failure";
    case ResetReason::kConnectionTimeout: return "connection timeout";
    case ResetReason::kProtocolError: return "protocol error";
    case ResetReason::kOverflow: return "overflow";
    case ResetReason::kOverload: return "overload manager reset";
    case ResetReason::kConnectError: return "remote error with CONNECT request";
    case ResetReason::kHttp11Required: return "http 1.1 required";
  }
  return "";
}

}  // namespace sluice::http
