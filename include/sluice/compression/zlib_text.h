// A whole text in zlib's own format (RFC 1950) and back: what modules ask for. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::compression {

std::optional<std::string> ZlibCompress(std::string_view text);

enum class ZlibFault : uint8_t { kNone, kBad, kTooLong };
// Nothing longer than `max_bytes` is made, whatever it is given.
ZlibFault ZlibUncompress(std::string_view bytes, size_t max_bytes, std::string& out);

}  // namespace sluice::compression
