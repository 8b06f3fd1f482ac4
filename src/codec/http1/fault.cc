#include "fault.h"

#include <string>

#include "sluice/codec/http1/details.h"

namespace sluice::http1 {

std::string_view DetailOf(Fault fault) {
  switch (fault) {
    case Fault::kNone: return {};
    case Fault::kCodecError: return details::kCodecError;
    case Fault::kHeadersTooLarge: return details::kHeadersTooLarge;
    case Fault::kTooManyHeaders: return details::kTooManyHeaders;
    case Fault::kInvalidCharacters: return details::kInvalidCharacters;
    case Fault::kInvalidUrl: return details::kInvalidUrl;
    case Fault::kInvalidScheme: return details::kInvalidScheme;
    case Fault::kInvalidTransferEncoding: return details::kInvalidTransferEncoding;
    case Fault::kChunkedContentLength: return details::kChunkedContentLength;
    case Fault::kBodyDisallowed: return details::kBodyDisallowed;
    case Fault::kUnexpectedUnderscore: return details::kUnexpectedUnderscore;
    case Fault::kTransferEncodingNotAllowed: return details::kTransferEncodingNotAllowed;
    case Fault::kContentLengthNotAllowed: return details::kContentLengthNotAllowed;
    case Fault::kInvalidAuthority: return details::kInvalidAuthority;
    case Fault::kMissingHost: return details::kMissingHost;
    case Fault::kLowVersion: return details::kLowVersion;
  }
  return {};
}

Error ErrorOf(Fault fault, Origin origin) {
  const bool too_large = fault == Fault::kHeadersTooLarge || fault == Fault::kTooManyHeaders;
  return Error{.code = too_large ? ErrorCode::kTooLarge : ErrorCode::kProtocol,
               .origin = origin,
               .retry = Retry::kNo,
               .detail = std::string(DetailOf(fault)),
               .cause = nullptr};
}

uint32_t StatusOf(const Error& error) {
  if (error.code == ErrorCode::kTooLarge) return 431;
  return error.detail == details::kLowVersion ? 426 : 400;
}

}  // namespace sluice::http1
