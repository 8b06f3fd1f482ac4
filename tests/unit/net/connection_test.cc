#include "sluice/net/connection.h"

#include <algorithm>

#include <poll.h>

#include "net_fixture.h"

namespace sluice::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ConnectionTest = NetTest;

TEST_F(ConnectionTest, ReadsWhatComesAndWritesAtOnce) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  Send(peer, "hello");
  Until([&] { return events.received == "hello"; });
  connection->output().Append("world");
  connection->Flush();
  EXPECT_EQ(Take(peer), "world");  // without another turn of the loop
  EXPECT_EQ(connection->bytes_read(), 5u);
  EXPECT_EQ(connection->bytes_written(), 5u);
  EXPECT_EQ(connection->local().family(), Address::Family::kV4);
}

TEST_F(ConnectionTest, AcceptedSocketsDoNotReadBeforeTheyAreStarted) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events, false);
  Send(peer, "x");
  Settle();
  EXPECT_EQ(events.calls, 0);
  connection->StartReading();
  Until([&] { return events.received == "x"; });
}

TEST_F(ConnectionTest, SplitWritesArriveInOrder) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  std::string all = Pattern(300);
  for (char c : all) {
    Send(peer, {&c, 1});
    loop_.RunOnce(Duration::zero());
  }
  Until([&] { return events.received.size() == all.size(); });
  EXPECT_EQ(events.received, all);
}

TEST_F(ConnectionTest, BytesAndTheEndInOneEdgeAreBothSeen) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  Send(peer, "last words");
  ::shutdown(peer.get(), SHUT_WR);
  auto connection = Accepted(std::move(fd), events);
  Until([&] { return events.ended; });
  EXPECT_EQ(events.received, "last words");
  EXPECT_EQ(events.closes, 0);
  connection->output().Append("answer");
  connection->Flush();
  connection->EndOutput();
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.kind, CloseKind::kOrderly);
  EXPECT_TRUE(events.by_peer);
  EXPECT_EQ(Take(peer), "answer");
  EXPECT_EQ(Take(peer), std::nullopt);
}

TEST_F(ConnectionTest, OurHalfCloseComesFirst) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  connection->output().Append("done");
  connection->EndOutput();
  EXPECT_EQ(Take(peer), "done");
  EXPECT_EQ(Take(peer), std::nullopt);
  Settle();
  EXPECT_EQ(events.closes, 0);  // the peer may go on
  Send(peer, "late");
  Until([&] { return events.received == "late"; });
  peer.Reset();
  Until([&] { return events.closes == 1; });
  EXPECT_TRUE(events.ended);
  EXPECT_FALSE(events.by_peer);
}

TEST_F(ConnectionTest, LeftoversAtTheEndAreNotLost) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  std::string got;
  events.on_bytes = [&](ByteChain& in, bool) {
    got += in.ToString().substr(0, 1);
    in.Drain(1);
  };
  auto connection = Accepted(std::move(fd), events);
  connection->EndOutput();
  Send(peer, "abc");
  peer.Reset();
  Until([&] { return events.ended; });
  EXPECT_EQ(events.closes, 0);
  while (got.size() < 3) {
    connection->PauseReading();
    connection->ResumeReading();
    Settle();
  }
  EXPECT_EQ(got, "abc");
  Until([&] { return events.closes == 1; });
}

TEST_F(ConnectionTest, ResetByThePeerIsToldAsReset) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  Send(peer, "before");
  SendReset(peer);
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.received, "before");
  EXPECT_EQ(events.kind, CloseKind::kReset);
  EXPECT_TRUE(events.by_peer);
  ASSERT_TRUE(events.error);
  EXPECT_EQ(events.error->code, ErrorCode::kConnectionReset);
  EXPECT_EQ(events.error->retry, Retry::kIfReused);
}

TEST_F(ConnectionTest, ResetIsSeenWhileReadingIsPaused) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events, false);
  SendReset(peer);
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.kind, CloseKind::kReset);
}

