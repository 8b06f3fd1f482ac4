#include "round_robin.h"

#include <algorithm>
#include <unordered_map>

namespace sluice::upstream {

void WeightedTurns::Update(std::span<Host* const> hosts, uint32_t start) {
  std::unordered_map<Host*, int64_t> before;
  for (const Turn& turn : turns_) before.emplace(turn.host, turn.current);
  const bool fresh = turns_.empty();
  turns_.clear();
  total_weight_ = 0;
  equal_ = true;
  for (Host* host : hosts) {
    const auto found = before.find(host);
    turns_.push_back({host, found == before.end() ? 0 : found->second});
    total_weight_ += host->weight();
    equal_ = equal_ && host->weight() == hosts.front()->weight();
  }
  if (fresh) next_ = start;
  next_ = turns_.empty() ? 0 : next_ % turns_.size();
}

Host* WeightedTurns::Next() {
  if (turns_.empty()) return nullptr;
  if (!equal_) return NextByWeight();
  Host* host = turns_[next_].host;
  if (++next_ == turns_.size()) next_ = 0;
  return host;
}

// Everybody gains its weight, the richest is picked and pays the sum.
Host* WeightedTurns::NextByWeight() {
  Turn* best = nullptr;
  for (Turn& turn : turns_) {
    turn.current += turn.host->weight();
    if (best == nullptr || turn.current > best->current) best = &turn;
  }
  best->current -= total_weight_;
  return best->host;
}

RoundRobin::RoundRobin(uint32_t overprovisioning, uint32_t seed)
    : overprovisioning_(overprovisioning), random_(seed) {}

void RoundRobin::Update(std::span<const HostView> priorities) {
  levels_.resize(priorities.size());
  std::vector<PriorityHealth> health;
  for (size_t i = 0; i < priorities.size(); ++i) {
    const HostView& view = priorities[i];
    const auto start = static_cast<uint32_t>(random_());
    levels_[i].healthy.Update(view.healthy, start);
    levels_[i].degraded.Update(view.degraded, start);
    levels_[i].all.Update(view.all, start);
    health.push_back({static_cast<uint32_t>(view.all.size()),
                      static_cast<uint32_t>(view.healthy.size()),
                      static_cast<uint32_t>(view.degraded.size())});
  }
  loads_ = SpreadOverPriorities(health, overprovisioning_);
  const auto full = std::ranges::find(loads_, 100U, &PriorityLoad::healthy_percent);
  single_ = full != loads_.end();
  single_level_ = single_ ? static_cast<size_t>(full - loads_.begin()) : 0;
  panic_ = std::ranges::all_of(loads_, [](const PriorityLoad& load) {
    return load.healthy_percent + load.degraded_percent == 0;
  });
}

Host* RoundRobin::PickOnce() {
  if (single_) return levels_[single_level_].healthy.Next();
  if (panic_) {
    for (Level& level : levels_) {
      if (Host* host = level.all.Next()) return host;
    }
    return nullptr;
  }
  const PriorityChoice choice = ChoosePriority(loads_, static_cast<uint32_t>(random_() % 100));
  Level& level = levels_[choice.priority];
  return choice.degraded ? level.degraded.Next() : level.healthy.Next();
}

Host* RoundRobin::Pick(const LbContext& context) {
  Host* host = PickOnce();
  if (context.avoid == nullptr) return host;
  for (uint32_t i = 0; i < context.max_avoid_attempts && host != nullptr; ++i) {
    if (!context.avoid->Avoid(*host)) break;
    host = PickOnce();
  }
  return host;
}

}  // namespace sluice::upstream
