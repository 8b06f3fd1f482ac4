// RING_HASH: each host has points on a ring, as many as its weight says; a request goes to the next
// point after its own hash. When a host leaves, only what went to it moves.
#pragma once

#include <cstdint>
#include <vector>

#include "hash_key.h"
#include "host_picker.h"
#include "sluice/stats/stats.h"

namespace sluice::upstream {

class RingHash final : public HostPicker {
 public:
  RingHash(Cluster& cluster, const LbOptions& options);

  // HostPicker
  void Update(std::span<const WeightedHost> hosts) override;
  Host* Pick(const LbContext& context, uint32_t attempt) override;

 private:
  struct Point {
    uint64_t hash;
    uint32_t host;
  };
  void AddPoints(uint32_t host, uint64_t count);
  size_t Find(uint64_t hash) const;
  Host* PickBounded(size_t from) const;

  Cluster& cluster_;
  const LbOptions& options_;
  LoadBound bound_;
  std::vector<WeightedHost> hosts_;
  std::vector<Point> ring_;
  double weight_sum_ = 0;
};

}  // namespace sluice::upstream
