// The wire format of protobuf: a writer that appends to a text, and a reader over bytes that a
// stranger sent. No schema; the callers know their messages' numbers. Nothing outlives a call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

class ProtoWriter {
 public:
  explicit ProtoWriter(std::string& out) : out_(out) {}

  // Values that are a field's default are left out, as protobuf does.
  void Number(uint32_t field, uint64_t value);
  void Text(uint32_t field, std::string_view value);
  void Fixed64(uint32_t field, uint64_t value);
  // Members of a oneof are written whatever they are.
  void OneofNumber(uint32_t field, uint64_t value);
  void OneofText(uint32_t field, std::string_view value);
  void OneofDouble(uint32_t field, double value);
  // `write` adds the fields of the message, through this same writer.
  template <typename F>
  void Message(uint32_t field, F&& write) {
    Tag(field, kBytes);
    const size_t start = out_.size();
    write();
    InsertLength(start);
  }
  // An entry of map<string, string>.
  void Pair(uint32_t field, std::string_view key, std::string_view value) {
    Message(field, [&] {
      Text(1, key);
      Text(2, value);
    });
  }

 private:
  enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };
  void Tag(uint32_t field, WireType type);
  void Varint(uint64_t value);
  void InsertLength(size_t start);

  std::string& out_;
};

class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : rest_(bytes) {}

  // Goes to the next field; false at the end, and when what comes is no field.
  bool Next();
  bool ok() const { return ok_; }

  // Whether the field at hand is this one, and is written as text (message) or number; a field
  // that is written otherwise is a stranger's, to be passed over.
  bool IsText(uint32_t field) const { return field_ == field && kind_ == Kind::kText; }
  bool IsNumber(uint32_t field) const { return field_ == field && kind_ == Kind::kNumber; }
  bool IsDouble(uint32_t field) const { return field_ == field && kind_ == Kind::kFixed64; }
  std::string_view text() const { return text_; }  // views the bytes given
  uint64_t number() const { return number_; }
  double real() const;

 private:
  enum class Kind : uint8_t { kText, kNumber, kFixed64, kFixed32 };
  bool Varint(uint64_t& out);
  bool Take(size_t size, std::string_view& out);
  bool TakeValue(uint64_t wire_type);

  std::string_view rest_;
  std::string_view text_;
  uint64_t number_ = 0;
  uint32_t field_ = 0;
  Kind kind_ = Kind::kNumber;
  bool ok_ = true;
};

}  // namespace sluice
