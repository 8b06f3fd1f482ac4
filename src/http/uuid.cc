#include "sluice/http/uuid.h"

#include "sluice/base/random.h"
#include "sluice/http/chars.h"

namespace sluice::http {
namespace {

constexpr bool IsDash(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

void WriteUuid(char* to) {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t bits[2] = {FastRandom(), FastRandom()};
  bits[0] = (bits[0] & ~uint64_t{0xf000}) | 0x4000;                  // version 4
  bits[1] = (bits[1] & ~(uint64_t{3} << 62)) | (uint64_t{1} << 63);  // variant 10
  unsigned digit = 0;
  for (size_t i = 0; i < kUuidSize; ++i) {
    if (IsDash(i)) {
      to[i] = '-';
      continue;
    }
    to[i] = kHex[(bits[digit / 16] >> (60 - digit % 16 * 4)) & 0xf];
    ++digit;
  }
}

std::string_view NewUuid(Arena& arena) {
  auto* const text = static_cast<char*>(arena.Allocate(kUuidSize, 1));
  WriteUuid(text);
  return {text, kUuidSize};
}

bool IsUuid(std::string_view text) {
  if (text.size() != kUuidSize) return false;
  for (size_t i = 0; i < kUuidSize; ++i) {
    if (IsDash(i) ? text[i] != '-' : !Is(kHexChar, text[i])) return false;
  }
  return true;
}

}  // namespace sluice::http
