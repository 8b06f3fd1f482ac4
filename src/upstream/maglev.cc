#include "maglev.h"

#include <algorithm>

#include "sluice/base/hash.h"
#include "sluice/base/random.h"

namespace sluice::upstream {
namespace {

constexpr uint32_t kFree = UINT32_MAX;

// One host's walk through the table: every place once, because the table's size is prime.
struct Walk {
  uint64_t at;
  uint64_t step;
  double share;  // turns a round, up to 1
  double due = 0;
};

}  // namespace

Maglev::Maglev(Cluster& cluster, const LbOptions& options)
    : options_(options), bound_(cluster, options) {}

bool Maglev::IsPrime(uint64_t number) {
  if (number < 2) return false;
  for (uint64_t i = 2; i * i <= number; ++i) {
    if (number % i == 0) return false;
  }
  return true;
}

void Maglev::Update(std::span<const WeightedHost> hosts) {
  hosts_.assign(hosts.begin(), hosts.end());
  weight_sum_ = 0;
  if (hosts_.empty()) return table_.clear();
  const uint64_t size = options_.table_size;
  double heaviest = 0;
  for (const WeightedHost& each : hosts_) {
    weight_sum_ += each.weight;
    heaviest = std::max(heaviest, each.weight);
  }
  std::vector<Walk> walks;
  for (const WeightedHost& each : hosts_) {
    const std::string key = HashKeyOf(*each.host, options_);
    walks.push_back(
        {XxHash64(key) % size, XxHash64(key, 1) % (size - 1) + 1, each.weight / heaviest});
  }
  table_.assign(size, kFree);
  for (uint64_t filled = 0; filled < size;) {
    for (uint32_t i = 0; i < walks.size() && filled < size; ++i) {
      Walk& walk = walks[i];
      walk.due += walk.share;
      if (walk.due < 1) continue;
      walk.due -= 1;
      while (table_[walk.at] != kFree) walk.at = (walk.at + walk.step) % size;
      table_[walk.at] = i;
      ++filled;
    }
  }
}

Host* Maglev::Pick(const LbContext& context, uint32_t attempt) {
  if (table_.empty()) return nullptr;
  uint64_t hash = context.hash.value_or(FastRandom());
  // Another attempt is another, but again a fixed, place.
  if (attempt != 0) hash ^= ~uint64_t{0} - attempt + 1;
  uint64_t place = hash % table_.size();
  const WeightedHost* each = &hosts_[table_[place]];
  if (!bound_.active()) return each->host;
  for (size_t step = 0; step < table_.size(); ++step) {
    const WeightedHost& next = hosts_[table_[(place + step) % table_.size()]];
    if (!bound_.Exceeded(next, weight_sum_)) return next.host;
  }
  return each->host;
}

}  // namespace sluice::upstream