TEST_F(ConnectionTest, OurResetReachesThePeer) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  connection->Reset();
  EXPECT_EQ(events.closes, 1);
  EXPECT_EQ(events.kind, CloseKind::kReset);
  EXPECT_FALSE(events.by_peer);
  char byte;
  EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(ConnectionTest, WhatThePeerSaidBeforeItRefusedOurBytesIsDelivered) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events, false);
  Send(peer, "413 go away");
  Send(peer, "!");
  // Unread bytes make the peer's close a reset; the answer lies in our queue, unread as well.
  connection->output().Append("unwanted");
  connection->Flush();
  peer.Reset();
  connection->StartReading();
  connection->output().Append("more");
  connection->Flush();
  EXPECT_EQ(events.closes, 0);  // never from inside Flush
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.received, "413 go away!");
  EXPECT_EQ(events.kind, CloseKind::kReset);
}

TEST_F(ConnectionTest, StalledReaderFillsTheBufferOnceAndLowComesWhenHalfIsGone) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  connection->SetBufferLimit(256 * 1024);
  std::string chunk = Pattern(64 * 1024);
  size_t sent = 0;
  while (events.highs == 0) {
    connection->output().Append(chunk);
    sent += chunk.size();
    connection->Flush();
    ASSERT_LT(sent, size_t{64} << 20);
  }
  EXPECT_LE(connection->output().size(), 256 * 1024 + chunk.size());
  Settle();
  EXPECT_EQ(events.lows, 0);
  std::string got;
  Until([&] {
    got += Take(peer).value_or("");
    return events.lows == 1;
  });
  EXPECT_LE(connection->output().size(), 128u * 1024);
  Until([&] {
    got += Take(peer).value_or("");
    return got.size() == sent;
  });
  for (size_t at = 0; at < sent; at += chunk.size()) {
    ASSERT_EQ(got.compare(at, chunk.size(), chunk), 0);
  }
  EXPECT_EQ(events.highs, 1);
  EXPECT_EQ(events.lows, 1);
}

