#include "sluice/event/io.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice {
namespace {

struct Handler final : IoHandler {
  void OnIo() override {
    ++calls;
    auto copy = action;  // it may be replaced while it runs
    if (copy) copy();
  }
  void OnIoSoon() override {
    ++announced;
    if (soon) soon();
  }
  void OnWatchFailed(Error error) override { failure = std::move(error.detail); }
  int calls = 0;
  int announced = 0;
  std::string failure;
  std::function<void()> action;
  std::function<void()> soon;
};

class IoWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    Turn();  // the first one does not wait
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, a_), 0);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, b_), 0);
  }
  void TearDown() override {
    for (int fd : {a_[0], a_[1], b_[0], b_[1]}) {
      if (fd >= 0) ::close(fd);
    }
  }
  void Turn() { loop_.RunOnce(Duration::zero()); }

  EventLoop loop_;
  int a_[2] = {-1, -1};
  int b_[2] = {-1, -1};
};

TEST_F(IoWatchTest, EdgesComeOncePerChange) {
  Handler handler;
  IoWatch watch;
  ASSERT_TRUE(watch.Open(loop_, a_[0], handler));
  Turn();
  EXPECT_EQ(handler.calls, 1);  // writable from the start
  EXPECT_TRUE(watch.writable());
  EXPECT_FALSE(watch.readable());
  Turn();
  EXPECT_EQ(handler.calls, 1);

  ASSERT_EQ(::write(a_[1], "x", 1), 1);
  Turn();
  EXPECT_TRUE(watch.readable());
  EXPECT_FALSE(watch.hangup());
  Turn();
  EXPECT_EQ(handler.calls, 2);  // unread, but no new edge

  ::shutdown(a_[1], SHUT_WR);
  Turn();
  EXPECT_EQ(handler.calls, 3);
  EXPECT_TRUE(watch.hangup());
  EXPECT_FALSE(watch.failed());
}

TEST_F(IoWatchTest, ClosedByAnEarlierEventOfTheBatchGetsNoCall) {
  Handler first;
  Handler second;
  auto one = std::make_unique<IoWatch>();
  auto two = std::make_unique<IoWatch>();
  ASSERT_TRUE(one->Open(loop_, a_[0], first));
  ASSERT_TRUE(two->Open(loop_, b_[0], second));
  // Whichever comes first destroys the other one.
  first.action = [&] { two.reset(); };
  second.action = [&] { one.reset(); };
  Turn();
  EXPECT_EQ(first.calls + second.calls, 1);
  Turn();
  EXPECT_EQ(first.calls + second.calls, 1);
}

TEST_F(IoWatchTest, AllAreAnnouncedBeforeTheFirstIsServedAndTheOrderHolds) {
  std::string log;
  Handler last;
  Handler first;
  last.soon = [&] { log += "last soon "; };
  first.soon = [&] { log += "first soon "; };
  last.action = [&] { log += "last "; };
  first.action = [&] { log += "first "; };
  IoWatch last_watch;
  IoWatch first_watch;
  first_watch.SetOrder(IoOrder::kFirst);
  ASSERT_TRUE(last_watch.Open(loop_, a_[0], last));  // ready before the other one
  ASSERT_TRUE(first_watch.Open(loop_, b_[0], first));
  Turn();
  EXPECT_EQ(log, "last soon first soon first last ");
}

TEST_F(IoWatchTest, OneAloneIsNotAnnounced) {
  Handler handler;
  IoWatch watch;
  ASSERT_TRUE(watch.Open(loop_, a_[0], handler));
  Turn();
  EXPECT_EQ(handler.calls, 1);
  EXPECT_EQ(handler.announced, 0);
}

TEST_F(IoWatchTest, CloseFdTakesTheDescriptorOutOfTheSet) {
  Handler handler;
  IoWatch watch;
  ASSERT_TRUE(watch.Open(loop_, a_[0], handler));
  int fd = a_[0];
  watch.CloseFd();
  a_[0] = -1;
  EXPECT_FALSE(watch.open());
  EXPECT_EQ(::fcntl(fd, F_GETFD), -1);
  ASSERT_GE(::write(b_[1], "x", 1), 1);
  Turn();
  EXPECT_EQ(handler.calls, 0);
}

