#include "sluice/base/protobuf.h"

#include <bit>

namespace sluice {
namespace {

constexpr uint64_t kMaxField = (uint64_t{1} << 29) - 1;

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7f) | 0x80));
  out.push_back(static_cast<char>(value));
}

}  // namespace

// --- Writing.

void ProtoWriter::Tag(uint32_t field, WireType type) {
  AppendVarint(out_, (uint64_t{field} << 3) | type);
}

void ProtoWriter::Number(uint32_t field, uint64_t value) {
  if (value != 0) OneofNumber(field, value);
}

void ProtoWriter::Text(uint32_t field, std::string_view value) {
  if (!value.empty()) OneofText(field, value);
}

void ProtoWriter::OneofNumber(uint32_t field, uint64_t value) {
  Tag(field, kVarint);
  AppendVarint(out_, value);
}

void ProtoWriter::OneofText(uint32_t field, std::string_view value) {
  Tag(field, kBytes);
  AppendVarint(out_, value.size());
  out_.append(value);
}

void ProtoWriter::OneofDouble(uint32_t field, double value) {
  Fixed64(field, std::bit_cast<uint64_t>(value));
}

void ProtoWriter::Fixed64(uint32_t field, uint64_t value) {
  Tag(field, kFixed64);
  for (int shift = 0; shift < 64; shift += 8) {
    out_.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

void ProtoWriter::InsertLength(size_t start) {
  std::string length;
  AppendVarint(length, out_.size() - start);
  out_.insert(start, length);
}

// --- Reading.

bool ProtoReader::Varint(uint64_t& out) {
  out = 0;
  for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    out |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

bool ProtoReader::Take(size_t size, std::string_view& out) {
  if (size > rest_.size()) return false;
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool ProtoReader::Next() {
  if (!ok_ || rest_.empty()) return false;
  uint64_t tag = 0;
  ok_ = Varint(tag) && (tag >> 3) != 0 && (tag >> 3) <= kMaxField;
  if (!ok_) return false;
  field_ = static_cast<uint32_t>(tag >> 3);
  ok_ = TakeValue(tag & 7);
  return ok_;
}

// Groups (3 and 4) are not of proto3.
bool ProtoReader::TakeValue(uint64_t wire_type) {
  uint64_t length = 0;
  switch (wire_type) {
    case 0: kind_ = Kind::kNumber; return Varint(number_);
    case 1: kind_ = Kind::kFixed64; return Take(8, text_);
    case 2: kind_ = Kind::kText; return Varint(length) && Take(length, text_);
    case 5: kind_ = Kind::kFixed32; return Take(4, text_);
    default: return false;
  }
}

double ProtoReader::real() const {
  uint64_t bits = 0;
  for (size_t i = 8; i-- > 0;) bits = (bits << 8) | static_cast<unsigned char>(text_[i]);
  return std::bit_cast<double>(bits);
}

}  // namespace sluice
