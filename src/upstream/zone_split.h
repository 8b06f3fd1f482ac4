// Zone aware routing: how much of a proxy's traffic stays in its own zone. The proxies of all zones
// are taken to get the same load each, so a zone with more proxies than hosts sends the rest over
// to zones that have hosts to spare. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::upstream {

inline constexpr size_t kNoLocality = static_cast<size_t>(-1);

struct ZoneHosts {
  uint64_t proxies = 0;  // healthy hosts of the local cluster in the locality
  uint64_t hosts = 0;    // healthy hosts of the cluster to balance
};

struct ZoneSplit {
  size_t own = kNoLocality;  // index of the own locality; none: not zone aware
  uint32_t own_share = 0;    // in 1/10000 of the traffic; 10000: all
  // What the others can take on, in any unit; all zero: they are as full as we are.
  std::vector<uint64_t> spare;

  bool active() const { return own != kNoLocality; }
};

// `zones` by locality index; `own` is this proxy's.
ZoneSplit SplitByZone(std::span<const ZoneHosts> zones, size_t own);

}  // namespace sluice::upstream
