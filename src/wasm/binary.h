// Reading and writing the pieces of a WebAssembly module: LEB128 numbers, names, byte ranges
// (WebAssembly Core, section 5). Hostile input: a reader that has failed reads zeros from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::wasm {

class BinaryReader {
 public:
  explicit BinaryReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == bytes_.size() || !ok_; }
  size_t position() const { return at_; }
  void Fail() { ok_ = false; }

  uint8_t Byte() {
    if (at_ >= bytes_.size()) return Fail(), 0;
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  uint32_t U32() { return static_cast<uint32_t>(Unsigned(5)); }
  uint64_t U64() { return Unsigned(10); }
  void SkipSigned(size_t max_bytes) { Unsigned(max_bytes); }  // the value does not matter
  std::string_view Bytes(size_t count) {
    if (count > bytes_.size() - at_ || !ok_) return Fail(), std::string_view{};
    const std::string_view out = bytes_.substr(at_, count);
    at_ += count;
    return out;
  }
  std::string_view Name() { return Bytes(U32()); }
  std::string_view Since(size_t start) const { return bytes_.substr(start, at_ - start); }

 private:
  uint64_t Unsigned(size_t max_bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < max_bytes; ++i) {
      const uint8_t byte = Byte();
      if (i * 7 < 64) value |= uint64_t{byte & 0x7fU} << (i * 7);
      if ((byte & 0x80) == 0) return value;
    }
    return Fail(), 0;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

inline void PutU32(std::string& out, uint32_t value) {
  do {
    const auto low = static_cast<uint8_t>(value & 0x7f);
    value >>= 7;
    out.push_back(static_cast<char>(value == 0 ? low : low | 0x80));
  } while (value != 0);
}

inline void PutS32(std::string& out, int32_t value) {
  for (;;) {
    const auto low = static_cast<uint8_t>(value & 0x7f);
    value >>= 7;
    const bool done = (value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0);
    out.push_back(static_cast<char>(done ? low : low | 0x80));
    if (done) return;
  }
}

inline void PutName(std::string& out, std::string_view name) {
  PutU32(out, static_cast<uint32_t>(name.size()));
  out.append(name);
}

inline void PutBytes(std::string& out, std::initializer_list<uint8_t> bytes) {
  for (const uint8_t byte : bytes) out.push_back(static_cast<char>(byte));
}

}  // namespace sluice::wasm
