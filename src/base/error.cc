#include "sluice/base/error.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace sluice {
namespace {

ErrorCode CodeOfErrno(int value) {
  switch (value) {
    case EADDRINUSE: return ErrorCode::kAddressInUse;
    case EACCES:
    case EPERM: return ErrorCode::kPermission;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH: return ErrorCode::kConnectFailed;
    case ETIMEDOUT: return ErrorCode::kConnectTimeout;
    case ECONNRESET:
    case EPIPE: return ErrorCode::kConnectionReset;
    case ENOENT: return ErrorCode::kNotFound;
    default: return ErrorCode::kIo;
  }
}

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidConfig: return "invalid config";
    case ErrorCode::kIo: return "i/o error";
    case ErrorCode::kAddressInUse: return "address in use";
    case ErrorCode::kPermission: return "permission denied";
    case ErrorCode::kConnectFailed: return "connect failed";
    case ErrorCode::kConnectTimeout: return "connect timeout";
    case ErrorCode::kConnectionClosed: return "connection closed";
    case ErrorCode::kConnectionReset: return "connection reset";
    case ErrorCode::kTransportSocket: return "transport failure";
    case ErrorCode::kProtocol: return "protocol error";
    case ErrorCode::kTooLarge: return "too large";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kOverflow: return "overflow";
    case ErrorCode::kNoHealthyHost: return "no healthy host";
    case ErrorCode::kNoCluster: return "no cluster";
    case ErrorCode::kNoRoute: return "no route";
    case ErrorCode::kRefused: return "refused";
    case ErrorCode::kLocalReset: return "local reset";
    case ErrorCode::kRemoteReset: return "remote reset";
    case ErrorCode::kOverload: return "overload";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kInternal: return "internal error";
  }
  return "unknown error";
}

std::string Error::ToString() const {
  std::string text(ErrorCodeName(code));
  if (!detail.empty()) text.append(": ").append(detail);
  if (cause) text.append(" (").append(cause->ToString()).append(")");
  return text;
}

std::unexpected<Error> Fail(ErrorCode code, Origin origin, std::string detail) {
  Error error;
  error.code = code;
  error.origin = origin;
  error.detail = std::move(detail);
  return std::unexpected<Error>(std::move(error));
}

std::unexpected<Error> FailErrno(Origin origin, std::string_view what, int errno_value) {
  std::string detail(what);
  detail.append(": ").append(std::strerror(errno_value));  // NOLINT(concurrency-mt-unsafe)
  return Fail(CodeOfErrno(errno_value), origin, std::move(detail));
}

}  // namespace sluice
