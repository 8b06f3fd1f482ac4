#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/event/loop.h"

namespace sluice {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class TimerTest : public testing::Test {
 protected:
  void Advance(Duration by) {
    clock_.Advance(by);
    loop_.RunOnce(Duration::zero());
  }

  ManualClock clock_;
  EventLoop loop_{clock_};
};

TEST_F(TimerTest, FiresOnceAtItsTime) {
  int fired = 0;
  Timer timer(loop_, [&] { ++fired; });
  timer.Arm(milliseconds(10));
  EXPECT_TRUE(timer.armed());
  Advance(milliseconds(9));
  EXPECT_EQ(fired, 0);
  Advance(milliseconds(1));
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(timer.armed());
  Advance(seconds(10));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, MovedLaterFiresAtTheNewTimeOnly) {
  int fired = 0;
  Timer timer(loop_, [&] { ++fired; });
  timer.Arm(milliseconds(10));
  Advance(milliseconds(5));
  timer.Arm(milliseconds(10));
  Advance(milliseconds(9));
  EXPECT_EQ(fired, 0);
  Advance(milliseconds(1));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, MovedEarlierFiresEarlier) {
  int fired = 0;
  Timer timer(loop_, [&] { ++fired; });
  timer.Arm(seconds(60));
  timer.Arm(milliseconds(1));
  Advance(milliseconds(1));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, DisarmedDoesNotFireAndLeavesTheHeapInTheEnd) {
  Timer timer(loop_, [] { FAIL(); });
  timer.Arm(milliseconds(1));
  timer.Disarm();
  EXPECT_FALSE(timer.armed());
  Advance(milliseconds(2));
  EXPECT_EQ(loop_.timers_held(), 0u);
}

TEST_F(TimerTest, DestroyedTimersLeaveNothingBehind) {
  for (int i = 0; i < 1000; ++i) {
    Timer timer(loop_, [] { FAIL(); });
    timer.Arm(milliseconds(i % 7));
  }
  EXPECT_EQ(loop_.timers_held(), 0u);
  Advance(seconds(1));
}

TEST_F(TimerTest, MayDestroyItselfInItsCallback) {
  auto payload = std::make_shared<std::string>("still here");
  std::string seen;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&, payload] {
    timer.reset();
    seen = *payload;
  });
  timer->Arm(milliseconds(1));
  Advance(milliseconds(1));
  EXPECT_EQ(seen, "still here");
}

TEST_F(TimerTest, MayRearmItselfInItsCallback) {
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] {
    if (++fired < 3) timer->Arm(milliseconds(5));
  });
  timer->Arm(milliseconds(5));
  for (int i = 0; i < 5; ++i) Advance(milliseconds(5));
  EXPECT_EQ(fired, 3);
}

TEST_F(TimerTest, RearmedForNowInItsCallbackFiresInTheNextTurn) {
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] {
    ++fired;
    timer->Arm(Duration::zero());
  });
  timer->Arm(Duration::zero());
  Advance(Duration::zero());
  EXPECT_EQ(fired, 1);
  Advance(microseconds(1));
  EXPECT_EQ(fired, 2);
}

TEST_F(TimerTest, MayDestroyAndRearmOthersThatAreDueInTheSameTurn) {
  std::vector<int> fired;
  std::unique_ptr<Timer> doomed = std::make_unique<Timer>(loop_, [&] { fired.push_back(2); });
  Timer moved(loop_, [&] { fired.push_back(3); });
  Timer first(loop_, [&] {
    fired.push_back(1);
    doomed.reset();
    moved.Arm(milliseconds(50));
  });
  first.Arm(milliseconds(1));
  doomed->Arm(milliseconds(2));
  moved.Arm(milliseconds(3));
  Advance(milliseconds(10));
  EXPECT_EQ(fired, std::vector<int>({1}));
  Advance(milliseconds(50));
  EXPECT_EQ(fired, std::vector<int>({1, 3}));
}

TEST_F(TimerTest, HugeDelaysDoNotOverflow) {
  Timer timer(loop_, [] { FAIL(); });
  timer.Arm(Duration::max());
  EXPECT_TRUE(timer.armed());
  Advance(std::chrono::hours(24 * 365));
}

// Random arming, moving, disarming and destroying beside a plain list of deadlines.
TEST_F(TimerTest, AgreesWithAListOfDeadlines) {
  constexpr int kTimers = 200;
  std::mt19937 random(7);
  std::vector<std::unique_ptr<Timer>> timers(kTimers);
  std::vector<std::optional<MonoTime>> due(kTimers);
  std::vector<MonoTime> order;
  for (int step = 0; step < 20'000; ++step) {
    auto i = random() % kTimers;
    switch (random() % 5) {
      case 0:
        if (timers[i]) timers[i]->Disarm();
        due[i].reset();
        break;
      case 1:
        timers[i].reset();
        due[i].reset();
        break;
      default: {
        if (!timers[i]) {
          timers[i] = std::make_unique<Timer>(loop_, [&, i] {
            ASSERT_TRUE(due[i].has_value());
            ASSERT_LE(*due[i], loop_.Now());
            order.push_back(*due[i]);
            due[i].reset();
          });
        }
        Duration after = microseconds(random() % 5000);
        timers[i]->Arm(after);
        due[i] = loop_.Now() + after;
      }
    }
    if (step % 16 == 0) {
      order.clear();
      Advance(microseconds(random() % 800));
      EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
      for (const auto& one : due) ASSERT_TRUE(!one || *one > loop_.Now());
    }
  }
  EXPECT_LE(loop_.timers_held(), static_cast<size_t>(kTimers));
}

TEST(TimerRealClockTest, ShortTimerDoesNotSpinWhileItWaits) {
  EventLoop loop;
  bool fired = false;
  Timer timer(loop, [&] {
    fired = true;
    loop.Stop();
  });
  loop.UpdateNow();
  loop.RunOnce(Duration::zero());
  uint64_t before = loop.turns();
  timer.Arm(microseconds(2500));
  MonoTime begin = Clock::Real().Mono();
  loop.Run();
  EXPECT_TRUE(fired);
  EXPECT_GE(Clock::Real().Mono() - begin, microseconds(2000));
  EXPECT_LE(loop.turns() - before, 3u);
}

}  // namespace
}  // namespace sluice
