// As much of protobuf's wire format as foreign functions need: the fields of one flat message, the
// last of each number. Hostile input.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "binary.h"

namespace sluice::wasm {

struct ProtoFields {
  static constexpr uint32_t kMaxField = 8;  // higher numbers are skipped
  std::array<std::string_view, kMaxField> texts{};
  std::array<uint64_t, kMaxField> numbers{};
};

inline std::optional<ProtoFields> ReadProto(std::string_view message) {
  enum Wire : uint32_t { kNumber = 0, kFixed64 = 1, kText = 2, kFixed32 = 5 };
  ProtoFields out;
  BinaryReader reader(message);
  while (!reader.at_end()) {
    const uint32_t tag = reader.U32();
    const uint32_t field = tag >> 3;
    const bool known = field < ProtoFields::kMaxField;
    switch (tag & 7) {
      case kNumber: {
        const uint64_t value = reader.U64();
        if (known) out.numbers[field] = value;
        break;
      }
      case kText: {
        const std::string_view text = reader.Name();
        if (known) out.texts[field] = text;
        break;
      }
      case kFixed64: reader.Bytes(8); break;
      case kFixed32: reader.Bytes(4); break;
      default: return std::nullopt;
    }
  }
  return reader.ok() ? std::optional(out) : std::nullopt;
}

// Fields that have their default are left out, as protobuf does it.
inline void PutText(std::string& out, uint32_t field, std::string_view text) {
  if (text.empty()) return;
  PutU32(out, field << 3 | 2);
  PutName(out, text);
}
inline void PutBool(std::string& out, uint32_t field, bool value) {
  if (!value) return;
  PutU32(out, field << 3);
  PutU32(out, 1);
}

}  // namespace sluice::wasm
