#include "sluice/http/utf8.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace sluice::http {
namespace {

uint8_t ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<uint8_t>(text[at]) : 0;
}

bool Continues(uint8_t byte, uint8_t low = 0x80, uint8_t high = 0xbf) {
  return byte >= low && byte <= high;
}

// Length of the character at the front; 0: there is none.
size_t CharacterLength(std::string_view text) {
  const uint8_t first = ByteAt(text, 0);
  const uint8_t second = ByteAt(text, 1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return Continues(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool good = Continues(second, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return good && Continues(ByteAt(text, 2)) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool good = Continues(second, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return good && Continues(ByteAt(text, 2)) && Continues(ByteAt(text, 3)) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string_view SanitizeUtf8(std::string_view text, Arena& arena) {
  char* copy = nullptr;
  for (size_t at = 0; at < text.size();) {
    const size_t length = CharacterLength(text.substr(at));
    if (length == 0) {
      if (copy == nullptr) {
        copy = static_cast<char*>(arena.Allocate(text.size(), 1));
        std::ranges::copy(text, copy);
      }
      copy[at] = '!';
    }
    at += std::max<size_t>(length, 1);
  }
  return copy == nullptr ? text : std::string_view(copy, text.size());
}

}  // namespace sluice::http
