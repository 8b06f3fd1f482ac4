// Sees what is written to a connection before it goes out, and may change it or hold it back: for
// network filters that look at what a client is sent.
//
// Called from inside Connection's writing calls. Hard rule: it must not close this connection.
#pragma once

#include <cstddef>

#include "sluice/buffer/byte_chain.h"

namespace sluice::net {

class OutputFilter {
 public:
  virtual ~OutputFilter() = default;

  struct Verdict {
    size_t bytes = 0;  // of the front of `waiting` that may go out
    bool end = false;  // the end may follow
  };
  // `waiting`: what was held back so far, then what is new, which may be changed. `end`: our side
  // ends after it, which is said again for as long as it is held back.
  virtual Verdict OnOutput(ByteChain& waiting, bool end) = 0;
};

}  // namespace sluice::net
