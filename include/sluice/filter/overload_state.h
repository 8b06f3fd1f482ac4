// How far the process is overloaded, for each thing that is done about it. Written by main, read by
// all workers without a lock; lives as long as the process.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::filter {

enum class OverloadAction : uint8_t {
  kStopAcceptingRequests,
  kDisableKeepAlive,
  kStopAcceptingConnections,
  kRejectIncomingConnections,
  kShrinkHeap,
  kCount,
};

class OverloadState {
 public:
  // 0: not at all, 1: always; between them, so large a share of the cases.
  void Set(OverloadAction action, double share) {
    levels_[static_cast<size_t>(action)].store(static_cast<uint64_t>(share * kFull),
                                               std::memory_order_relaxed);
  }
  bool saturated(OverloadAction action) const { return Level(action) >= kFull; }
  // Whether it is done now. `random` is any number.
  bool Hits(OverloadAction action, uint64_t random) const {
    const uint64_t level = Level(action);
    return level != 0 && (random & (kFull - 1)) < level;
  }
  // Whether there is anything to ask for; so that the usual case draws no number.
  bool idle(OverloadAction action) const { return Level(action) == 0; }

 private:
  static constexpr uint64_t kFull = uint64_t{1} << 32;
  uint64_t Level(OverloadAction action) const {
    return levels_[static_cast<size_t>(action)].load(std::memory_order_relaxed);
  }
  std::array<std::atomic<uint64_t>, static_cast<size_t>(OverloadAction::kCount)> levels_{};
};

}  // namespace sluice::filter
