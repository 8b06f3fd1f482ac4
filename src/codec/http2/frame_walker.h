// Finds the headers of DATA frames in a client's bytes, because nghttp2 drops DATA for streams that
// it does not know without a word. Looks at 9 bytes a frame; everything else is nghttp2's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <nghttp2/nghttp2.h>

namespace sluice::http2 {

class FrameWalker {
 public:
  // How many of these bytes come before, or complete, the next DATA frame's header; then at_data()
  // tells whether they complete one.
  size_t Walk(const uint8_t* bytes, size_t size) {
    at_data_ = false;
    size_t at = 0;
    while (at < size && !at_data_) {
      if (skip_ != 0) {
        const size_t now = std::min<size_t>(skip_, size - at);
        skip_ -= static_cast<uint32_t>(now);
        at += now;
        continue;
      }
      while (at < size && filled_ < head_.size()) head_[filled_++] = bytes[at++];
      if (filled_ == head_.size()) TakeHead();
    }
    return at;
  }
  bool at_data() const { return at_data_; }
  const nghttp2_frame_hd& frame() const { return frame_; }

 private:
  void TakeHead() {
    filled_ = 0;
    skip_ = uint32_t{head_[0]} << 16 | uint32_t{head_[1]} << 8 | head_[2];
    at_data_ = head_[3] == NGHTTP2_DATA;
    if (!at_data_) return;
    frame_.length = skip_;
    frame_.type = head_[3];
    frame_.flags = head_[4];
    frame_.stream_id = static_cast<int32_t>(
        (uint32_t{head_[5]} << 24 | uint32_t{head_[6]} << 16 | uint32_t{head_[7]} << 8 | head_[8]) &
        0x7fffffffU);
  }

  uint32_t skip_ = NGHTTP2_CLIENT_MAGIC_LEN;
  uint32_t filled_ = 0;
  std::array<uint8_t, 9> head_{};
  bool at_data_ = false;
  nghttp2_frame_hd frame_{};
};

}  // namespace sluice::http2
