#include "sluice/base/hash.h"

#include <bit>
#include <cstddef>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace sluice {
namespace {

constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
constexpr int kShift = 47;

uint64_t Mix(uint64_t value) {
  value ^= value >> kShift;
  return value * kMultiplier;
}

// Little-endian, whatever the machine is.
uint64_t LoadTail(const char* from, size_t size) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value |= uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  }
  return value;
}

}  // namespace

uint64_t XxHash64(std::string_view bytes, uint64_t seed) {
  return XXH64(bytes.data(), bytes.size(), seed);
}

uint64_t MurmurHash2(std::string_view bytes, uint64_t seed) {
  uint64_t hash = seed ^ (bytes.size() * kMultiplier);
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    const uint64_t word = Mix(LoadTail(bytes.data() + at, 8) * kMultiplier);
    hash = (hash ^ word) * kMultiplier;
  }
  if (at < bytes.size()) {
    hash = (hash ^ LoadTail(bytes.data() + at, bytes.size() - at)) * kMultiplier;
  }
  hash = Mix(hash);
  return hash ^ (hash >> kShift);
}

}  // namespace sluice
