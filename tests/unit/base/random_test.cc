#include "sluice/base/random.h"

#include <array>
#include <thread>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sluice
