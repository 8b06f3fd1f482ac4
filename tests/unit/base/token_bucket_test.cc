#include "sluice/base/token_bucket.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenBucketTest, BurstThenOneASecond) {
  MonoTime now{seconds(1000)};
  TokenBucket bucket(10, 1, seconds(1), now);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(bucket.TryTake(now));
  EXPECT_FALSE(bucket.TryTake(now));
  EXPECT_EQ(bucket.NextToken(now), seconds(1));
  EXPECT_FALSE(bucket.TryTake(now + milliseconds(990)));
  EXPECT_TRUE(bucket.TryTake(now + seconds(1)));
  EXPECT_FALSE(bucket.TryTake(now + seconds(1)));
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsCapacity) {
  MonoTime now{seconds(1000)};
  TokenBucket bucket(3, 1, seconds(1), now);
  now += std::chrono::hours(5);
  EXPECT_EQ(bucket.Available(now), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake(now));
  EXPECT_FALSE(bucket.TryTake(now));
}

TEST(TokenBucketTest, AThreadWhoseClockIsBehindGetsTheLastTokenToo) {
  const MonoTime now{seconds(1000)};
  TokenBucket bucket(3, 1, seconds(3600), now);
  EXPECT_TRUE(bucket.TryTake(now + milliseconds(2)));  // fills it up to this moment
  EXPECT_TRUE(bucket.TryTake(now));
  EXPECT_TRUE(bucket.TryTake(now));
  EXPECT_FALSE(bucket.TryTake(now + milliseconds(2)));
}

TEST(TokenBucketTest, ThreadsTogetherNeverTakeMoreThanThereIs) {
  const MonoTime now{seconds(1000)};
  TokenBucket bucket(1000, 1, seconds(1), now);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) taken += bucket.TryTake(now) ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace sluice
