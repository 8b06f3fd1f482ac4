// ROUND_ROBIN over one set of hosts: equal weights take turns exactly, at the cost of one increment
// a pick; others smoothly by weight. With slow start, weights grow while a host is young.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "host_picker.h"
#include "sluice/event/loop.h"
#include "smooth_turns.h"

namespace sluice::upstream {

class RoundRobin final : public HostPicker {
 public:
  // `start` spreads the workers' first picks.
  RoundRobin(EventLoop& loop, const match::RuntimeSnapshot* runtime,
             std::optional<SlowStart> slow_start, uint64_t start);

  // HostPicker. Keeps the place in the turn of the hosts that stay.
  void Update(std::span<const WeightedHost> hosts) override;
  Host* Pick(const LbContext& context, uint32_t attempt) override;

 private:
  Host* PickByWeight();

  EventLoop& loop_;
  const match::RuntimeSnapshot* runtime_;  // null: none
  std::optional<SlowStart> slow_start_;
  uint64_t start_;
  std::vector<Host*> hosts_;
  SmoothTurns turns_;
  size_t next_ = 0;
  bool equal_ = true;
  MonoTime young_until_{};  // before it some host is in its slow start
};

}  // namespace sluice::upstream
