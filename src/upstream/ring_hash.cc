#include "ring_hash.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "sluice/base/hash.h"
#include "sluice/base/random.h"

namespace sluice::upstream {

RingHash::RingHash(Cluster& cluster, const LbOptions& options)
    : cluster_(cluster), options_(options), bound_(cluster, options) {}

// The lightest host has a whole number of points; the ring is as small as that allows above
// minimum_ring_size, and never larger than maximum_ring_size.
void RingHash::Update(std::span<const WeightedHost> hosts) {
  hosts_.assign(hosts.begin(), hosts.end());
  ring_.clear();
  weight_sum_ = 0;
  double lightest = 0;
  for (const WeightedHost& each : hosts_) {
    weight_sum_ += each.weight;
    if (lightest == 0 || each.weight < lightest) lightest = each.weight;
  }
  if (hosts_.empty()) return;
  const double part = lightest / weight_sum_;
  const double scale =
      std::min(std::ceil(part * static_cast<double>(options_.min_ring_size)) / part,
               static_cast<double>(options_.max_ring_size));
  double due = 0;
  uint64_t made = 0;
  for (uint32_t i = 0; i < hosts_.size(); ++i) {
    due += scale * hosts_[i].weight / weight_sum_;
    // A host whose turn rounds down to no point at all would never be found.
    const uint64_t up_to = std::max(static_cast<uint64_t>(std::ceil(due - 1e-6)), made);
    AddPoints(i, up_to - made);
    made = up_to;
  }
  std::ranges::sort(ring_, [](const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.host < b.host;
  });
}

void RingHash::AddPoints(uint32_t host, uint64_t count) {
  std::string key = HashKeyOf(*hosts_[host].host, options_) + '_';
  const size_t stem = key.size();
  for (uint64_t i = 0; i < count; ++i) {
    key.resize(stem);
    fmt::format_to(std::back_inserter(key), "{}", i);
    const bool murmur = options_.hash_function == RingHashFunction::kMurmurHash2;
    ring_.push_back({murmur ? MurmurHash2(key) : XxHash64(key), host});
  }
}

size_t RingHash::Find(uint64_t hash) const {
  const auto found = std::ranges::lower_bound(ring_, hash, {}, &Point::hash);
  return found == ring_.end() ? 0 : static_cast<size_t>(found - ring_.begin());
}

Host* RingHash::Pick(const LbContext& context, uint32_t attempt) {
  if (ring_.empty()) return nullptr;
  const size_t from = (Find(context.hash.value_or(FastRandom())) + attempt) % ring_.size();
  if (bound_.active()) return PickBounded(from);
  return hosts_[ring_[from].host].host;
}

// Along the ring to the first host that bears another request.
Host* RingHash::PickBounded(size_t from) const {
  for (size_t step = 0; step < ring_.size(); ++step) {
    const WeightedHost& each = hosts_[ring_[(from + step) % ring_.size()].host];
    if (!bound_.Exceeded(each, weight_sum_)) return each.host;
  }
  return hosts_[ring_[from].host].host;
}

}  // namespace sluice::upstream
