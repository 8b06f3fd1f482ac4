// Why a message was refused, as a small integer: what parsing functions return. It becomes an
// Error only when there is one.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::http1 {

enum class Fault : uint8_t {
  kNone,
  kCodecError,
  kHeadersTooLarge,
  kTooManyHeaders,
  kInvalidCharacters,
  kInvalidUrl,
  kInvalidScheme,
  kInvalidTransferEncoding,
  kChunkedContentLength,
  kBodyDisallowed,
  kUnexpectedUnderscore,
  kTransferEncodingNotAllowed,
  kContentLengthNotAllowed,
  kInvalidAuthority,
  kMissingHost,
  kLowVersion,
};

std::string_view DetailOf(Fault fault);
Error ErrorOf(Fault fault, Origin origin);

}  // namespace sluice::http1
