#include "descriptors.h"

#include <algorithm>
#include <random>

#include "keyed_hash.h"
#include "sluice/config/schema.h"

namespace sluice::filters::local_ratelimit {

using config::Field;
using config::Message;

namespace {

// Up to so many places are one set; larger tables are cut into sets of kWays.
constexpr size_t kOneSet = 64;
constexpr size_t kWays = 16;

uint64_t Secret() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

bool SameEntries(const std::vector<std::pair<std::string, std::string>>& configured,
                 std::span<const route::DescriptorEntry> descriptor, bool open) {
  if (configured.size() != descriptor.size()) return false;
  for (size_t i = 0; i < configured.size(); ++i) {
    if (configured[i].first != descriptor[i].key) return false;
    if (open && configured[i].second.empty()) continue;
    if (configured[i].second != descriptor[i].value) return false;
  }
  return true;
}

}  // namespace

const Message& DescriptorEntryConfig::Schema() {
  using C = DescriptorEntryConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry", "A key and its value.",
      {Field("key", &C::key, "The key.").Required().NonEmpty(),
       Field("value", &C::value, "The value; empty: each value has a bucket of its own.")});
  return message;
}

const Message& DescriptorConfig::Schema() {
  using C = DescriptorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor",
      "The limit of requests that have exactly these entries.",
      {Field("entries", &C::entries, "The entries, in order.").Required().NonEmpty(),
       Field("token_bucket", &C::token_bucket, "The limit.").Required(),
       config::Unimplemented("shadow_mode", "use filter_enforced").Accept({"false"})});
  return message;
}

// --- Buckets of values that come with requests.

DynamicBuckets::Place::Place(const config::TokenBucketConfig& of)
    : bucket(of.max_tokens, of.tokens_per_fill, of.fill_interval, MonoTime{}) {}

DynamicBuckets::DynamicBuckets(const config::TokenBucketConfig& bucket, uint32_t capacity)
    : ways_(capacity <= kOneSet ? capacity : kWays) {
  const size_t places = capacity <= kOneSet ? capacity : (capacity + kWays - 1) / kWays * kWays;
  for (size_t i = 0; i < places; ++i) places_.emplace_back(bucket);
}

// Two workers may claim a place each for one new key: the one that is further behind takes its
// claim back. So a key has one bucket, but for the moment in which it is new.
TokenBucket& DynamicBuckets::Find(uint64_t key, MonoTime now) {
  key |= 1;  // never kFree
  const int64_t now_ns = now.time_since_epoch().count();
  const size_t first = key / 2 % (places_.size() / ways_) * ways_;
  Place* oldest = nullptr;
  int64_t oldest_ns = 0;
  for (size_t i = first; i < first + ways_; ++i) {
    Place& place = places_[i];
    const int64_t used = place.used_at_ns.load(std::memory_order_relaxed);
    if (place.key.load(std::memory_order_acquire) == key) {
      if (used < now_ns) place.used_at_ns.store(now_ns, std::memory_order_relaxed);
      return place.bucket;
    }
    if (oldest != nullptr && used >= oldest_ns) continue;
    oldest = &place;
    oldest_ns = used;
  }
  oldest->used_at_ns.store(now_ns, std::memory_order_relaxed);
  oldest->bucket.Fill(now);
  oldest->key.store(key);
  for (size_t i = first; &places_[i] != oldest; ++i) {
    if (places_[i].key.load() != key) continue;
    uint64_t mine = key;
    oldest->key.compare_exchange_strong(mine, kFree);
    return places_[i].bucket;
  }
  return oldest->bucket;
}

// --- All of them.

DescriptorBuckets::DescriptorBuckets(const std::vector<DescriptorConfig>& configs,
                                     uint32_t max_dynamic)
    : secret_{Secret(), Secret()} {
  for (const DescriptorConfig& config : configs) {
    std::vector<std::pair<std::string, std::string>> entries;
    std::vector<route::DescriptorEntry> views;
    for (const auto& entry : config.entries) {
      entries.emplace_back(entry.key, entry.value);
      views.push_back({entry.key, entry.value});
    }
    if (std::ranges::any_of(entries, [](const auto& entry) { return entry.second.empty(); })) {
      open_.push_back(
          {std::move(entries), std::make_unique<DynamicBuckets>(config.token_bucket, max_dynamic)});
      continue;
    }
    const auto& of = config.token_bucket;
    exact_.emplace(Hash(views), Fixed{std::move(entries), std::make_unique<TokenBucket>(
                                                              of.max_tokens, of.tokens_per_fill,
                                                              of.fill_interval, MonoTime{})});
  }
}

uint64_t DescriptorBuckets::Hash(std::span<const route::DescriptorEntry> descriptor) const {
  KeyedHash hash(secret_[0], secret_[1]);
  for (const route::DescriptorEntry& entry : descriptor) {
    hash.Add(entry.key);
    hash.Add(entry.value);
  }
  return hash.Finish();
}

TokenBucket* DescriptorBuckets::Find(std::span<const route::DescriptorEntry> descriptor,
                                     MonoTime now) const {
  const uint64_t hash = Hash(descriptor);
  const auto [begin, end] = exact_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (SameEntries(at->second.entries, descriptor, false)) return at->second.bucket.get();
  }
  for (const Open& open : open_) {
    if (SameEntries(open.entries, descriptor, true)) return &open.buckets->Find(hash, now);
  }
  return nullptr;
}

}  // namespace sluice::filters::local_ratelimit
