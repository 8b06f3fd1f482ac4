// Ids as hex digits, and ids that are no id. Input is hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/base/random.h"

namespace sluice::tracing {

inline constexpr size_t kIdDigits = 16;

inline void WriteHex(char* to, uint64_t id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = kIdDigits; i-- > 0; id >>= 4) to[i] = kDigits[id & 0xf];
}

// Up to 16 digits, at least one; W3C's are lower case.
constexpr std::optional<uint64_t> ParseHex(std::string_view text, bool upper = true) {
  if (text.empty() || text.size() > kIdDigits) return std::nullopt;
  uint64_t id = 0;
  for (const char c : text) {
    uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<uint64_t>(c - 'a') + 10;
    } else if (upper && c >= 'A' && c <= 'F') {
      digit = static_cast<uint64_t>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    id = id << 4 | digit;
  }
  return id;
}

inline uint64_t NewId() {
  for (;;) {
    if (const uint64_t id = FastRandom(); id != 0) return id;
  }
}

}  // namespace sluice::tracing