TEST_F(ConnectionTest, InputThatNobodyTakesStopsAtTheLimit) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  events.on_bytes = [](ByteChain&, bool) {};
  auto connection = Accepted(std::move(fd), events);
  connection->SetBufferLimit(100'000);
  std::string bytes = Pattern(400'000);
  size_t sent = 0;
  while (sent < bytes.size()) {
    ssize_t n = ::send(peer.get(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT);
    if (n < 0) break;
    sent += static_cast<size_t>(n);
    Settle();
  }
  Settle();
  EXPECT_EQ(connection->input().size(), 100'000u);
  connection->PauseReading();
  events.on_bytes = nullptr;
  connection->ResumeReading();
  Until([&] { return events.received.size() == sent; });
  EXPECT_EQ(events.received, bytes.substr(0, sent));
}

TEST_F(ConnectionTest, PausesCount) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  connection->PauseReading();
  connection->PauseReading();
  Send(peer, "x");
  connection->ResumeReading();
  Settle();
  EXPECT_EQ(events.calls, 0);
  connection->ResumeReading();
  EXPECT_EQ(events.calls, 0);  // never from inside the call
  Until([&] { return events.received == "x"; });
}

TEST_F(ConnectionTest, OneBusyConnectionDoesNotKeepTheOthersWaiting) {
  auto [busy_peer, busy_fd] = TcpPair();
  auto [calm_peer, calm_fd] = TcpPair();
  Recorder busy_events;
  Recorder calm_events;
  auto busy = Accepted(std::move(busy_fd), busy_events);
  auto calm = Accepted(std::move(calm_fd), calm_events);
  size_t served_at = 0;
  busy_events.on_bytes = [&](ByteChain& in, bool) {
    in.Drain(in.size());
    std::string more(256 * 1024, 'b');  // so much that the busy one never runs dry
    ::send(busy_peer.get(), more.data(), more.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  };
  calm_events.on_bytes = [&](ByteChain& in, bool) {
    in.Drain(in.size());
    served_at = static_cast<size_t>(busy->bytes_read());
  };
  Send(busy_peer, std::string(64 * 1024, 'b'));
  loop_.RunOnce(Duration::zero());
  Send(calm_peer, "me too");
  size_t before = static_cast<size_t>(busy->bytes_read());
  Until([&] { return served_at > 0; });
  EXPECT_LE(served_at - before, 2u * 256 * 1024 + 64 * 1024);
}

TEST_F(ConnectionTest, FlushedIsToldOncePerDrainAndNeverFromInsideFlush) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  connection->output().Append("a");
  connection->SetNotifyFlushed(true);
  connection->Flush();
  EXPECT_EQ(events.flushed, 0);
  Settle();
  EXPECT_EQ(events.flushed, 1);
  Settle();
  EXPECT_EQ(events.flushed, 1);
  connection->output().Append("b");
  connection->Flush();
  Settle();
  EXPECT_EQ(events.flushed, 2);
}

TEST_F(ConnectionTest, CloseAfterFlushDeliversTheLastBytesAlthoughThePeerStillSends) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  std::string answer = Pattern(4'000'000);
  connection->output().Append(answer);
  connection->CloseAfterFlush(seconds(5));
  EXPECT_EQ(events.closes, 0);
  std::string got;
  std::optional<std::string> part;
  Until([&] {
    ::send(peer.get(), "still talking", 13, MSG_DONTWAIT | MSG_NOSIGNAL);
    part = Take(peer);
    if (part) got += *part;
    return !part;
  });
  EXPECT_EQ(got, answer);
  EXPECT_EQ(events.calls, 0);  // what the peer says now is nobody's business
  peer.Reset();
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.kind, CloseKind::kOrderly);
}

TEST_F(ConnectionTest, CloseAfterFlushWithoutLingerClosesWithTheLastWrite) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  connection->output().Append("bye");
  connection->CloseAfterFlush(Duration::zero());
  Settle();
  EXPECT_EQ(events.closes, 1);
  EXPECT_EQ(Take(peer), "bye");
  EXPECT_EQ(Take(peer), std::nullopt);
}

class ConnectionClockTest : public NetTest {
 protected:
  // A loop of its own whose clock is stepped.
  ManualClock clock_;
  EventLoop stepped_{clock_};
  void Step(Duration by) {
    clock_.Advance(by);
    for (int i = 0; i < 5; ++i) stepped_.RunOnce(Duration::zero());
  }
};

TEST_F(ConnectionClockTest, LingerEndsWithItsTime) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  Connection connection(stepped_, fd.Release(), Address(), Address(), MakeRawTransport());
  connection.SetEvents(&events);
  connection.output().Append("bye");
  connection.CloseAfterFlush(seconds(1));
  Step(Duration::zero());  // writes, and begins to linger
  Step(milliseconds(999));
  EXPECT_EQ(events.closes, 0);
  Step(milliseconds(2));
  EXPECT_EQ(events.closes, 1);
}

TEST_F(ConnectionClockTest, PeerThatTakesNothingIsGivenUpAfterTheStallTime) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  Connection connection(stepped_, fd.Release(), Address(), Address(), MakeRawTransport());
  connection.SetEvents(&events);
  connection.output().Append(Pattern(20'000'000));
  connection.CloseAfterFlush(seconds(1), seconds(10));
  Step(seconds(6));
  for (int i = 0; i < 100; ++i) Take(peer);  // progress starts the time anew
  Step(milliseconds(1));
  Step(seconds(6));
  EXPECT_EQ(events.closes, 0);
  Step(seconds(5));
  EXPECT_EQ(events.closes, 1);
}