TEST_F(IoWatchTest, ReopenedInTheSameBatchDoesNotSeeTheOldEvents) {
  Handler first;
  Handler second;
  IoWatch one;
  IoWatch two;
  ASSERT_TRUE(one.Open(loop_, a_[0], first));
  ASSERT_TRUE(two.Open(loop_, b_[0], second));
  ASSERT_EQ(::write(a_[1], "x", 1), 1);
  ASSERT_EQ(::write(b_[1], "x", 1), 1);
  auto reopen = [&](IoWatch& watch, int fd, Handler& handler) {
    watch.Close();
    char byte;
    ASSERT_EQ(::read(fd, &byte, 1), 1);
    ASSERT_TRUE(watch.Open(loop_, fd, handler));
  };
  first.action = [&] {
    first.action = second.action = nullptr;
    reopen(two, b_[0], second);
  };
  second.action = [&] {
    first.action = second.action = nullptr;
    reopen(one, a_[0], first);
  };
  Turn();
  EXPECT_EQ(first.calls + second.calls, 1);
  Turn();
  EXPECT_EQ(first.calls + second.calls, 2);
  EXPECT_NE(one.readable(), two.readable());  // the reopened one has had its byte read
}

TEST_F(IoWatchTest, LevelModeRepeatsUntilRead) {
  Handler handler;
  IoWatch watch;
  ASSERT_TRUE(watch.Open(loop_, a_[0], handler, IoWatch::Mode::kLevelRead));
  ASSERT_EQ(::write(a_[1], "x", 1), 1);
  Turn();
  Turn();
  EXPECT_EQ(handler.calls, 2);
  char byte;
  ASSERT_EQ(::read(a_[0], &byte, 1), 1);
  Turn();
  EXPECT_EQ(handler.calls, 2);
}

TEST_F(IoWatchTest, FailureNamesTheCall) {
  Handler handler;
  IoWatch watch;
  auto failed = watch.Open(loop_, 1'000'000, handler);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("epoll_ctl"), std::string::npos);
  EXPECT_FALSE(watch.open());
}

TEST_F(IoWatchTest, OpenedLaterJoinsWhenTheLoopWouldWait) {
  Handler handler;
  IoWatch watch;
  watch.OpenLater(loop_, a_[0], handler);
  EXPECT_TRUE(watch.readable());
  EXPECT_TRUE(watch.writable());
  watch.ClearReadable();
  ASSERT_EQ(::write(a_[1], "x", 1), 1);
  loop_.RunOnce(std::chrono::seconds(5));  // what came before it joined is not lost
  EXPECT_EQ(handler.calls, 1);
  EXPECT_TRUE(watch.readable());
}

TEST_F(IoWatchTest, OpenedLaterJoinsAfterSomeTurnsWhateverElseGoesOn) {
  Handler handler;
  IoWatch watch;
  watch.OpenLater(loop_, a_[0], handler);
  ASSERT_EQ(::write(a_[1], "x", 1), 1);
  for (int turn = 0; turn < 6; ++turn) {
    EXPECT_TRUE(handler.calls == 0 || turn > 3) << turn;
    loop_.Post([] {});
    Turn();
  }
  EXPECT_EQ(handler.calls, 1);
}

// A regular file cannot join, so that whether somebody tried is seen.
TEST_F(IoWatchTest, OpenedLaterAndClosedBeforeNeverJoins) {
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Handler first;
  Handler second;
  IoWatch closed;
  IoWatch left;
  closed.OpenLater(loop_, file, first);
  left.OpenLater(loop_, file, second);
  closed.Close();
  EXPECT_FALSE(closed.open());
  loop_.RunOnce(std::chrono::milliseconds(1));
  EXPECT_EQ(first.failure, "");
  EXPECT_NE(second.failure.find("epoll_ctl"), std::string::npos) << second.failure;
  left.CloseFd();
}

TEST_F(IoWatchTest, MoreSocketsThanABatchAreAllServed) {
  constexpr size_t kSockets = 700;
  std::vector<int> fds;
  std::vector<std::unique_ptr<IoWatch>> watches;
  std::vector<std::unique_ptr<Handler>> handlers;
  for (size_t i = 0; i < kSockets; ++i) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    fds.insert(fds.end(), pair, pair + 2);
    handlers.push_back(std::make_unique<Handler>());
    watches.push_back(std::make_unique<IoWatch>());
    ASSERT_TRUE(watches.back()->Open(loop_, pair[0], *handlers.back()));
  }
  for (int i = 0; i < 4; ++i) Turn();
  for (const auto& handler : handlers) EXPECT_EQ(handler->calls, 1);
  watches.clear();
  for (int fd : fds) ::close(fd);
}

}  // namespace
}  // namespace sluice
