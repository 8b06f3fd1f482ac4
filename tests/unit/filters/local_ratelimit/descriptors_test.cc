#include "descriptors.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::filters::local_ratelimit {
namespace {

using std::chrono::seconds;

constexpr MonoTime kNow{std::chrono::hours(1)};

config::TokenBucketConfig OfTokens(uint32_t tokens) {
  config::TokenBucketConfig bucket;
  bucket.max_tokens = tokens;
  bucket.tokens_per_fill = tokens;
  bucket.fill_interval = std::chrono::hours(1);
  return bucket;
}

TEST(DynamicBucketsTest, EachKeyHasItsOwnBucket) {
  DynamicBuckets buckets(OfTokens(1), 8);
  for (uint64_t key = 2; key <= 16; key += 2) {
    EXPECT_TRUE(buckets.Find(key, kNow).TryTake(kNow)) << key;
    EXPECT_FALSE(buckets.Find(key, kNow).TryTake(kNow)) << key;
  }
}

TEST(DynamicBucketsTest, TheLeastRecentlyUsedMakesRoom) {
  DynamicBuckets buckets(OfTokens(1), 2);
  EXPECT_TRUE(buckets.Find(2, kNow).TryTake(kNow));
  EXPECT_TRUE(buckets.Find(4, kNow + seconds(1)).TryTake(kNow + seconds(1)));
  EXPECT_FALSE(buckets.Find(2, kNow + seconds(2)).TryTake(kNow + seconds(2)));
  EXPECT_TRUE(buckets.Find(6, kNow + seconds(3)).TryTake(kNow + seconds(3)));   // in place of 4
  EXPECT_FALSE(buckets.Find(2, kNow + seconds(4)).TryTake(kNow + seconds(4)));  // still there
  EXPECT_TRUE(buckets.Find(4, kNow + seconds(5)).TryTake(kNow + seconds(5)));   // full again
}

// A million keys take no more room than was said, and a busy one keeps its place among them.
TEST(DynamicBucketsTest, AFloodOfKeysIsBounded) {
  DynamicBuckets buckets(OfTokens(1), 1000);
  std::set<const TokenBucket*> seen;
  MonoTime now = kNow;
  EXPECT_TRUE(buckets.Find(2, now).TryTake(now));
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    now += std::chrono::microseconds(1);
    seen.insert(&buckets.Find((i + 10) * 2654435761u * 2, now));
    EXPECT_FALSE(buckets.Find(2, now).TryTake(now));
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_LE(seen.size(), 1008u);
}

// Run under tsan. However many claim it at once, a key ends with one bucket.
TEST(DynamicBucketsTest, ClaimedByManyThreads) {
  DynamicBuckets buckets(OfTokens(1'000'000), 16);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&buckets, t] {
      for (uint64_t i = 0; i < 20'000; ++i) {
        buckets.Find(((i + static_cast<uint64_t>(t)) % 40) * 2, kNow + seconds(i)).TryTake(kNow);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const MonoTime later = kNow + seconds(100'000);
  const TokenBucket* bucket = &buckets.Find(1000, later);
  EXPECT_EQ(&buckets.Find(1000, later), bucket);
}

class DescriptorBucketsTest : public ::testing::Test {
 protected:
  static DescriptorConfig Config(std::vector<std::pair<std::string, std::string>> entries) {
    DescriptorConfig config;
    for (auto& [key, value] : entries) config.entries.push_back({key, value});
    config.token_bucket = OfTokens(1);
    return config;
  }
  TokenBucket* Find(const DescriptorBuckets& buckets, std::vector<route::DescriptorEntry> entries) {
    return buckets.Find(entries, kNow);
  }
};

TEST_F(DescriptorBucketsTest, MatchVerbatimExactBeforeOpen) {
  std::vector<DescriptorConfig> configs;
  configs.push_back(Config({{"path", "/a"}, {"user", ""}}));
  configs.push_back(Config({{"path", "/a"}, {"user", "root"}}));
  configs.push_back(Config({{"path", "/a"}}));
  const DescriptorBuckets buckets(configs, 20);
  TokenBucket* root = Find(buckets, {{"path", "/a"}, {"user", "root"}});
  TokenBucket* one = Find(buckets, {{"path", "/a"}, {"user", "one"}});
  TokenBucket* two = Find(buckets, {{"path", "/a"}, {"user", "two"}});
  EXPECT_NE(root, nullptr);
  EXPECT_NE(one, nullptr);
  EXPECT_NE(one, two);
  EXPECT_NE(root, one);
  EXPECT_EQ(one, Find(buckets, {{"path", "/a"}, {"user", "one"}}));
  EXPECT_NE(Find(buckets, {{"path", "/a"}}), nullptr);
  EXPECT_EQ(Find(buckets, {{"path", "/b"}}), nullptr);
  EXPECT_EQ(Find(buckets, {{"user", "root"}, {"path", "/a"}}), nullptr);
  EXPECT_EQ(Find(buckets, {{"path", "/a"}, {"user", "root"}, {"x", "y"}}), nullptr);
}

}  // namespace
}  // namespace sluice::filters::local_ratelimit
