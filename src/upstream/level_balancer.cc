#include "level_balancer.h"

#include <algorithm>

#include "runtime_values.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

uint64_t Sum(std::span<Host* const> hosts, bool by_weight) {
  if (!by_weight) return hosts.size();
  uint64_t sum = 0;
  for (const Host* host : hosts) sum += host->weight();
  return sum;
}

}  // namespace

LevelBalancer::LevelBalancer(Cluster& cluster, const LbOptions& options, uint64_t seed)
    : cluster_(cluster), options_(options), seed_(seed), random_(static_cast<uint32_t>(seed)) {}

void LevelBalancer::Update(std::span<const HostView> priorities) {
  while (levels_.size() > priorities.size()) levels_.pop_back();
  while (levels_.size() < priorities.size()) {
    levels_.emplace_back(cluster_, options_, seed_ + 16 * levels_.size());
  }
  std::vector<PriorityHealth> health;
  for (size_t i = 0; i < priorities.size(); ++i) {
    const HostView& view = priorities[i];
    UpdateLevel(i, view);
    const bool weigh = options_.weighted_priority_health;
    health.push_back({Sum(view.all, weigh) - Sum(view.excluded, weigh), Sum(view.healthy, weigh),
                      Sum(view.degraded, weigh)});
  }
  const LbValues now = LbValuesOf(options_, cluster_.runtime());
  loads_ = SpreadWithPanic(health, options_.overprovisioning_factor, now.panic_threshold);
  const auto full = std::ranges::find_if(
      loads_, [](const PriorityLoad& load) { return load.healthy_percent == 100 && !load.panic; });
  single_ = full != loads_.end();
  single_level_ = single_ ? static_cast<size_t>(full - loads_.begin()) : 0;
}

void LevelBalancer::UpdateLevel(size_t priority, const HostView& view) {
  Level& level = levels_[priority];
  level.all.UpdateFlat(view.all);
  if (options_.locality == LocalityMode::kWeighted) {
    level.healthy.UpdateWeighted(view.healthy, view.all, view.localities);
    level.degraded.UpdateWeighted(view.degraded, view.all, view.localities);
    return;
  }
  level.degraded.UpdateFlat(view.degraded);
  const ZoneSplit* split = view.zones;
  if (split != nullptr && split->active() && priority == 0 && !options_.hashes()) {
    level.healthy.UpdateZones(view.healthy, view.localities, *split);
  } else {
    level.healthy.UpdateFlat(view.healthy);
  }
}

Host* LevelBalancer::PickOnce(const LbContext& context, uint32_t attempt) {
  if (single_) [[likely]]
    return levels_[single_level_].healthy.Pick(context, attempt);
  if (loads_.empty()) return nullptr;
  const bool by_hash = options_.hashes() && context.hash.has_value();
  const auto ticket = static_cast<uint32_t>((by_hash ? *context.hash : random_()) % 100);
  const PriorityChoice choice = ChoosePriority(loads_, ticket);
  Level& level = levels_[choice.priority];
  if (loads_[choice.priority].panic) return PickPanicking(level, context, attempt);
  return (choice.degraded ? level.degraded : level.healthy).Pick(context, attempt);
}

Host* LevelBalancer::PickPanicking(Level& level, const LbContext& context, uint32_t attempt) {
  cluster_.stats().lb_healthy_panic.Inc();
  return options_.fail_traffic_on_panic ? nullptr : level.all.Pick(context, attempt);
}

Host* LevelBalancer::Pick(const LbContext& context) {
  Host* host = PickOnce(context, 0);
  if (context.avoid == nullptr) [[likely]]
    return host;
  for (uint32_t i = 1; i <= context.max_avoid_attempts && host != nullptr; ++i) {
    if (!context.avoid->Avoid(*host)) break;
    host = PickOnce(context, i);
  }
  return host;
}

}  // namespace sluice::upstream
