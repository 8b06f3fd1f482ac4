// The sending half of one message's body: keeps the promise that its head made. Bytes move into the
// output by reference.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/buffer/byte_chain.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

class BodyWriter {
 public:
  enum class Mode : uint8_t {
    kNone,  // bytes given are dropped: the message has no body
    kFixed,
    kChunked,
    kRaw,  // ends with the connection's sending side
  };

  void Begin(Mode mode, uint64_t length = 0) {
    mode_ = mode;
    left_ = length;
  }
  Mode mode() const { return mode_; }
  // Takes all of `data`. False when it is more than the head promised: nothing of it was sent.
  bool Write(ByteChain& out, ByteChain& data);
  // False when the body is shorter than promised.
  bool End(ByteChain& out);
  bool EndWithTrailers(ByteChain& out, const http::HeaderMap& trailers, HeaderKeyFormat format);

  uint64_t left() const { return mode_ == Mode::kFixed ? left_ : 0; }
  bool TakesRaw(uint64_t bytes) const {
    return mode_ == Mode::kRaw || (mode_ == Mode::kFixed && left_ >= bytes);
  }
  void Skip(uint64_t bytes) { left_ -= bytes < left_ ? bytes : left_; }

 private:
  Mode mode_ = Mode::kNone;
  uint64_t left_ = 0;
};

}  // namespace sluice::http1
