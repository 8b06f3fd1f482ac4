// The hosts of one priority and one state of health, as a whole or locality by locality, and the
// picker or pickers over them. One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "host_picker.h"
#include "smooth_turns.h"
#include "zone_split.h"

namespace sluice::upstream {

class HostGroup {
 public:
  HostGroup(Cluster& cluster, const LbOptions& options, uint64_t seed);

  // One set, whatever locality a host is in.
  void UpdateFlat(std::span<Host* const> hosts);
  // Each locality in turn by its weight and by how many of its hosts (`all`) are in `hosts`.
  void UpdateWeighted(std::span<Host* const> hosts, std::span<Host* const> all,
                      std::span<const LocalityEntry> localities);
  // The own zone first, as far as `split` says; one set as well.
  void UpdateZones(std::span<Host* const> hosts, std::span<const LocalityEntry> localities,
                   const ZoneSplit& split);

  bool empty() const { return size_ == 0; }
  Host* Pick(const LbContext& context, uint32_t attempt);

 private:
  using Weights = std::vector<WeightedHost>;
  HostPicker& PickerOf(size_t locality);
  Host* PickByZone(const LbContext& context, uint32_t attempt);

  enum class Mode : uint8_t { kFlat, kWeighted, kZones };

  Cluster& cluster_;
  const LbOptions& options_;
  uint64_t seed_;
  std::minstd_rand random_;
  Mode mode_ = Mode::kFlat;
  std::unique_ptr<HostPicker> flat_;
  std::vector<std::unique_ptr<HostPicker>> by_locality_;  // by index in the snapshot
  SmoothTurns localities_;                                // kWeighted
  ZoneSplit split_;                                       // kZones
  double zone_routing_enabled_ = 100;                     // the same: percent
  size_t size_ = 0;
};

}  // namespace sluice::upstream
