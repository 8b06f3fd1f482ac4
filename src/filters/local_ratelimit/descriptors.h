// The buckets of descriptors: one for each that is configured, and for those with an empty value
// (any value) a bounded table of one for each value that occurs.
//
// Made at load, shared by all workers. No locks: a place of the table is claimed by one atomic, and
// holds a bucket, which is one too.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sluice/base/token_bucket.h"
#include "sluice/config/token_bucket.h"
#include "sluice/config/types.h"
#include "sluice/route/rate_limits.h"

namespace sluice::filters::local_ratelimit {

struct DescriptorEntryConfig {
  std::string key;
  std::string value;  // empty: any
  static const config::Message& Schema();
};

struct DescriptorConfig {
  std::vector<DescriptorEntryConfig> entries;
  config::TokenBucketConfig token_bucket;
  static const config::Message& Schema();
};

// The least recently used bucket makes room for a new value; its own begins full again.
class DynamicBuckets {
 public:
  DynamicBuckets(const config::TokenBucketConfig& bucket, uint32_t capacity);
  TokenBucket& Find(uint64_t key, MonoTime now);

 private:
  static constexpr uint64_t kFree = 0;
  struct Place {
    explicit Place(const config::TokenBucketConfig& bucket);
    std::atomic<uint64_t> key{kFree};
    std::atomic<int64_t> used_at_ns{0};
    TokenBucket bucket;
  };
  std::deque<Place> places_;  // in sets of ways_: a key may lie anywhere in its set
  size_t ways_;
};

class DescriptorBuckets {
 public:
  DescriptorBuckets(const std::vector<DescriptorConfig>& configs, uint32_t max_dynamic);

  bool empty() const { return exact_.empty() && open_.empty(); }
  // The bucket of a request's descriptor; null: it has none.
  TokenBucket* Find(std::span<const route::DescriptorEntry> descriptor, MonoTime now) const;

 private:
  // One with at least one open value.
  struct Open {
    std::vector<std::pair<std::string, std::string>> entries;
    std::unique_ptr<DynamicBuckets> buckets;
  };
  // Keyed: the values come from clients, and nobody shall find two that collide.
  uint64_t Hash(std::span<const route::DescriptorEntry> descriptor) const;

  struct Fixed {
    std::vector<std::pair<std::string, std::string>> entries;
    std::unique_ptr<TokenBucket> bucket;
  };
  std::unordered_multimap<uint64_t, Fixed> exact_;
  std::vector<Open> open_;
  uint64_t secret_[2];
};

}  // namespace sluice::filters::local_ratelimit
