// One body on its way through a decompressor, a bounded step at a time. Per stream and direction.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "sluice/buffer/byte_chain.h"
#include "sluice/compression/codec.h"

namespace sluice::filters::decompressor {

// kDone: all that was given is used up.
enum class Step : uint8_t { kDone, kMore, kBad, kTooMuch };

class Expander {
 public:
  // What one step makes at most.
  static constexpr size_t kStepBytes = size_t{64} * 1024;

  explicit Expander(const compression::DecompressorFactory& library)
      : decompressor_(library.Make()), max_ratio_(library.max_ratio()) {}

  void Give(ByteChain& data) {
    in_bytes_ += data.size();
    in_.Append(std::move(data));
    data.Clear();
  }
  void End() { ended_ = true; }
  Step Next(ByteChain& out);

  bool ended() const { return ended_; }
  uint64_t in_bytes() const { return in_bytes_; }
  uint64_t out_bytes() const { return out_bytes_; }

 private:
  std::unique_ptr<compression::Decompressor> decompressor_;
  ByteChain in_;
  uint64_t in_bytes_ = 0;
  uint64_t out_bytes_ = 0;
  const uint32_t max_ratio_;
  bool ended_ = false;
};

}  // namespace sluice::filters::decompressor
