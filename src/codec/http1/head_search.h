// Finds the end of a head or trailer block in bytes that arrive piece by piece, looking at each
// byte once. Every line must end with CRLF: a bare LF is a fault (RFC 9112 section 2.2 lets it
// pass; two parsers that differ here are a smuggling hole).
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/buffer/byte_chain.h"

namespace sluice::http1 {

class HeadSearch {
 public:
  enum class Outcome : uint8_t { kIncomplete, kFound, kBareLf };

  Outcome Continue(const ByteChain& in);
  // After kFound: the block's size with its empty line.
  size_t size() const { return line_start_; }
  // How many bytes have been looked at: all there were, or up to what was found.
  size_t seen() const { return seen_; }
  // The size of the first line with its CRLF; 0 while it is incomplete.
  size_t first_line() const { return first_line_; }
  void Reset() { *this = HeadSearch(); }

 private:
  size_t seen_ = 0;        // bytes looked at
  size_t line_start_ = 0;  // where the current line begins
  size_t first_line_ = 0;
};

}  // namespace sluice::http1
