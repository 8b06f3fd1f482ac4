// Several sockets that are ready in one turn are read before the first of them is served: nothing
// of that may show but in the order of system calls.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "net_fixture.h"

namespace sluice::net {
namespace {

// Two connections whose events come in one batch, whichever comes first.
class ReadAheadTest : public NetTest {
 protected:
  struct Side {
    UniqueFd peer;
    Recorder events;
    std::unique_ptr<Connection> connection;
  };

  ReadAheadTest() {
    for (Side* side : {&a_, &b_}) {
      auto [peer, fd] = TcpPair();
      side->peer = std::move(peer);
      side->connection = Accepted(std::move(fd), side->events);
    }
    Settle();  // both have joined the set
  }
  static void TakeAll(Side& side, ByteChain& in) {
    side.events.received += in.ToString();
    in.Drain(in.size());
  }
  // Whoever is served first does this to the other.
  void FirstDoes(const std::function<void(Side& other)>& act) {
    for (Side* side : {&a_, &b_}) {
      side->events.on_bytes = [this, side, act](ByteChain& in, bool) {
        TakeAll(*side, in);
        if (first_ != nullptr) return;
        first_ = side;
        other_ = side == &a_ ? &b_ : &a_;
        act(*other_);
      };
    }
  }

  Side a_;
  Side b_;
  Side* first_ = nullptr;
  Side* other_ = nullptr;
};

TEST_F(ReadAheadTest, BothAreServed) {
  Send(a_.peer, "a");
  Send(b_.peer, "b");
  loop_.RunOnce(Duration::max());
  EXPECT_EQ(a_.events.received, "a");
  EXPECT_EQ(b_.events.received, "b");
  EXPECT_EQ(a_.events.calls, 1);
  EXPECT_EQ(b_.events.calls, 1);
}

TEST_F(ReadAheadTest, APauseBetweenReadingAndServingHolds) {
  FirstDoes([](Side& other) { other.connection->PauseReading(); });
  Send(a_.peer, "same");
  Send(b_.peer, "same");
  Settle();
  ASSERT_NE(other_, nullptr);
  EXPECT_EQ(other_->events.calls, 0);
  other_->connection->ResumeReading();
  Until([&] { return other_->events.received == "same"; });
}

TEST_F(ReadAheadTest, AnEndThatWasReadDuringAPauseIsToldAfterIt) {
  FirstDoes([](Side& other) { other.connection->PauseReading(); });
  for (Side* side : {&a_, &b_}) {
    Send(side->peer, "last");
    ::shutdown(side->peer.get(), SHUT_WR);
  }
  Settle();
  ASSERT_NE(other_, nullptr);
  EXPECT_EQ(other_->events.calls, 0);
  other_->connection->ResumeReading();
  Until([&] { return other_->events.ended; });
  EXPECT_EQ(other_->events.received, "last");
  EXPECT_EQ(other_->events.closes, 0);
}

TEST_F(ReadAheadTest, ClosingTheOtherOneDropsWhatWasRead) {
  FirstDoes([](Side& other) { other.connection->Close(); });
  Send(a_.peer, "same");
  Send(b_.peer, "same");
  Settle();
  ASSERT_NE(other_, nullptr);
  EXPECT_EQ(other_->events.calls, 0);
  EXPECT_EQ(other_->events.closes, 1);
}

TEST_F(ReadAheadTest, DestroyingTheOtherOneDropsWhatWasRead) {
  FirstDoes([](Side& other) { other.connection.reset(); });
  Send(a_.peer, "same");
  Send(b_.peer, "same");
  Settle();
  ASSERT_NE(other_, nullptr);
  EXPECT_EQ(other_->events.calls, 0);
}

TEST_F(ReadAheadTest, ASpliceBegunInBetweenTakesWhatWasRead) {
  auto [sink_peer, sink_fd] = TcpPair();
  Recorder sink_events;
  auto sink = Accepted(std::move(sink_fd), sink_events);
  Settle();
  FirstDoes([&](Side& other) { other.connection->StartSplice(*sink, Connection::kUntilEnd); });
  Send(a_.peer, "moved");
  Send(b_.peer, "moved");
  Settle();
  ASSERT_NE(other_, nullptr);
  EXPECT_EQ(other_->events.calls, 0);
  EXPECT_EQ(Take(sink_peer), "moved");
  EXPECT_EQ(other_->events.spliced, 5u);
}

TEST_F(ReadAheadTest, ABrokenConnectionIsToldOnceWithItsReason) {
  for (Side* side : {&a_, &b_}) SendReset(side->peer);
  Until([&] { return a_.events.closes + b_.events.closes == 2; });
  for (const Side* side : {&a_, &b_}) {
    EXPECT_EQ(side->events.kind, CloseKind::kReset);
    EXPECT_TRUE(side->events.by_peer);
    ASSERT_TRUE(side->events.error.has_value());
    EXPECT_EQ(side->events.error->code, ErrorCode::kConnectionReset);
  }
}

TEST_F(ReadAheadTest, ABreakReadDuringAPauseIsStillABreak) {
  FirstDoes([](Side& other) { other.connection->PauseReading(); });
  for (Side* side : {&a_, &b_}) Send(side->peer, "x");
  Settle();
  ASSERT_NE(other_, nullptr);
  SendReset(other_->peer);
  Until([&] { return other_->events.closes == 1; });
  EXPECT_EQ(other_->events.kind, CloseKind::kReset);
}

TEST_F(ReadAheadTest, MuchAtOnceArrivesWholeAndInOrder) {
  const std::string all = Pattern(300'000);
  for (Side* side : {&a_, &b_}) {
    int flags = ::fcntl(side->peer.get(), F_GETFL);
    ASSERT_EQ(::fcntl(side->peer.get(), F_SETFL, flags | O_NONBLOCK), 0);
  }
  size_t sent_a = 0;
  size_t sent_b = 0;
  const auto push = [&](Side& side, size_t& sent) {
    const ssize_t n =
        ::send(side.peer.get(), all.data() + sent, all.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) sent += static_cast<size_t>(n);
  };
  Until([&] {
    push(a_, sent_a);
    push(b_, sent_b);
    return a_.events.received.size() == all.size() && b_.events.received.size() == all.size();
  });
  EXPECT_EQ(a_.events.received, all);
  EXPECT_EQ(b_.events.received, all);
}

}  // namespace
}  // namespace sluice::net
