#include "sluice/event/loop.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

struct Item final : RunItem {
  explicit Item(std::function<void()> action) : action_(std::move(action)) {}
  void Run() override { action_(); }
  std::function<void()> action_;
};

struct Corpse final : DeferredDeletable {
  explicit Corpse(std::function<void()> on_death) : on_death_(std::move(on_death)) {}
  ~Corpse() override { on_death_(); }
  std::function<void()> on_death_;
};

TEST(EventLoopTest, PostsFromManyThreadsArriveInEachThreadsOrder) {
  EventLoop loop;
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  std::vector<std::vector<int>> got(kThreads);
  int total = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.Post([&, t, i] {
          EXPECT_TRUE(loop.OnThisThread());
          got[static_cast<size_t>(t)].push_back(i);
          if (++total == kThreads * kPosts) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (auto& thread : threads) thread.join();
  for (const auto& numbers : got) {
    ASSERT_EQ(numbers.size(), static_cast<size_t>(kPosts));
    for (int i = 0; i < kPosts; ++i) ASSERT_EQ(numbers[static_cast<size_t>(i)], i);
  }
}

TEST(EventLoopTest, PostFromItsOwnThreadRunsWithoutAWait) {
  EventLoop loop;
  bool ran = false;
  loop.Post([&] {
    loop.Post([&] {
      ran = true;
      loop.Stop();
    });
  });
  loop.Run();
  EXPECT_TRUE(ran);
}

TEST(EventLoopTest, StopRunsWhatWasPostedBefore) {
  EventLoop loop;
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      loop.Post([&] { ++ran; });
    }
    loop.Stop();
  });
  loop.Run();
  other.join();
  EXPECT_EQ(ran, 100);
}

TEST(EventLoopTest, StopWakesALoopThatSleeps) {
  EventLoop loop;
  std::atomic<bool> running = false;
  loop.Post([&] { running = true; });
  std::thread thread([&] { loop.Run(); });
  while (!running) std::this_thread::yield();
  loop.Stop();
  thread.join();
}

TEST(EventLoopTest, RunsAgainAfterStop) {
  EventLoop loop;
  for (int i = 0; i < 3; ++i) {
    bool ran = false;
    loop.Post([&] {
      ran = true;
      loop.Stop();
    });
    loop.Run();
    EXPECT_TRUE(ran);
  }
}

TEST(EventLoopTest, UnrunTasksDieWithTheLoop) {
  auto payload = std::make_shared<int>(1);
  {
    EventLoop loop;
    loop.Post([payload] {});
  }
  EXPECT_EQ(payload.use_count(), 1);
}

TEST(EventLoopTest, RunItemQueuedByARunItemWaitsForTheNextTurn) {
  EventLoop loop;
  int runs = 0;
  Item item([] {});
  item.action_ = [&] {
    ++runs;
    loop.RunLater(item);
    loop.RunLater(item);  // already queued: once is enough
  };
  loop.RunLater(item);
  loop.RunOnce(Duration::zero());
  EXPECT_EQ(runs, 1);
  loop.RunOnce(std::chrono::hours(1));  // does not wait while something wants to run
  EXPECT_EQ(runs, 2);
}

TEST(EventLoopTest, RunItemMayDestroyOthersInTheList) {
  EventLoop loop;
  auto doomed = std::make_unique<Item>([] { FAIL(); });
  Item first([&] { doomed.reset(); });
  loop.RunLater(first);
  loop.RunLater(*doomed);
  loop.RunOnce(Duration::zero());
  EXPECT_EQ(doomed, nullptr);
}

TEST(EventLoopTest, DeferredObjectsDieAfterTheCallbackAndMayDeferMore) {
  EventLoop loop;
  std::vector<std::string> log;
  Item first([&] {
    loop.DeferDelete(std::make_unique<Corpse>([&] {
      log.push_back("outer");
      loop.DeferDelete(std::make_unique<Corpse>([&] { log.push_back("inner"); }));
    }));
    log.push_back("first");
  });
  Item second([&] { log.push_back("second"); });
  loop.RunLater(first);
  loop.RunLater(second);
  loop.RunOnce(Duration::zero());
  EXPECT_EQ(log, std::vector<std::string>({"first", "outer", "inner", "second"}));
}

// A worker that ends takes one turn to bury what it has closed: nothing else happens in it.
TEST(EventLoopTest, DeferredObjectsDieInATurnInWhichNothingHappens) {
  EventLoop loop;
  bool died = false;
  loop.DeferDelete(std::make_unique<Corpse>([&] { died = true; }));
  loop.RunOnce(Duration::zero());
  EXPECT_TRUE(died);
}

TEST(EventLoopTest, DeferredObjectsDieWithTheLoop) {
  bool died = false;
  {
    EventLoop loop;
    loop.DeferDelete(std::make_unique<Corpse>([&] { died = true; }));
  }
  EXPECT_TRUE(died);
}

TEST(EventLoopTest, TimeIsCachedWithinATurnAndWallTimeFollows) {
  ManualClock clock;
  EventLoop loop(clock);
  MonoTime before = loop.Now();
  WallTime wall = loop.WallNow();
  clock.Advance(std::chrono::milliseconds(300));
  EXPECT_EQ(loop.Now(), before);
  loop.RunOnce(Duration::zero());
  EXPECT_EQ(loop.Now() - before, std::chrono::milliseconds(300));
  EXPECT_EQ(loop.WallNow() - wall, std::chrono::milliseconds(300));
  clock.Advance(std::chrono::seconds(5));
  loop.RunOnce(Duration::zero());
  EXPECT_EQ(loop.WallNow(), clock.Wall());
}

}  // namespace
}  // namespace sluice
