#include <algorithm>
#include <thread>

#include <fcntl.h>

#include "net_fixture.h"
#include "sluice/net/pipe_pool.h"

namespace sluice::net {
namespace {

// client peer <-> left ==splice==> right <-> server peer
class SpliceTest : public NetTest {
 protected:
  void SetUp() override {
    PipePool::ForThread().SetCap(64, 4);
    MakePair(0);
  }
  // `right_buffer`: what the kernel holds for the right side, about; 0: as it likes.
  void MakePair(int right_buffer) {
    left_events_ = right_events_ = Recorder();
    auto [left_peer, left_fd] = TcpPair();
    auto [right_peer, right_fd] = TcpPair();
    if (right_buffer != 0) {
      ::setsockopt(right_fd.get(), SOL_SOCKET, SO_SNDBUF, &right_buffer, sizeof(right_buffer));
      ::setsockopt(right_peer.get(), SOL_SOCKET, SO_RCVBUF, &right_buffer, sizeof(right_buffer));
    }
    left_peer_ = std::move(left_peer);
    right_peer_ = std::move(right_peer);
    left_ = Accepted(std::move(left_fd), left_events_);
    right_ = Accepted(std::move(right_fd), right_events_);
  }
  void TearDown() override {
    left_.reset();
    right_.reset();
    PipePool::ForThread().Trim();
    EXPECT_EQ(PipePool::ForThread().open(), 0u);
    EXPECT_EQ(SlabPool::ForThread().bytes_in_use(), 0u);
  }