TEST_F(ConnectionTest, ConnectsAndTellsLater) {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address any = Address::V4(INADDR_LOOPBACK, 0);
  ASSERT_EQ(::bind(listener.get(), any.raw(), any.raw_size()), 0);
  ASSERT_EQ(::listen(listener.get(), 8), 0);
  Recorder events;
  Connection connection(loop_, MakeRawTransport());
  connection.SetEvents(&events);
  connection.output().Append("early");  // waits for the connect
  connection.Flush();
  Address from = *Address::FromIp("127.0.0.9", 0);
  connection.Connect(LocalAddressOf(listener.get()), &from, SocketTuning());
  EXPECT_FALSE(events.connected);
  Until([&] { return events.connected; });
  EXPECT_TRUE(connection.open());
  EXPECT_EQ(connection.local().Ip(), "127.0.0.9");
  UniqueFd peer(::accept(listener.get(), nullptr, nullptr));
  Until([&] { return Take(peer) == "early"; });
  Send(peer, "back");
  Until([&] { return events.received == "back"; });
  EXPECT_TRUE(connection.IdleAndClean());
}

TEST_F(ConnectionTest, RefusedConnectNamesTheAddressAndMayBeRetried) {
  UniqueFd holder(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));  // bound, does not listen
  Address any = Address::V4(INADDR_LOOPBACK, 0);
  ASSERT_EQ(::bind(holder.get(), any.raw(), any.raw_size()), 0);
  Address at = LocalAddressOf(holder.get());
  Recorder events;
  Connection connection(loop_, MakeRawTransport());
  connection.SetEvents(&events);
  connection.Connect(at, nullptr, SocketTuning());
  EXPECT_EQ(events.closes, 0);
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.kind, CloseKind::kFailed);
  ASSERT_TRUE(events.error);
  EXPECT_EQ(events.error->code, ErrorCode::kConnectFailed);
  EXPECT_EQ(events.error->retry, Retry::kYes);
  EXPECT_NE(events.error->detail.find(at.ToString()), std::string::npos);
  EXPECT_NE(events.error->detail.find("refused"), std::string::npos);
}

TEST_F(ConnectionTest, ConnectToMissingUnixSocketFailsLater) {
  Recorder events;
  Connection connection(loop_, MakeRawTransport());
  connection.SetEvents(&events);
  connection.Connect(*Address::FromUnixPath("/nonexistent/sock"), nullptr, SocketTuning());
  EXPECT_EQ(events.closes, 0);
  Until([&] { return events.closes == 1; });
  EXPECT_EQ(events.kind, CloseKind::kFailed);
}

TEST_F(ConnectionTest, IdleConnectionIsNotCleanOnceThePeerHasSpokenOrGone) {
  for (bool gone : {true, false}) {
    auto [peer, fd] = TcpPair();
    Recorder events;
    auto connection = Accepted(std::move(fd), events);
    Settle();
    EXPECT_TRUE(connection->IdleAndClean());
    connection->PauseReading();  // so that it stays to be asked
    if (gone) {
      peer.Reset();
    } else {
      Send(peer, "unasked");
    }
    Until([&] { return !connection->IdleAndClean(); });
  }
}

TEST_F(ConnectionTest, ExactlyFilledReadDoesNotMakeItUnclean) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  size_t slab = Slab::kBlockBytes - sizeof(Slab);
  bool clean = false;
  events.on_bytes = [&](ByteChain& in, bool) {
    in.Drain(in.size());
    clean = connection->IdleAndClean();
  };
  Send(peer, std::string(slab, 'x'));
  Until([&] { return connection->bytes_read() == slab; });
  EXPECT_TRUE(clean);
}

