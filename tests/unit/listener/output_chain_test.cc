// What a client is sent passes the filters that look at it, last first, and what one of them holds
// back waits where it is.
#include "output_chain.h"

#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/event/loop.h"
#include "sluice/net/connection.h"
#include "sluice/net/unique_fd.h"

namespace sluice::listener {
namespace {

using filter::NetworkStatus;

// Adds its letter to what passes; holds back what its test says.
class Marker final : public filter::NetworkFilter {
 public:
  explicit Marker(std::string mark) : mark_(std::move(mark)) {}
  NetworkStatus OnData(ByteChain& /*data*/, bool /*end*/) override {
    return NetworkStatus::kContinue;
  }
  NetworkStatus OnOutput(ByteChain& data, bool end) override {
    seen.push_back(data.ToString() + (end ? "." : ""));
    if (on_output) on_output();
    if (hold) return NetworkStatus::kStop;
    if (!data.empty()) data.Append(mark_);
    return NetworkStatus::kContinue;
  }

  bool hold = false;
  std::function<void()> on_output;
  std::vector<std::string> seen;

 private:
  std::string mark_;
};

class Host final : public filter::NetworkFilterHost, private net::ConnectionEvents {
 public:
  Host(EventLoop& loop, int fd)
      : connection_(loop, fd, net::Address(), net::Address(), net::MakeRawTransport()) {
    connection_.SetEvents(this);
    connection_.StartReading();
  }

  net::Connection& connection() override { return connection_; }
  stream::StreamInfo& info() override { std::abort(); }
  const stream::ConnectionInfo& connection_info() override { std::abort(); }
  filter::WorkerContext& worker() override { std::abort(); }
  void Continue() override { ++continued; }
  void ContinueOutput(const filter::NetworkFilter& /*filter*/) override {}
  void Close(net::CloseKind /*kind*/, std::string_view details) override {
    closed = details;
    connection_.Close();
  }
  bool bytes_may_bypass() const override { return false; }

  int continued = 0;
  int highs = 0;
  std::string closed;

 private:
  void OnBytes(ByteChain& in, bool /*end*/) override { in.Clear(); }
  void OnOutputHigh() override { ++highs; }
  void OnClosed(const net::CloseInfo& /*info*/) override {}

  net::Connection connection_;
};

class OutputChainTest : public testing::Test {
 protected:
  OutputChainTest() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    peer_ = net::UniqueFd(fds[0]);
    host_ = std::make_unique<Host>(loop_, fds[1]);
    chain_ = std::make_unique<OutputChain>(*host_);
    chain_->Add(first_);
    chain_->Add(last_);
    Settle();
  }
  ~OutputChainTest() override { host_->connection().Close(); }

  void Settle() {
    for (int i = 0; i < 20; ++i) loop_.RunOnce(Duration::zero());
  }
  void Write(std::string_view text) {
    host_->connection().output().Append(text);
    host_->connection().Flush();
  }
  // All that has come to the client; a full stop for the end.
  std::string Received() {
    Settle();
    std::string out;
    char bytes[4096];
    for (;;) {
      const ssize_t n = ::read(peer_.get(), bytes, sizeof bytes);
      if (n < 0) return out;
      if (n == 0) return out + ".";
      out.append(bytes, static_cast<size_t>(n));
    }
  }

  EventLoop loop_;
  net::UniqueFd peer_;
  std::unique_ptr<Host> host_;
  Marker first_{"f"};
  Marker last_{"l"};
  std::unique_ptr<OutputChain> chain_;
};

TEST_F(OutputChainTest, TheLastFilterLooksFirst) {
  Write("a");
  EXPECT_EQ(Received(), "alf");
  host_->connection().EndOutput();
  EXPECT_EQ(Received(), ".");
  EXPECT_EQ(last_.seen, (std::vector<std::string>{"a", "."}));
}

TEST_F(OutputChainTest, WhatIsHeldBackIsShownAgainWithWhatComesNext) {
  first_.hold = true;
  Write("a");
  Write("b");
  EXPECT_EQ(Received(), "");
  EXPECT_EQ(last_.seen, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(first_.seen, (std::vector<std::string>{"al", "albl"}));
  first_.hold = false;
  Write("c");
  EXPECT_EQ(Received(), "alblclf");
}

TEST_F(OutputChainTest, ContinuingLetsGoWhatTheFilterHasAndNoMore) {
  last_.hold = true;
  Write("a");
  EXPECT_EQ(Received(), "");
  chain_->Continue(last_);
  EXPECT_EQ(Received(), "af");
  Write("b");
  EXPECT_EQ(Received(), "");
  EXPECT_EQ(last_.seen, (std::vector<std::string>{"a", "b"}));
  first_.hold = true;
  chain_->Continue(last_);
  EXPECT_EQ(Received(), "");
  chain_->Continue(first_);
  EXPECT_EQ(Received(), "b");
}

TEST_F(OutputChainTest, BothMayHoldBackAndTheOrderStays) {
  first_.hold = true;
  Write("a");
  last_.hold = true;
  Write("b");
  EXPECT_EQ(Received(), "");
  last_.hold = false;
  Write("c");
  EXPECT_EQ(first_.seen.back(), "albcl");
  chain_->Continue(first_);
  EXPECT_EQ(Received(), "albcl");
}

TEST_F(OutputChainTest, TheEndWaitsForTheBytesBeforeIt) {
  last_.hold = true;
  Write("a");
  host_->connection().EndOutput();
  EXPECT_EQ(Received(), "");
  EXPECT_EQ(last_.seen, (std::vector<std::string>{"a", "a."}));
  chain_->Continue(last_);
  EXPECT_EQ(Received(), "af.");
  EXPECT_EQ(first_.seen, (std::vector<std::string>{"a."}));
}

TEST_F(OutputChainTest, WhatIsHeldBackCountsAsOutput) {
  host_->connection().SetBufferLimit(1000);
  first_.hold = true;
  Write(std::string(2000, 'x'));
  EXPECT_EQ(host_->highs, 1);
  EXPECT_EQ(host_->connection().output().size(), 2001);
  chain_->Continue(first_);
  EXPECT_EQ(Received().size(), 2001);
  EXPECT_TRUE(host_->connection().output().empty());
}

TEST_F(OutputChainTest, AFilterCanAskToCloseWhileItLooks) {
  first_.hold = true;
  first_.on_output = [this] {
    EXPECT_TRUE(chain_->running());
    chain_->ContinueLater();
    chain_->CloseLater(net::CloseKind::kOrderly, "enough");
  };
  Write("a");
  EXPECT_TRUE(host_->connection().open());  // we are still inside the writer's call
  EXPECT_EQ(Received(), ".");
  EXPECT_EQ(host_->closed, "enough");
}

TEST_F(OutputChainTest, AFilterCanWriteWhileItLooks) {
  last_.on_output = [this] {
    last_.on_output = nullptr;
    Write("b");
  };
  Write("a");
  EXPECT_EQ(Received(), "alfblf");
}

TEST_F(OutputChainTest, ClosingAfterTheFlushWaitsForWhatIsHeldBack) {
  first_.hold = true;
  Write("a");
  host_->connection().CloseAfterFlush(Duration::zero());
  EXPECT_EQ(Received(), "");
  chain_->Continue(first_);
  EXPECT_EQ(Received(), "al.");
}

}  // namespace
}  // namespace sluice::listener
