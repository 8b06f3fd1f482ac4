#include "zone_routing.h"

#include <algorithm>
#include <vector>

#include "runtime_values.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

bool Counts(const Host& host) {
  return host.priority() == 0 && host.health() == HostHealth::kHealthy;
}

}  // namespace

ZoneSplit SplitForZone(Cluster& cluster, const ClusterSet& set,
                       std::span<const LocalityEntry> localities) {
  const LocalZone& here = set.local_zone();
  Cluster* local = set.Find(here.cluster);
  if (here.cluster.empty() || local == nullptr || local == &cluster) return {};
  ClusterStats& stats = cluster.stats();
  stats.lb_recalculate_zone_structures.Inc();
  std::vector<ZoneHosts> zones(localities.size());
  size_t own = kNoLocality;
  for (size_t i = 0; i < localities.size(); ++i) {
    if (localities[i].priority == 0 && localities[i].locality == here.locality) own = i;
  }
  uint64_t hosts = 0;
  for (const std::unique_ptr<Host>& host : cluster.hosts()) {
    if (!Counts(*host)) continue;
    ++zones[host->entry().locality].hosts;
    ++hosts;
  }
  if (hosts < LbValuesOf(cluster.options().lb, cluster.runtime()).zone_min_cluster_size) {
    stats.lb_zone_cluster_too_small.Inc();
    return {};
  }
  uint64_t proxies = 0;
  for (const std::unique_ptr<Host>& host : local->hosts()) {
    if (!Counts(*host)) continue;
    const Locality& where = local->LocalityOf(*host);
    for (size_t i = 0; i < localities.size(); ++i) {
      if (localities[i].priority == 0 && localities[i].locality == where) ++zones[i].proxies;
    }
    ++proxies;
  }
  if (proxies == 0) {
    stats.lb_local_cluster_not_ok.Inc();
    return {};
  }
  return own == kNoLocality ? ZoneSplit() : SplitByZone(zones, own);
}

}  // namespace sluice::upstream
