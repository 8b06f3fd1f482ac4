#include "sluice/log/log_queue.h"

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/stats/store.h"

namespace sluice::log {
namespace {

class LogQueueTest : public testing::Test {
 protected:
  std::vector<std::string> Drain(LogQueue& queue) {
    std::vector<std::string> lines;
    queue.Drain([&](uint32_t file, std::string_view line) {
      lines.push_back(std::to_string(file) + ":" + std::string(line));
    });
    return lines;
  }

  stats::Store store_{1};
  WriterSignal signal_;
};

TEST_F(LogQueueTest, LinesComeOutInOrderWithTheirFile) {
  const auto owned = std::make_unique<LogQueue>(4096, 4096, signal_, store_.MainScope("q"), 0);
  LogQueue& queue = *owned;
  EXPECT_TRUE(queue.Push(3, "first\n"));
  EXPECT_TRUE(queue.Push(0, ""));
  EXPECT_TRUE(queue.Push(1, "third\n"));
  EXPECT_EQ(Drain(queue), (std::vector<std::string>{"3:first\n", "0:", "1:third\n"}));
  EXPECT_TRUE(Drain(queue).empty());
  EXPECT_EQ(store_.CounterValue("q.write_buffered"), 3u);
}

TEST_F(LogQueueTest, AFullQueueDropsAndCounts) {
  const auto owned = std::make_unique<LogQueue>(1024, 1024, signal_, store_.MainScope("q"), 0);
  LogQueue& queue = *owned;
  const std::string line(100, 'x');
  int taken = 0;
  while (queue.Push(0, line)) ++taken;
  EXPECT_EQ(taken, 9);                                  // 112 bytes each with their header
  EXPECT_FALSE(queue.Push(0, std::string(5000, 'y')));  // never fits
  EXPECT_EQ(store_.CounterValue("q.write_dropped"), 2u);
  EXPECT_EQ(Drain(queue).size(), 9u);
  EXPECT_TRUE(queue.Push(0, line));
}

TEST_F(LogQueueTest, LinesStayWholeAcrossTheEnd) {
  const auto owned = std::make_unique<LogQueue>(256, 256, signal_, store_.MainScope("q"), 0);
  LogQueue& queue = *owned;
  for (size_t round = 0; round < 500; ++round) {
    const std::string line(round % 120, static_cast<char>('a' + round % 26));
    ASSERT_TRUE(queue.Push(7, line)) << round;
    ASSERT_EQ(Drain(queue), std::vector<std::string>{"7:" + line}) << round;
  }
}

// An urge that arrives while the writer waits for more lines is seen by its next look; it must not
// swallow the one after that.
TEST(WriterSignalTest, UrgeWhileGatheringDoesNotSwallowTheNext) {
  WriterSignal signal;
  signal.Urge();
  EXPECT_TRUE(signal.Wait(0));
  EXPECT_TRUE(signal.TakeUrgent());
  signal.Urge();
  EXPECT_TRUE(signal.Wait(0));
  signal.Rearm();
  signal.Urge();
  EXPECT_TRUE(signal.Wait(0));
}

// Run under tsan.
TEST_F(LogQueueTest, ProducerAndConsumerOnTwoThreads) {
  const auto owned =
      std::make_unique<LogQueue>(1 << 16, 1 << 14, signal_, store_.MainScope("q"), 0);
  LogQueue& queue = *owned;
  constexpr uint32_t kLines = 200'000;
  std::thread producer([&] {
    for (uint32_t i = 0; i < kLines; ++i) {
      while (!queue.Push(i, "line " + std::to_string(i))) std::this_thread::yield();
    }
  });
  uint32_t expected = 0;
  while (expected < kLines) {
    queue.Drain([&](uint32_t file, std::string_view line) {
      ASSERT_EQ(file, expected);
      ASSERT_EQ(line, "line " + std::to_string(expected));
      ++expected;
    });
  }
  producer.join();
}

}  // namespace
}  // namespace sluice::log
