#include "least_request.h"

#include <algorithm>
#include <cmath>

#include "slow_start.h"

namespace sluice::upstream {
namespace {

uint64_t ActiveRequests(const Host& host) { return host.record().Sum(&HostCells::rq_active); }

}  // namespace

LeastRequest::LeastRequest(EventLoop& loop, const match::RuntimeSnapshot* runtime,
                           const LbOptions& options, uint64_t seed)
    : loop_(loop), runtime_(runtime), options_(options), random_(static_cast<uint32_t>(seed)) {}

void LeastRequest::Update(std::span<const WeightedHost> hosts) {
  hosts_.assign(hosts.begin(), hosts.end());
  schedule_.clear();
  now_ = 0;
  order_ = 0;
  equal_ = true;
  young_until_ = {};
  for (const WeightedHost& each : hosts_) {
    equal_ = equal_ && each.weight == hosts_.front().weight;
    if (options_.slow_start) {
      young_until_ =
          std::max(young_until_, each.host->healthy_since() + options_.slow_start->window);
    }
  }
  for (uint32_t i = 0; i < hosts_.size(); ++i) {
    schedule_.push_back({1 / WeightNow(i), order_++, i});
  }
  std::ranges::make_heap(schedule_, &Later);
  // Workers that begin at the same moment must not go through the hosts in step.
  const size_t skip = hosts_.empty() ? 0 : random_() % hosts_.size();
  for (size_t i = 0; i < skip; ++i) PickDue();
}

Host* LeastRequest::Pick(const LbContext& /*context*/, uint32_t /*attempt*/) {
  if (hosts_.empty()) return nullptr;
  const bool young = options_.slow_start && loop_.Now() < young_until_;
  if (!equal_ || young) return PickDue();
  return options_.full_scan ? PickFromAll() : PickDrawn();
}

Host* LeastRequest::PickDrawn() {
  Host* best = nullptr;
  uint64_t least = UINT64_MAX;
  for (uint32_t i = 0; i < options_.choice_count; ++i) {
    Host* host = hosts_[random_() % hosts_.size()].host;
    const uint64_t active = ActiveRequests(*host);
    if (best != nullptr && active >= least) continue;
    best = host;
    least = active;
  }
  return best;
}

// Of several with the least, each has the same chance.
Host* LeastRequest::PickFromAll() {
  Host* best = nullptr;
  uint64_t least = UINT64_MAX;
  uint32_t equals = 0;
  for (const WeightedHost& each : hosts_) {
    const uint64_t active = ActiveRequests(*each.host);
    if (active > least) continue;
    equals = active < least ? 1 : equals + 1;
    if (active < least || random_() % equals == 0) best = each.host;
    least = active;
  }
  return best;
}

bool LeastRequest::Later(const Due& a, const Due& b) {
  return a.at != b.at ? a.at > b.at : a.order > b.order;
}

Host* LeastRequest::PickDue() {
  std::ranges::pop_heap(schedule_, &Later);
  Due& due = schedule_.back();
  const uint32_t place = due.place;
  now_ = due.at;
  due = {now_ + 1 / WeightNow(place), order_++, place};
  std::ranges::push_heap(schedule_, &Later);
  return hosts_[place].host;
}

double LeastRequest::WeightNow(uint32_t place) const {
  const WeightedHost& each = hosts_[place];
  double weight = each.weight;
  if (options_.slow_start && loop_.Now() < young_until_) {
    weight *= SlowStartFactor(*options_.slow_start, loop_.Now() - each.host->healthy_since(),
                              options_.slow_start->aggression.Now(runtime_, kLeastAggression));
  }
  const auto under_way = static_cast<double>(ActiveRequests(*each.host) + 1);
  const double bias = options_.active_request_bias.Now(runtime_, 0);
  if (bias == 1.0) return weight / under_way;
  return bias == 0.0 ? weight : weight / std::pow(under_way, bias);
}

Host* RandomPicker::Pick(const LbContext& /*context*/, uint32_t /*attempt*/) {
  return hosts_.empty() ? nullptr : hosts_[random_() % hosts_.size()].host;
}

}  // namespace sluice::upstream
