// What went wrong, whose fault it was, and whether trying again can help.
//
// An Error is a value: made where the fault is seen, passed up in a Result, and logged once where
// it is handled. Nothing on the data path throws. The retry mark travels with the error because
// only the place that saw the fault knows whether another attempt is safe.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace sluice {

enum class ErrorCode : uint8_t {
  kInvalidConfig,
  kIo,  // errno-like failure; detail has the words
  kAddressInUse,
  kPermission,
  kConnectFailed,
  kConnectTimeout,
  kConnectionClosed,  // the peer ended the connection in an orderly way, but too early
  kConnectionReset,   // RST, or a transport failure after the connection was up
  kTransportSocket,   // TLS or PROXY handshake
  kProtocol,          // the peer broke the protocol
  kTooLarge,          // a limit on size or count
  kTimeout,
  kOverflow,  // a circuit breaker or other admission limit
  kNoHealthyHost,
  kNoCluster,
  kNoRoute,
  kRefused,  // the peer said it did not process this (REFUSED_STREAM, GOAWAY)
  kLocalReset,
  kRemoteReset,
  kOverload,
  kNotFound,
  kInternal,
};

enum class Origin : uint8_t { kDownstream, kUpstream, kLocal, kConfig };

// kIfReused: another attempt is safe only when the connection had been used before, that is, when
// the peer may have closed it while idle.
enum class Retry : uint8_t { kNo, kYes, kIfReused };

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  Origin origin = Origin::kLocal;
  Retry retry = Retry::kNo;
  std::string detail;
  std::shared_ptr<const Error> cause;  // immutable; shared so that an Error stays copyable

  std::string ToString() const;
};

std::string_view ErrorCodeName(ErrorCode code);

template <typename T = void>
using Result = std::expected<T, Error>;

std::unexpected<Error> Fail(ErrorCode code, Origin origin, std::string detail);
// The same with the words of `errno_value` appended: "bind 0.0.0.0:80: Permission denied".
std::unexpected<Error> FailErrno(Origin origin, std::string_view what, int errno_value);

}  // namespace sluice
