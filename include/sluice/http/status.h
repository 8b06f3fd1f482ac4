// Status codes: their text form in a ":status" field and their reason phrases.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::http {

// 100..999 for exactly three digits, else 0.
constexpr uint32_t ParseStatus(std::string_view text) {
  if (text.size() != 3) return 0;
  uint32_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return value >= 100 ? value : 0;
}

// "200" and so on as static text; empty outside 100..999.
std::string_view StatusText(uint32_t status);
// RFC 9110 section 15 and the IANA registry; "Unknown" for the rest, as Envoy writes it.
std::string_view ReasonPhrase(uint32_t status);

// Responses that never carry a body whatever their fields say (RFC 9112 section 6.3).
constexpr bool StatusForbidsBody(uint32_t status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace sluice::http
