#include "sluice/base/shared_budget.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(SharedBudgetTest, LimitIsExactWhicheverSlotAsks) {
  for (uint64_t limit : {0, 1, 2, 7, 8, 9, 1000}) {
    SharedBudget budget(limit, 8);
    uint64_t taken = 0;
    for (int i = 0; i < 2000; ++i) taken += budget.TryTake(i % 3 == 0 ? 7 : 2) ? 1 : 0;
    EXPECT_EQ(taken, limit);
    EXPECT_EQ(budget.used(), limit);
    EXPECT_EQ(budget.remaining(), 0U);
  }
}

TEST(SharedBudgetTest, ReturnedTokenServesAnySlot) {
  SharedBudget budget(2, 8);
  ASSERT_TRUE(budget.TryTake(0));
  ASSERT_TRUE(budget.TryTake(0));
  ASSERT_FALSE(budget.TryTake(5));
  budget.Return(0);
  EXPECT_TRUE(budget.TryTake(5));
  EXPECT_FALSE(budget.TryTake(0));
}

TEST(SharedBudgetTest, TokenReturnsOnceAlsoWhenMoved) {
  SharedBudget budget(1, 1);
  {
    BudgetToken token = BudgetToken::Take(budget, 0);
    ASSERT_TRUE(token);
    BudgetToken other = std::move(token);
    EXPECT_FALSE(token);  // NOLINT(bugprone-use-after-move): that it is empty is the point
    EXPECT_FALSE(BudgetToken::Take(budget, 0));
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(SharedBudgetTest, SmallerLimitIsNeverExceededAgain) {
  SharedBudget budget(10, 4);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(budget.TryTake(i % 4));
  budget.SetLimit(3);
  EXPECT_FALSE(budget.TryTake(1));
  EXPECT_EQ(budget.used(), 8U);
  for (int i = 0; i < 5; ++i) {
    budget.Return(i % 4);
    EXPECT_FALSE(budget.TryTake(2)) << i;
  }
  budget.Return(3);
  EXPECT_TRUE(budget.TryTake(2));
  EXPECT_FALSE(budget.TryTake(2));
}

TEST(SharedBudgetTest, LargerLimitPaysDebtFirst) {
  SharedBudget budget(4, 2);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(budget.TryTake(0));
  budget.SetLimit(1);
  budget.SetLimit(5);
  EXPECT_TRUE(budget.TryTake(1));
  EXPECT_FALSE(budget.TryTake(1));
  EXPECT_EQ(budget.used(), 5U);
}

TEST(SharedBudgetTest, UnlimitedDoesNotOverflow) {
  SharedBudget budget(UINT64_MAX, 3);
  EXPECT_TRUE(budget.TryTake(2));
  EXPECT_EQ(budget.used(), 1U);
}

TEST(SharedBudgetTest, ThreadsNeverHoldMoreThanTheLimit) {
  constexpr int kThreads = 4;
  SharedBudget budget(3, kThreads);
  std::atomic<int> held{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (uint32_t slot = 0; slot < kThreads; ++slot) {
    threads.emplace_back([&, slot] {
      for (int i = 0; i < 20000; ++i) {
        if (!budget.TryTake(slot)) continue;
        const int now = held.fetch_add(1) + 1;
        int seen = most.load();
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        held.fetch_sub(1);
        budget.Return(slot);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), 3);
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace sluice
