#include "grpc_health.h"

#include <cstdint>
#include <optional>

namespace sluice::upstream {
namespace {

constexpr size_t kPrefix = 5;  // a flag and four bytes of length

std::optional<uint64_t> TakeVarint(std::string_view& from) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

// Skips a field's value by its wire type.
bool Skip(std::string_view& from, uint64_t wire_type) {
  size_t size = 0;
  switch (wire_type) {
    case 0: return TakeVarint(from).has_value();
    case 1: size = 8; break;
    case 2: {
      const auto length = TakeVarint(from);
      if (!length || *length > from.size()) return false;
      size = *length;
      break;
    }
    case 5: size = 4; break;
    default: return false;
  }
  if (size > from.size()) return false;
  from.remove_prefix(size);
  return true;
}

}  // namespace

std::string GrpcHealthRequest(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    message += '\x0a';  // field 1, length-delimited
    size_t size = service.size();
    for (; size >= 0x80; size >>= 7) message += static_cast<char>((size & 0x7f) | 0x80);
    message += static_cast<char>(size);
    message += service;
  }
  std::string frame(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>((message.size() >> shift) & 0xff);
  }
  return frame + message;
}

bool GrpcSaysServing(std::string_view body) {
  if (body.size() < kPrefix || body.front() != '\0') return false;  // none, or compressed
  uint64_t size = 0;
  for (size_t i = 1; i < kPrefix; ++i) size = size << 8 | static_cast<unsigned char>(body[i]);
  std::string_view message = body.substr(kPrefix);
  if (message.size() != size) return false;
  uint64_t status = 0;  // UNKNOWN
  while (!message.empty()) {
    const auto tag = TakeVarint(message);
    if (!tag) return false;
    if (*tag == 0x08) {  // field 1, a varint
      const auto value = TakeVarint(message);
      if (!value) return false;
      status = *value;
    } else if (!Skip(message, *tag & 7)) {
      return false;
    }
  }
  return status == 1;
}

}  // namespace sluice::upstream
