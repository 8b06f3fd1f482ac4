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

struct ChunkSize {
  uint64_t value = 0;
  size_t digits = 0;  // how many of the line's bytes wrote it
};

// `line` ends with CRLF. No white space outside of quotes, no sign, no "0x", at most 2^63-1.
std::optional<ChunkSize> ReadChunkSize(std::string_view line);

}  // namespace sluice::http1
