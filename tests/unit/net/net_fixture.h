// Connections over real sockets, a recording set of events, and a raw peer driven by the test.
#pragma once

#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/event/loop.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/connection.h"
#include "sluice/net/unique_fd.h"

namespace sluice::net {

struct Recorder : ConnectionEvents {
  // ConnectionEvents
  void OnConnected() override {
    connected = true;
    if (on_connected) on_connected();
  }
  void OnBytes(ByteChain& in, bool end) override {
    ++calls;
    ended |= end;
    if (on_bytes) return on_bytes(in, end);
    received += in.ToString();
    in.Drain(in.size());
  }
  void OnOutputHigh() override { ++highs; }
  void OnOutputLow() override {
    ++lows;
    if (on_low) on_low();
  }
  void OnFlushed() override { ++flushed; }
  void OnSpliced(uint64_t bytes, bool done) override {
    spliced += bytes;
    splice_done |= done;
    if (done && on_splice_done) on_splice_done();
  }
  void OnClosed(const CloseInfo& info) override {
    ++closes;
    kind = info.kind;
    by_peer = info.by_peer;
    if (info.error != nullptr) error = *info.error;
    if (on_closed) on_closed();
  }

  bool connected = false;
  bool ended = false;
  bool splice_done = false;
  bool by_peer = false;
  int calls = 0;
  int highs = 0;
  int lows = 0;
  int flushed = 0;
  int closes = 0;
  uint64_t spliced = 0;
  CloseKind kind = CloseKind::kOrderly;
  std::optional<Error> error;
  std::string received;
  std::function<void()> on_connected;
  std::function<void(ByteChain&, bool)> on_bytes;
  std::function<void()> on_low;
  std::function<void()> on_splice_done;
  std::function<void()> on_closed;
};

inline size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

class NetTest : public testing::Test {
 protected:
  // Turns until `done` holds; fails the test after ten seconds.
  void Until(const std::function<bool()>& done) {
    MonoTime end = Clock::Real().Mono() + std::chrono::seconds(10);
    while (!done()) {
      ASSERT_LT(Clock::Real().Mono(), end) << "nothing happened in time";
      loop_.RunOnce(std::chrono::milliseconds(1));
    }
  }
  // Turns that find nothing to do show that nothing happens.
  void Settle() {
    for (int i = 0; i < 20; ++i) loop_.RunOnce(Duration::zero());
  }

  // A connected TCP pair over loopback: .first is the test's raw end.
  std::pair<UniqueFd, UniqueFd> TcpPair() {
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Address any = Address::V4(INADDR_LOOPBACK, 0);
    int on = 1;  // inherited by the accepted socket, as ListenSocket has it
    ::setsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    EXPECT_EQ(::bind(listener.get(), any.raw(), any.raw_size()), 0);
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    Address at = LocalAddressOf(listener.get());
    UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), at.raw(), at.raw_size()), 0);
    UniqueFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    EXPECT_TRUE(server.valid());
    return {std::move(client), std::move(server)};
  }
  std::unique_ptr<Connection> Accepted(UniqueFd fd, Recorder& events, bool start = true) {
    auto connection =
        std::make_unique<Connection>(loop_, fd.Release(), Address(), Address(), MakeRawTransport());
    connection->SetEvents(&events);
    if (start) connection->StartReading();
    return connection;
  }

  static void Send(const UniqueFd& peer, std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(n, 0);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  // Reads what is there; nullopt stands for the end or an error.
  static std::optional<std::string> Take(const UniqueFd& peer) {
    std::string bytes(1 << 16, '\0');
    ssize_t n = ::recv(peer.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return std::string();
    if (n <= 0) return std::nullopt;
    bytes.resize(static_cast<size_t>(n));
    return bytes;
  }
  static void SendReset(UniqueFd& peer) {
    linger at_once{1, 0};
    ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    peer.Reset();
  }

  EventLoop loop_;
};

// Bytes that show where they are: nothing may be lost, doubled or moved.
inline std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (char& c : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace sluice::net
