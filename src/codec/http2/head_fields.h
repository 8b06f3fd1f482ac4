// A head or trailer block as nghttp2 takes it: the fields that may be sent on HTTP/2, in an order
// that RFC 9113 section 8.3 allows. Views into the map; valid until the next call on this thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "sluice/http/header_map.h"

namespace sluice::http2 {

// What is said in place of, or beside, what the map says.
struct HeadRules {
  enum class Length : uint8_t { kKeep, kDrop };
  Length length = Length::kKeep;
  std::string_view status;    // in place of :status
  std::string_view method;    // in place of :method
  std::string_view protocol;  // :protocol
};

using Fields = std::span<const nghttp2_nv>;
Fields RequestFields(const http::HeaderMap& head, const HeadRules& rules);
Fields ResponseFields(const http::HeaderMap& head, const HeadRules& rules);
Fields TrailerFields(const http::HeaderMap& trailers);

}  // namespace sluice::http2
