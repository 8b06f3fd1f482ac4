#include "host_group.h"

#include <algorithm>

#include "runtime_values.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

HostGroup::HostGroup(Cluster& cluster, const LbOptions& options, uint64_t seed)
    : cluster_(cluster),
      options_(options),
      seed_(seed),
      random_(static_cast<uint32_t>(seed)),
      flat_(MakePicker(cluster, options, seed)) {}

void HostGroup::UpdateFlat(std::span<Host* const> hosts) {
  mode_ = Mode::kFlat;
  size_ = hosts.size();
  Weights weights;
  for (Host* host : hosts) weights.push_back({host, static_cast<double>(host->weight())});
  flat_->Update(weights);
}

HostPicker& HostGroup::PickerOf(size_t locality) {
  std::unique_ptr<HostPicker>& picker = by_locality_[locality];
  if (picker == nullptr) picker = MakePicker(cluster_, options_, seed_ + locality + 1);
  return *picker;
}

void HostGroup::UpdateWeighted(std::span<Host* const> hosts, std::span<Host* const> all,
                               std::span<const LocalityEntry> localities) {
  std::vector<Weights> weights(localities.size());
  std::vector<size_t> total(localities.size());
  for (Host* host : all) ++total[host->entry().locality];
  for (Host* host : hosts) {
    weights[host->entry().locality].push_back({host, static_cast<double>(host->weight())});
  }
  std::vector<double> shares(localities.size());
  double sum = 0;
  for (size_t i = 0; i < localities.size(); ++i) {
    if (weights[i].empty()) continue;
    const double part = static_cast<double>(weights[i].size()) / static_cast<double>(total[i]);
    const double healthy = std::min(1.0, part * options_.overprovisioning_factor / 100.0);
    shares[i] = localities[i].weight * healthy;
    sum += shares[i];
  }
  if (sum == 0) return UpdateFlat(hosts);  // no locality has a weight
  size_ = hosts.size();
  if (options_.hashes()) {
    // One ring for all, or a host that goes would move what went to other localities.
    mode_ = Mode::kFlat;
    Weights scaled;
    for (size_t i = 0; i < localities.size(); ++i) {
      double in_locality = 0;
      for (const WeightedHost& each : weights[i]) in_locality += each.weight;
      for (const WeightedHost& each : weights[i]) {
        if (shares[i] > 0) scaled.push_back({each.host, each.weight / in_locality * shares[i]});
      }
    }
    return flat_->Update(scaled);
  }
  mode_ = Mode::kWeighted;
  by_locality_.resize(localities.size());
  localities_.turns().resize(localities.size());
  for (size_t i = 0; i < localities.size(); ++i) {
    localities_.turns()[i].weight = shares[i];
    PickerOf(i).Update(weights[i]);
  }
}

void HostGroup::UpdateZones(std::span<Host* const> hosts, std::span<const LocalityEntry> localities,
                            const ZoneSplit& split) {
  UpdateFlat(hosts);
  mode_ = Mode::kZones;
  split_ = split;
  zone_routing_enabled_ = LbValuesOf(options_, cluster_.runtime()).zone_routing_enabled;
  by_locality_.resize(localities.size());
  std::vector<Weights> weights(localities.size());
  for (Host* host : hosts) {
    weights[host->entry().locality].push_back({host, static_cast<double>(host->weight())});
  }
  for (size_t i = 0; i < localities.size(); ++i) PickerOf(i).Update(weights[i]);
}

Host* HostGroup::Pick(const LbContext& context, uint32_t attempt) {
  switch (mode_) {
    case Mode::kFlat: return flat_->Pick(context, attempt);
    case Mode::kWeighted: {
      const size_t locality = localities_.Next();
      if (locality == SmoothTurns::kNobody) return nullptr;
      return by_locality_[locality]->Pick(context, attempt);
    }
    case Mode::kZones: return PickByZone(context, attempt);
  }
  return nullptr;
}

Host* HostGroup::PickByZone(const LbContext& context, uint32_t attempt) {
  ClusterStats& stats = cluster_.stats();
  if (static_cast<double>(random_() % 10000) >= zone_routing_enabled_ * 100) {
    return flat_->Pick(context, attempt);
  }
  if (split_.own_share >= 10000) {
    stats.lb_zone_routing_all_directly.Inc();
    return by_locality_[split_.own]->Pick(context, attempt);
  }
  if (random_() % 10000 < split_.own_share) {
    stats.lb_zone_routing_sampled.Inc();
    return by_locality_[split_.own]->Pick(context, attempt);
  }
  uint64_t sum = 0;
  for (const uint64_t spare : split_.spare) sum += spare;
  if (sum == 0) {
    stats.lb_zone_no_capacity_left.Inc();
    return flat_->Pick(context, attempt);
  }
  stats.lb_zone_routing_cross_zone.Inc();
  uint64_t ticket = random_() % sum;
  for (size_t i = 0; i < split_.spare.size(); ++i) {
    if (ticket < split_.spare[i]) return by_locality_[i]->Pick(context, attempt);
    ticket -= split_.spare[i];
  }
  return flat_->Pick(context, attempt);
}

}  // namespace sluice::upstream
