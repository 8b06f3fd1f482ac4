#include "base64.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sluice::filters::grpc_web {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> MakeValues() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}
constexpr std::array<int8_t, 256> kValues = MakeValues();

constexpr size_t kGroup = 4;

// One group to at most three bytes; 0: not valid. RFC 4648 section 4: at most two pads, at the end.
size_t DecodeGroup(const char* group, char* out) {
  uint32_t bits = 0;
  size_t pads = 0;
  for (size_t i = 0; i < kGroup; ++i) {
    if (group[i] == '=' && i >= 2) {
      ++pads;
      bits <<= 6;
      continue;
    }
    const int8_t value = kValues[static_cast<unsigned char>(group[i])];
    if (value < 0 || pads != 0) return 0;
    bits = (bits << 6) | static_cast<uint32_t>(value);
  }
  out[0] = static_cast<char>(bits >> 16);
  out[1] = static_cast<char>(bits >> 8);
  out[2] = static_cast<char>(bits);
  return 3 - pads;
}

void EncodeGroup(const char* in, size_t size, char* out) {
  uint32_t bits = 0;
  for (size_t i = 0; i < 3; ++i) {
    bits = (bits << 8) | (i < size ? static_cast<unsigned char>(in[i]) : 0U);
  }
  for (size_t i = 0; i < kGroup; ++i) {
    out[i] = i <= size ? kAlphabet[(bits >> (18 - 6 * i)) & 63] : '=';
  }
}

}  // namespace

bool DecodeBase64(ByteChain& text, ByteChain& bytes) {
  while (text.size() >= kGroup) {
    // A piece at a time: much text makes no more than a slab's room in one go.
    const size_t groups = std::min<size_t>(text.size() / kGroup, 1024);
    const std::span<char> room = bytes.Reserve(groups * 3);
    size_t put = 0;
    for (size_t i = 0; i < groups; ++i) {
      char group[kGroup];
      text.CopyOut(group, kGroup);
      text.Drain(kGroup);
      const size_t got = DecodeGroup(group, room.data() + put);
      if (got == 0) {
        bytes.Commit(0);
        return false;
      }
      put += got;
    }
    bytes.Commit(put);
  }
  return true;
}

void EncodeBase64(ByteChain& bytes, ByteChain& text) {
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), 3 * 1024);
    const std::span<char> room = text.Reserve((size + 2) / 3 * kGroup);
    size_t put = 0;
    for (size_t done = 0; done < size; done += 3) {
      char group[3];
      const size_t got = bytes.CopyOut(group, 3);
      bytes.Drain(got);
      EncodeGroup(group, got, room.data() + put);
      put += kGroup;
    }
    text.Commit(put);
  }
}

}  // namespace sluice::filters::grpc_web
