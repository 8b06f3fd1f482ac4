#include "round_robin.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "slow_start.h"

namespace sluice::upstream {

RoundRobin::RoundRobin(EventLoop& loop, const match::RuntimeSnapshot* runtime,
                       std::optional<SlowStart> slow_start, uint64_t start)
    : loop_(loop), runtime_(runtime), slow_start_(std::move(slow_start)), start_(start) {}

void RoundRobin::Update(std::span<const WeightedHost> hosts) {
  std::unordered_map<Host*, double> before;
  std::vector<SmoothTurns::Turn>& turns = turns_.turns();
  for (size_t i = 0; i < hosts_.size(); ++i) before.emplace(hosts_[i], turns[i].current);
  const bool fresh = hosts_.empty();
  hosts_.clear();
  turns.clear();
  equal_ = true;
  young_until_ = {};
  for (const WeightedHost& each : hosts) {
    const auto found = before.find(each.host);
    hosts_.push_back(each.host);
    turns.push_back({each.weight, found == before.end() ? 0 : found->second});
    equal_ = equal_ && each.weight == hosts.front().weight;
    if (slow_start_) {
      young_until_ = std::max(young_until_, each.host->healthy_since() + slow_start_->window);
    }
  }
  if (fresh) next_ = start_;
  next_ = hosts_.empty() ? 0 : next_ % hosts_.size();
}

Host* RoundRobin::Pick(const LbContext& /*context*/, uint32_t /*attempt*/) {
  if (hosts_.empty()) return nullptr;
  if (!equal_ || (slow_start_ && loop_.Now() < young_until_)) return PickByWeight();
  Host* host = hosts_[next_];
  if (++next_ == hosts_.size()) next_ = 0;
  return host;
}

Host* RoundRobin::PickByWeight() {
  const MonoTime now = loop_.Now();
  const bool young = slow_start_ && now < young_until_;
  const double aggression = young ? slow_start_->aggression.Now(runtime_, kLeastAggression) : 1;
  const size_t place = turns_.Next([&](size_t i) {
    const double weight = turns_.turns()[i].weight;
    if (!young) return weight;
    return weight * SlowStartFactor(*slow_start_, now - hosts_[i]->healthy_since(), aggression);
  });
  return place == SmoothTurns::kNobody ? nullptr : hosts_[place];
}

}  // namespace sluice::upstream
