// Which streams of a client are over, as far as it matters for frames that still come on them (RFC
// 9113 section 5.1): after the client's own end they are a fault, after our RST_STREAM they may
// have been on their way. Remembers a bounded number of each; what is forgotten is tolerated.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::http2 {

class ClosedStreams {
 public:
  enum class Verdict : uint8_t { kFine, kClosed, kNeverOpened };

  void OnOpened(int32_t id) { newest_ = id; }
  void OnReset(int32_t id) {  // by us
    if (resets_.size() < kMaxResets) return resets_.push_back(id);
    forgotten_ = std::max(forgotten_, resets_[next_reset_]);
    resets_[next_reset_] = id;
    next_reset_ = (next_reset_ + 1) % kMaxResets;
  }
  void OnClosed(int32_t id) {
    ended_[next_ended_] = id;
    next_ended_ = (next_ended_ + 1) % ended_.size();
  }

  // Of HEADERS or DATA on a stream that nghttp2 does not know (any more).
  Verdict Judge(int32_t id) const {
    if (id <= 0 || id > newest_ || id <= forgotten_) return Verdict::kFine;
    if (std::ranges::find(resets_, id) != resets_.end()) return Verdict::kFine;
    return std::ranges::find(ended_, id) != ended_.end() ? Verdict::kClosed : Verdict::kNeverOpened;
  }

 private:
  static constexpr size_t kMaxResets = 256;

  std::vector<int32_t> resets_;  // no memory before the first
  std::array<int32_t, 16> ended_{};
  uint32_t next_reset_ = 0;
  uint32_t next_ended_ = 0;
  int32_t newest_ = 0;
  int32_t forgotten_ = 0;
};

}  // namespace sluice::http2
