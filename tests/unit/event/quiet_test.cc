// Handlers are told when nothing has happened on their watches for a while.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/event/io.h"

namespace sluice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Handler final : IoHandler {
  void OnIo() override { watch.ClearReadable(); }
  void OnQuiet() override {
    ++quiet;
    if (close_when_quiet) watch.Close();
  }
  IoWatch watch;
  int quiet = 0;
  bool close_when_quiet = false;
};

struct Wire {
  Wire() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0); }
  ~Wire() {
    ::close(fd[0]);
    ::close(fd[1]);
  }
  int fd[2] = {-1, -1};
};

class QuietTest : public testing::Test {
 protected:
  void Advance(Duration by) {
    clock_.Advance(by);
    for (int i = 0; i < 3; ++i) loop_.RunOnce(Duration::zero());
  }

  ManualClock clock_;
  EventLoop loop_{clock_};
  Wire wire_;
  Handler handler_;
};

TEST_F(QuietTest, IsToldOnceAfterOneToTwoSeconds) {
  ASSERT_TRUE(handler_.watch.Open(loop_, wire_.fd[0], handler_));
  Duration passed{};
  while (handler_.quiet == 0 && passed < seconds(5)) {
    Advance(milliseconds(50));
    passed += milliseconds(50);
  }
  EXPECT_GE(passed, seconds(1));
  EXPECT_LE(passed, seconds(2) + milliseconds(100));
  for (int i = 0; i < 5; ++i) Advance(seconds(1));
  EXPECT_EQ(handler_.quiet, 1);
}

TEST_F(QuietTest, EventsPutItOff) {
  ASSERT_TRUE(handler_.watch.Open(loop_, wire_.fd[0], handler_));
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(::write(wire_.fd[1], "x", 1), 1);
    Advance(milliseconds(700));
    EXPECT_EQ(handler_.quiet, 0);
  }
  for (int i = 0; i < 3; ++i) Advance(seconds(1));
  EXPECT_EQ(handler_.quiet, 1);
}

TEST_F(QuietTest, WhatIsDoneWithoutAnEventCountsToo) {
  handler_.watch.OpenLater(loop_, wire_.fd[0], handler_);
  for (int i = 0; i < 10; ++i) {
    handler_.watch.NoteUse();
    Advance(milliseconds(700));
    EXPECT_EQ(handler_.quiet, 0);
  }
  for (int i = 0; i < 3; ++i) Advance(seconds(1));
  EXPECT_EQ(handler_.quiet, 1);
}

TEST_F(QuietTest, ComesAgainAfterTheNextUse) {
  ASSERT_TRUE(handler_.watch.Open(loop_, wire_.fd[0], handler_));
  for (int round = 1; round < 4; ++round) {
    for (int i = 0; i < 4; ++i) Advance(seconds(1));
    EXPECT_EQ(handler_.quiet, round);
    ASSERT_EQ(::write(wire_.fd[1], "x", 1), 1);
    Advance(milliseconds(1));
  }
}

TEST_F(QuietTest, TheLoopHasNoTimerWhileAllIsQuiet) {
  ASSERT_TRUE(handler_.watch.Open(loop_, wire_.fd[0], handler_));
  EXPECT_EQ(loop_.timers_held(), 1U);
  for (int i = 0; i < 4; ++i) Advance(seconds(1));
  EXPECT_EQ(loop_.timers_held(), 0U);
}

TEST_F(QuietTest, AClosedWatchIsNotHeardOf) {
  ASSERT_TRUE(handler_.watch.Open(loop_, wire_.fd[0], handler_));
  Advance(milliseconds(1));
  handler_.watch.Close();
  for (int i = 0; i < 4; ++i) Advance(seconds(1));
  EXPECT_EQ(handler_.quiet, 0);
}

TEST_F(QuietTest, ManyAreToldInSeveralTurns) {
  constexpr size_t kMany = 200;
  std::vector<std::unique_ptr<Wire>> wires;
  std::vector<std::unique_ptr<Handler>> handlers;
  for (size_t i = 0; i < kMany; ++i) {
    Wire& wire = *wires.emplace_back(std::make_unique<Wire>());
    Handler& handler = *handlers.emplace_back(std::make_unique<Handler>());
    handler.close_when_quiet = i % 3 == 0;
    ASSERT_TRUE(handler.watch.Open(loop_, wire.fd[0], handler));
  }
  Advance(milliseconds(1));
  clock_.Advance(seconds(1));
  loop_.RunOnce(Duration::zero());
  clock_.Advance(seconds(1));
  const auto told = [&] {
    size_t sum = 0;
    for (const auto& one : handlers) sum += static_cast<size_t>(one->quiet);
    return sum;
  };
  loop_.RunOnce(Duration::zero());
  EXPECT_GT(told(), 0U);
  EXPECT_LT(told(), kMany);
  for (int i = 0; i < 10; ++i) Advance(milliseconds(1));
  EXPECT_EQ(told(), kMany);
}

}  // namespace
}  // namespace sluice
