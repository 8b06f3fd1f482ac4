// Numbers in header fields: digits and nothing else, no sign, no space, no overflow.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/http/chars.h"

namespace sluice::http {

// At most 2^63-1, so that sums with header sizes cannot wrap.
constexpr std::optional<uint64_t> ParseDecimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > kMax / 10 || value * 10 > kMax - digit) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

constexpr size_t kMaxDecimalDigits = 20;

// Writes the digits at `to`, which has room for kMaxDecimalDigits; returns their end.
inline char* WriteDecimal(char* to, uint64_t value) {
  return std::to_chars(to, to + kMaxDecimalDigits, value).ptr;
}
inline std::string_view FormatDecimal(Arena& arena, uint64_t value) {
  char digits[kMaxDecimalDigits];
  return arena.Copy({digits, static_cast<size_t>(WriteDecimal(digits, value) - digits)});
}

}  // namespace sluice::http
