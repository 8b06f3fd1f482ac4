#include "sluice/base/random.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>

#include "sluice/base/random_seed.h"

namespace sluice {
namespace {

TEST(RandomTest, BelowStaysBelowAndReachesEveryValue) {
  std::array<int, 7> seen{};
  for (int i = 0; i < 2000; ++i) {
    const uint64_t value = FastRandomBelow(seen.size());
    ASSERT_LT(value, seen.size());
    ++seen[value];
  }
  for (int count : seen) EXPECT_GT(count, 150);
}

TEST(RandomTest, ThreadsHaveTheirOwnSequence) {
  uint64_t other = 0;
  std::thread thread([&other] { other = FastRandom(); });
  thread.join();
  EXPECT_NE(FastRandom(), other);
}

TEST(RandomTest, ASeedMakesTheNumbersRepeatable) {
  SeedFastRandom(1);
  const uint64_t first = FastRandom();
  EXPECT_NE(FastRandom(), first);
  SeedFastRandom(1);
  EXPECT_EQ(FastRandom(), first);
  SeedFastRandom(2);
  EXPECT_NE(FastRandom(), first);
}

}  // namespace
}  // namespace sluice
