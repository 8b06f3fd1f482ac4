#include "fault.h"

#include <string>

#include "sluice/codec/http2/details.h"

namespace sluice::http2 {

std::string_view DetailOf(Fault fault) {
  switch (fault) {
    case Fault::kNone: return {};
    case Fault::kInvalidField: return details::kInvalidField;
    case Fault::kEmptyName: return details::kEmptyHeaderFlood;
    case Fault::kMessaging: return details::kMessaging;
    case Fault::kUnderscore: return details::kUnderscore;
    case Fault::kTooManyHeaders: return details::kTooManyHeaders;
    case Fault::kHeadersTooLarge: return details::kHeadersTooLarge;
  }
  return {};
}

Error ErrorOf(Fault fault, Origin origin) {
  Error error = ErrorOf(DetailOf(fault), origin);
  if (IsLimit(fault)) error.code = ErrorCode::kTooLarge;
  return error;
}

Error ErrorOf(std::string_view detail, Origin origin) {
  return Error{.code = ErrorCode::kProtocol,
               .origin = origin,
               .retry = Retry::kNo,
               .detail = std::string(detail),
               .cause = nullptr};
}

}  // namespace sluice::http2
