// The line in front of a chunk (RFC 9112 section 7.1): its size in hex and extensions, which are
// checked and forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http1 {

// Longer ones are refused: room for a signature per chunk, not for hiding data.
inline constexpr size_t kMaxChunkLine = 512;

// `line` ends with CRLF. No white space anywhere, no sign, no "0x", at most 2^63-1.
std::optional<uint64_t> ReadChunkSize(std::string_view line);

}  // namespace sluice::http1
