// SipHash-1-3: a hash of what clients send, whose collisions they cannot find without the key.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::filters::local_ratelimit {

class KeyedHash {
 public:
  KeyedHash(uint64_t k0, uint64_t k1)
      : v0_(k0 ^ 0x736f6d6570736575),
        v1_(k1 ^ 0x646f72616e646f6d),
        v2_(k0 ^ 0x6c7967656e657261),
        v3_(k1 ^ 0x7465646279746573) {}

  // A text and its length, so that "a" "bc" and "ab" "c" differ.
  void Add(std::string_view text) {
    Word(text.size());
    while (text.size() >= 8) {
      Word(Load(text.data(), 8));
      text.remove_prefix(8);
    }
    if (!text.empty()) Word(Load(text.data(), text.size()));
  }

  uint64_t Finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  static uint64_t Load(const char* from, size_t bytes) {
    uint64_t word = 0;
    std::memcpy(&word, from, bytes);
    return word;
  }
  static uint64_t Rotate(uint64_t x, int bits) { return (x << bits) | (x >> (64 - bits)); }
  void Word(uint64_t word) {
    v3_ ^= word;
    Round();
    v0_ ^= word;
  }
  void Round() {
    v0_ += v1_;
    v1_ = Rotate(v1_, 13) ^ v0_;
    v0_ = Rotate(v0_, 32);
    v2_ += v3_;
    v3_ = Rotate(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = Rotate(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = Rotate(v1_, 17) ^ v2_;
    v2_ = Rotate(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace sluice::filters::local_ratelimit