  // Sends from one thread and takes in another, so that the loop in between sees real traffic.
  void Transfer(const std::string& bytes, UniqueFd& from, UniqueFd& to) {
    std::string got;
    bool finished = false;
    std::thread sender([&] {
      Send(from, bytes);
      ::shutdown(from.get(), SHUT_WR);
    });
    std::thread taker([&] {
      std::string part(1 << 18, '\0');
      for (;;) {
        ssize_t n = ::recv(to.get(), part.data(), part.size(), 0);
        if (n <= 0) break;
        got.append(part, 0, static_cast<size_t>(n));
      }
      loop_.Post([&] { finished = true; });
    });
    Until([&] { return finished; });
    sender.join();
    taker.join();
    EXPECT_EQ(got.size(), bytes.size());
    EXPECT_TRUE(got == bytes);
  }
  // Sends a body of known length to a peer who does not read, until all of it has been pulled and
  // the end of it is stuck in the pipe: which length that takes only trying tells.
  std::string StallAtTheEnd() {
    for (size_t size = size_t{32} * 1024; size < (size_t{8} << 20); size += 8192) {
      left_.reset();
      right_.reset();
      MakePair(16 * 1024);
      std::string bytes = Pattern(size);
      left_->StartSplice(*right_, size);
      size_t sent = 0;
      for (int quiet = 0; quiet < 20; ++quiet) {
        const ssize_t n =
            ::send(left_peer_.get(), bytes.data() + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += static_cast<size_t>(n);
        if (n > 0) quiet = 0;
        loop_.RunOnce(Duration::zero());
      }
      if (left_->bytes_read() == size && right_->bytes_written() < size) return bytes;
    }
    return {};
  }
  void EndRightWithLeft() {
    left_events_.on_bytes = [this](ByteChain& in, bool end) {
      EXPECT_TRUE(in.empty());
      if (end) right_->EndOutput();
    };
  }

  UniqueFd left_peer_;
  UniqueFd right_peer_;
  Recorder left_events_;
  Recorder right_events_;
  std::unique_ptr<Connection> left_;
  std::unique_ptr<Connection> right_;
};

TEST(PipePoolTest, TheFirstPipesAreLargeAndOneThatIsClosedMakesRoom) {
  PipePool pool;
  pool.SetCap(3, 2);
  PipeHolder one, two, three, four;
  ASSERT_TRUE(pool.Take(one) && pool.Take(two) && pool.Take(three));
  EXPECT_FALSE(pool.Take(four));
  EXPECT_EQ(pool.large(), 2U);
  EXPECT_GE(::fcntl(one.pipe.write_fd, F_GETPIPE_SZ), 1 << 20);
  EXPECT_EQ(::fcntl(three.pipe.write_fd, F_GETPIPE_SZ), 1 << 16);
  pool.Discard(one);
  EXPECT_EQ(pool.large(), 1U);
  ASSERT_TRUE(pool.Take(four));
  EXPECT_TRUE(four.pipe.large);
  for (PipeHolder* each : {&two, &three, &four}) pool.Return(*each);
  pool.Trim();
  EXPECT_EQ(pool.open() + pool.large(), 0U);
}

constexpr size_t kBulk = size_t{64} << 20;

TEST_F(SpliceTest, SixtyFourMegabytesThroughPipes) {
  std::string bytes = Pattern(kBulk);
  EndRightWithLeft();
  left_->StartSplice(*right_, Connection::kUntilEnd);
  Transfer(bytes, left_peer_, right_peer_);
  EXPECT_EQ(left_events_.spliced, bytes.size());
  EXPECT_TRUE(left_events_.splice_done);
  EXPECT_EQ(left_->bytes_read(), bytes.size());
  EXPECT_EQ(right_->bytes_written(), bytes.size());
  EXPECT_GE(PipePool::ForThread().open(), 1u);
}

TEST_F(SpliceTest, SixtyFourMegabytesCopiedWithoutPipes) {
  PipePool::ForThread().SetCap(0, 0);
  std::string bytes = Pattern(kBulk);
  EndRightWithLeft();
  left_->StartSplice(*right_, Connection::kUntilEnd);
  Transfer(bytes, left_peer_, right_peer_);
  EXPECT_EQ(left_events_.spliced, bytes.size());
  EXPECT_EQ(PipePool::ForThread().open(), 0u);
}

TEST_F(SpliceTest, SixtyFourMegabytesThroughTheCallbacks) {
  std::string bytes = Pattern(kBulk);
  left_events_.on_bytes = [this](ByteChain& in, bool end) {
    right_->output().Append(std::move(in));
    right_->Flush();
    if (right_->output().size() > 0 && !left_->reading_paused()) left_->PauseReading();
    if (end) right_->EndOutput();
  };
  right_->SetBufferLimit(64 * 1024);
  right_->SetNotifyFlushed(true);
  struct Resume : Recorder {
    Connection* left;
    void OnFlushed() override {
      if (left->reading_paused()) left->ResumeReading();
    }
  } resume;
  resume.left = left_.get();
  right_->SetEvents(&resume);
  Transfer(bytes, left_peer_, right_peer_);
}

TEST_F(SpliceTest, BothDirectionsAtOnceAndThenSilence) {
  std::string bytes = Pattern(8 << 20);
  EndRightWithLeft();
  right_events_.on_bytes = [this](ByteChain&, bool end) {
    if (end) left_->EndOutput();
  };
  left_->StartSplice(*right_, Connection::kUntilEnd);
  right_->StartSplice(*left_, Connection::kUntilEnd);
  std::string there;
  std::string back;
  size_t sent_there = 0;
  size_t sent_back = 0;
  auto push = [&](UniqueFd& peer, size_t& sent) {
    ssize_t n = ::send(peer.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT);
    if (n > 0) sent += static_cast<size_t>(n);
  };
  Until([&] {
    push(left_peer_, sent_there);
    push(right_peer_, sent_back);
    there += Take(right_peer_).value_or("");
    back += Take(left_peer_).value_or("");
    return there.size() == bytes.size() && back.size() == bytes.size();
  });
  EXPECT_TRUE(there == bytes);
  EXPECT_TRUE(back == bytes);
  Settle();
  // With nothing to move the loop must be able to sleep.
  uint64_t turns = loop_.turns();
  loop_.RunOnce(std::chrono::milliseconds(20));
  loop_.RunOnce(std::chrono::milliseconds(20));
  EXPECT_EQ(loop_.turns(), turns + 2);
  bool slept = false;
  Timer timer(loop_, [&] { slept = true; });
  timer.Arm(std::chrono::milliseconds(10));
  loop_.RunOnce(std::chrono::milliseconds(500));
  loop_.RunOnce(Duration::zero());
  EXPECT_TRUE(slept);
  EXPECT_LE(loop_.turns(), turns + 4);
}

TEST_F(SpliceTest, BytesAlreadyThereGoFirstAndTheRestAfterTheLimitIsShown) {
  left_events_.on_bytes = [](ByteChain&, bool) {};
  Send(left_peer_, "0123456789");
  Until([&] { return left_->input().size() == 10; });
  left_events_.on_bytes = nullptr;
  right_->output().Append("head:");
  left_->StartSplice(*right_, 15);
  Settle();
  EXPECT_EQ(Take(right_peer_), "head:0123456789");
  Send(left_peer_, "abcdefgh");
  Until([&] { return left_events_.splice_done; });
  EXPECT_EQ(Take(right_peer_), "abcde");
  EXPECT_EQ(left_events_.spliced, 15u);
  Until([&] { return left_events_.received == "fgh"; });
  EXPECT_TRUE(left_->IdleAndClean());
}

TEST_F(SpliceTest, StalledReaderCostsAtMostTheLimit) {
  left_->SetBufferLimit(32 * 1024);
  left_->StartSplice(*right_, Connection::kUntilEnd);
  std::string chunk(256 * 1024, 'x');
  uint64_t read = 0;
  for (int quiet = 0; quiet < 20;) {
    ::send(left_peer_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    loop_.RunOnce(Duration::zero());
    quiet = left_->bytes_read() == read ? quiet + 1 : 0;
    read = left_->bytes_read();
  }
  EXPECT_GT(read, 0u);
  EXPECT_LE(left_->bytes_read() - right_->bytes_written(), 32u * 1024);
}

TEST_F(SpliceTest, TheLastByteIsToldWhenThePipeIsEmpty) {
  const std::string bytes = StallAtTheEnd();
  ASSERT_FALSE(bytes.empty());
  EXPECT_EQ(left_events_.spliced, bytes.size() - 1);
  EXPECT_FALSE(left_events_.splice_done);
  EXPECT_TRUE(left_->splicing());
  std::string got;
  Until([&] {
    got += Take(right_peer_).value_or("");
    return got.size() == bytes.size();
  });
  Until([&] { return left_events_.splice_done; });
  EXPECT_EQ(left_events_.spliced, bytes.size());
  EXPECT_TRUE(got == bytes);
}

TEST_F(SpliceTest, WhatIsStoppedAtItsEndStillEnds) {
  const std::string bytes = StallAtTheEnd();
  ASSERT_FALSE(bytes.empty());
  EXPECT_EQ(left_events_.spliced, bytes.size() - 1);
  right_->CloseAfterFlush(std::chrono::seconds(5));
  Until([&] { return left_events_.splice_done; });
  EXPECT_EQ(left_events_.spliced, bytes.size());
  std::string got;
  Until([&] {
    got += Take(right_peer_).value_or("");
    return got.size() == bytes.size();
  });
  EXPECT_TRUE(got == bytes);
}

TEST_F(SpliceTest, StoppedWithBytesInThePipeLosesNone) {
  left_->StartSplice(*right_, Connection::kUntilEnd);
  std::string bytes = Pattern(32 << 20);
  size_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    ssize_t n = ::send(left_peer_.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT);
    if (n > 0) sent += static_cast<size_t>(n);
    loop_.RunOnce(Duration::zero());
  }
  ASSERT_GT(left_->bytes_read(), right_->bytes_written());  // something is stuck in between
  left_->PauseReading();
  left_->StopSplice();
  left_events_.on_bytes = [this](ByteChain& in, bool) {
    right_->output().Append(std::move(in));
    right_->Flush();
  };
  left_->ResumeReading();
  std::string got;
  Until([&] {
    got += Take(right_peer_).value_or("");
    return got.size() == sent;
  });
  EXPECT_TRUE(got == bytes.substr(0, sent));
}

TEST_F(SpliceTest, ResetOfTheSourceClosesIt) {
  left_->StartSplice(*right_, Connection::kUntilEnd);
  Send(left_peer_, Pattern(100'000));
  Until([&] { return right_->bytes_written() == 100'000; });
  SendReset(left_peer_);
  Until([&] { return left_events_.closes == 1; });
  EXPECT_EQ(left_events_.kind, CloseKind::kReset);
  EXPECT_EQ(right_events_.closes, 0);
  EXPECT_FALSE(left_->splicing());
}

TEST_F(SpliceTest, ResetOfTheSourceIsSeenWhileTheTargetIsStalled) {
  left_->StartSplice(*right_, Connection::kUntilEnd);
  std::string chunk(256 * 1024, 'x');
  for (int i = 0; i < 200; ++i) {
    ::send(left_peer_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    loop_.RunOnce(Duration::zero());
  }
  SendReset(left_peer_);
  Until([&] { return left_events_.closes == 1; });
  EXPECT_EQ(left_events_.kind, CloseKind::kReset);
}

TEST_F(SpliceTest, TargetThatClosesGivesTheSourceBackToItsEvents) {
  left_->StartSplice(*right_, Connection::kUntilEnd);
  Send(left_peer_, Pattern(100'000));
  Until([&] { return right_->bytes_written() == 100'000; });
  SendReset(right_peer_);
  Until([&] { return right_events_.closes == 1; });
  EXPECT_FALSE(left_->splicing());
  Send(left_peer_, "anybody there?");
  Until([&] { return left_events_.received == "anybody there?"; });
}

TEST_F(SpliceTest, DestroyingEitherSideIsSafe) {
  left_->StartSplice(*right_, Connection::kUntilEnd);
  right_->StartSplice(*left_, Connection::kUntilEnd);
  Send(left_peer_, Pattern(200'000));
  Settle();
  right_.reset();
  Settle();
  EXPECT_FALSE(left_->splicing());
}

TEST_F(SpliceTest, IdlePipeIsTakenByWhoNeedsIt) {
  PipePool::ForThread().SetCap(1, 1);
  left_->StartSplice(*right_, Connection::kUntilEnd);
  std::string bytes = Pattern(200'000);
  size_t taken = 0;
  auto take_all = [&](UniqueFd& peer, size_t until) {
    Until([&] {
      taken += Take(peer).value_or("").size();
      return taken == until;
    });
  };
  Send(left_peer_, bytes);
  take_all(right_peer_, bytes.size());
  EXPECT_EQ(PipePool::ForThread().open(), 1u);

  auto [from_peer, from_fd] = TcpPair();
  auto [to_peer, to_fd] = TcpPair();
  Recorder from_events;
  Recorder to_events;
  auto from = Accepted(std::move(from_fd), from_events);
  auto to = Accepted(std::move(to_fd), to_events);
  from->StartSplice(*to, Connection::kUntilEnd);
  taken = 0;
  Send(from_peer, bytes);
  take_all(to_peer, bytes.size());
  EXPECT_EQ(PipePool::ForThread().open(), 1u);
  taken = 0;
  Send(left_peer_, bytes);
  take_all(right_peer_, bytes.size());
}

}  // namespace
}  // namespace sluice::net
