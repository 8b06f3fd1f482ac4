#include "zone_split.h"

#include <algorithm>

namespace sluice::upstream {
namespace {

constexpr uint64_t kAll = 10000;

}  // namespace

ZoneSplit SplitByZone(std::span<const ZoneHosts> zones, size_t own) {
  uint64_t proxies = 0;
  uint64_t hosts = 0;
  for (const ZoneHosts& zone : zones) {
    proxies += zone.proxies;
    hosts += zone.hosts;
  }
  if (proxies == 0 || hosts == 0 || own >= zones.size() || zones[own].proxies == 0) return {};
  const auto load = [&](const ZoneHosts& zone) { return zone.proxies * kAll / proxies; };
  const auto room = [&](const ZoneHosts& zone) { return zone.hosts * kAll / hosts; };
  ZoneSplit split;
  split.own = own;
  split.spare.assign(zones.size(), 0);
  if (room(zones[own]) >= load(zones[own])) {
    split.own_share = kAll;
    return split;
  }
  split.own_share = static_cast<uint32_t>(room(zones[own]) * kAll / load(zones[own]));
  for (size_t i = 0; i < zones.size(); ++i) {
    if (i != own && room(zones[i]) > load(zones[i])) {
      split.spare[i] = room(zones[i]) - load(zones[i]);
    }
  }
  return split;
}

}  // namespace sluice::upstream
