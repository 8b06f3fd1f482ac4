// Why a message was refused, as a small integer; it becomes an Error only when there is one.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::http2 {

enum class Fault : uint8_t {
  kNone,
  kInvalidField,  // a name or value that HTTP does not allow
  kEmptyName,
  kMessaging,  // RFC 9113 section 8: pseudo-headers, connection-specific fields, lengths
  kUnderscore,
  kTooManyHeaders,
  kHeadersTooLarge,
};

std::string_view DetailOf(Fault fault);
Error ErrorOf(Fault fault, Origin origin);
Error ErrorOf(std::string_view detail, Origin origin);  // ErrorCode::kProtocol

// Limits are not the protocol's business: such a message can be answered.
constexpr bool IsLimit(Fault fault) {
  return fault == Fault::kTooManyHeaders || fault == Fault::kHeadersTooLarge;
}

}  // namespace sluice::http2