TEST_F(ConnectionTest, CloseInsideEveryCallbackEndsAllCallbacks) {
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  events.on_bytes = [&](ByteChain&, bool) {
    connection->Close();
    loop_.DeferDelete(std::move(connection));
  };
  Send(peer, std::string(300'000, 'x'));
  Until([&] { return events.closes == 1; });
  Settle();
  EXPECT_EQ(events.calls, 1);
  EXPECT_EQ(connection, nullptr);
}

TEST_F(ConnectionTest, ReplacedTransportGetsTheBytesAlreadyRead) {
  // Stands for TLS: its handshake wants a prefix, the rest is payload in upper case.
  class Shouting final : public TransportSocket {
   public:
    void Preload(ByteChain&& bytes) override { raw_.Append(std::move(bytes)); }
    void Start(int fd) override { inner_->Start(fd); }
    bool handshake_done() const override { return done_; }
    IoResult ContinueHandshake() override {
      if (raw_.size() < 5) inner_->Read(raw_, 5 - raw_.size());
      if (raw_.size() < 5) return {IoState::kDrained, 0};
      raw_.Drain(5);
      done_ = true;
      return {IoState::kMore, 0};
    }
    IoResult Read(ByteChain& into, size_t budget) override {
      IoResult result = {IoState::kMore, 0};
      if (raw_.empty()) result = inner_->Read(raw_, budget);
      std::string text = raw_.ToString();
      raw_.Clear();
      std::ranges::transform(text, text.begin(), ::toupper);
      into.Append(text);
      result.bytes = text.size();
      return result;
    }
    IoResult Write(ByteChain& from) override { return inner_->Write(from); }
    IoResult ShutdownWrite() override { return inner_->ShutdownWrite(); }
    const Error& error() const override { return inner_->error(); }

   private:
    std::unique_ptr<TransportSocket> inner_ = MakeRawTransport();
    ByteChain raw_;
    bool done_ = false;
  };

  for (std::string_view first : {"hel", "hello", "hello wor"}) {
    auto [peer, fd] = TcpPair();
    Recorder peeking;
    peeking.on_bytes = [](ByteChain&, bool) {};
    auto connection = Accepted(std::move(fd), peeking);
    Send(peer, first);
    Until([&] { return connection->input().size() == first.size(); });
    Recorder events;
    connection->SetEvents(&events);
    connection->ReplaceTransport(std::make_unique<Shouting>());
    Send(peer, std::string_view("hello world").substr(first.size()));
    Until([&] { return events.received.size() == 6; });
    EXPECT_EQ(events.received, " WORLD");
    EXPECT_TRUE(events.connected);
    EXPECT_EQ(connection->bytes_read(), 6u);
  }
}

TEST_F(ConnectionTest, NothingIsLeftBehind) {
  size_t descriptors = OpenDescriptors();
  size_t slabs = SlabPool::ForThread().bytes_in_use();
  for (int i = 0; i < 50; ++i) {
    auto [peer, fd] = TcpPair();
    Recorder events;
    auto connection = Accepted(std::move(fd), events);
    Send(peer, "ping");
    if (i % 3 == 0) SendReset(peer);
    if (i % 3 == 1) peer.Reset();
    Settle();
    if (i % 2 == 0) connection->CloseAfterFlush(seconds(1));
    Settle();
  }
  EXPECT_EQ(OpenDescriptors(), descriptors);
  EXPECT_EQ(SlabPool::ForThread().bytes_in_use(), slabs);
  EXPECT_LE(loop_.timers_held(), 1u);  // the loop's own, for quiet watches
}

TEST_F(ConnectionTest, IdleConnectionHoldsNoBuffer) {
  size_t slabs = SlabPool::ForThread().bytes_in_use();
  auto [peer, fd] = TcpPair();
  Recorder events;
  auto connection = Accepted(std::move(fd), events);
  Send(peer, "ping");
  Until([&] { return events.received == "ping"; });
  connection->output().Append("pong");
  connection->Flush();
  EXPECT_EQ(SlabPool::ForThread().bytes_in_use(), slabs);
  EXPECT_LE(sizeof(Connection), 600u);
}

}  // namespace
}  // namespace sluice::net
