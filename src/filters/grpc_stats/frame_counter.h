// Counts the messages of a gRPC body as it passes, whatever pieces it comes in.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/buffer/byte_chain.h"

namespace sluice::filters::grpc_stats {

class FrameCounter {
 public:
  void Count(const ByteChain& data);
  uint64_t messages() const { return messages_; }

 private:
  uint64_t messages_ = 0;
  uint32_t prefix_have_ = 0;  // bytes of the prefix that is being read
  uint32_t length_ = 0;       // bytes of the message that are still to come
};

}  // namespace sluice::filters::grpc_stats
