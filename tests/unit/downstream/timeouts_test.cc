// When connections and streams end by themselves: time, draining, limits.
#include "connection_fixture.h"

namespace sluice::downstream {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nhost: example.com\r\n\r\n";

TEST_F(HttpConnectionTest, IdleConnectionIsClosed) {
  Options().timeouts.idle = 10s;
  Start();
  AnswerAll();
  Pass(6s);
  Send(kGet);
  EXPECT_EQ(Body(Receive()), "hello");
  Pass(9s);
  EXPECT_EQ(Receive(), "");
  Pass(2s);
  EXPECT_EQ(Receive(), "<end>");
  EXPECT_EQ(Counter("downstream_cx_idle_timeout"), 1u);
}

TEST_F(HttpConnectionTest, HeadMustComeInTime) {
  Options().timeouts.request_headers = 2s;
  Start();
  Send("GET / HTTP/1.1\r\nho");
  Pass(1s);
  Send("st: x\r\n");
  EXPECT_EQ(Receive(), "");
  Pass(2s);
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(Body(response), "request header timeout<end>");
  EXPECT_EQ(Counter("downstream_rq_header_timeout"), 1u);
}

TEST_F(HttpConnectionTest, RequestMustComeInTime) {
  Options().timeouts.request = 5s;
  Start();
  Send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc");
  Pass(3s);
  Send("def");
  Pass(3s);
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(Body(response), "request timeout<end>");
  EXPECT_EQ(Counter("downstream_rq_timeout"), 1u);
}

TEST_F(HttpConnectionTest, RequestTimeoutEndsWithTheRequest) {
  Options().timeouts.request = 5s;
  Start();
  Send(kGet);
  Pass(6s);
  EXPECT_EQ(Receive(), "");
}

TEST_F(HttpConnectionTest, IdleStreamIs408WhileTheRequestComesAnd504After) {
  Options().timeouts.stream_idle = 4s;
  Start();
  Send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc");
  Pass(3s);
  Send("def");  // something happens
  Pass(3s);
  EXPECT_EQ(Receive(), "");
  Pass(2s);
  std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(Body(response), "stream timeout<end>");
  Connect();
  Send(kGet);
  Pass(5s);
  response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 504 Gateway Timeout");
  EXPECT_EQ(Body(response), "stream timeout");
  EXPECT_EQ(Counter("downstream_rq_idle_timeout"), 2u);
}

TEST_F(HttpConnectionTest, IdleStreamWithItsHeadSentIsReset) {
  Options().timeouts.stream_idle = 4s;
  Start();
  Send(kGet);
  Host().response_head().Set(http::HeaderId::kStatus, "200");
  Host().SendResponseHead(false);
  Receive();
  Pass(5s);
  EXPECT_EQ(Receive(), "<end>");
  EXPECT_EQ(Counter("downstream_rq_tx_reset"), 1u);
}

TEST_F(HttpConnectionTest, StreamMayNotLastLonger) {
  Options().timeouts.max_stream = 4s;
  Start();
  Send(kGet);
  Pass(5s);
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 504 Gateway Timeout");
  EXPECT_EQ(Body(response), "downstream duration timeout");
  EXPECT_EQ(Counter("downstream_rq_max_duration_reached"), 1u);
}

TEST_F(HttpConnectionTest, OldConnectionSaysCloseOrEndsAfterTheDrainTime) {
  Options().timeouts.max_connection = 10s;
  Start();
  AnswerAll();
  Pass(11s);
  EXPECT_EQ(Counter("downstream_cx_max_duration_reached"), 1u);
  Send(kGet);
  const std::string response = Receive();
  EXPECT_TRUE(Has(response, "connection: close")) << response;
  EXPECT_TRUE(response.ends_with("hello<end>")) << response;
}

TEST_F(HttpConnectionTest, RequestsPerConnectionAreLimited) {
  Options().max_requests_per_connection = 2;
  Start();
  AnswerAll();
  Send(kGet);
  EXPECT_FALSE(Has(Receive(), "connection: close"));
  Send(kGet);
  const std::string response = Receive();
  EXPECT_TRUE(Has(response, "connection: close")) << response;
  EXPECT_TRUE(response.ends_with("<end>"));
  EXPECT_EQ(Counter("downstream_cx_max_requests_reached"), 1u);
}

TEST_F(HttpConnectionTest, DrainClosesIdleConnectionsAtOnce) {
  Start();
  AnswerAll();
  Send(kGet);
  Receive();
  host_->filter().OnDrain(false);
  EXPECT_EQ(Receive(), "<end>");
  EXPECT_EQ(Counter("downstream_cx_drain_close"), 1u);
}

TEST_F(HttpConnectionTest, DrainLetsRequestsFinishAndSaysClose) {
  Start();
  Send(kGet);
  host_->filter().OnDrain(false);
  EXPECT_EQ(Receive(), "");
  Answer(Host(), "late");
  const std::string response = Receive();
  EXPECT_TRUE(Has(response, "connection: close")) << response;
  EXPECT_TRUE(response.ends_with("late<end>")) << response;
}

TEST_F(HttpConnectionTest, HardDrainEndsTunnelsOnly) {
  Options().upgrades.push_back({"websocket", true, 0});
  Start();
  Send("GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
  Host().response_head().Set(http::HeaderId::kStatus, "101");
  Host().SendResponseHead(false);
  Host().BecomeTunnel();
  Receive();
  host_->filter().OnDrain(false);
  EXPECT_EQ(Receive(), "");
  host_->filter().OnDrain(true);
  EXPECT_EQ(Receive(), "<end>");
  EXPECT_EQ(Gauge("downstream_cx_upgrades_active"), 0u);
}

TEST_F(HttpConnectionTest, FailedHealthCheckDrainsWithTheNextResponse) {
  Start();
  AnswerAll();
  process_.SetHealthFailed(true);
  Send(kGet);
  const std::string response = Receive();
  EXPECT_TRUE(Has(response, "connection: close")) << response;
  EXPECT_EQ(Counter("downstream_cx_drain_close"), 1u);
}

TEST_F(HttpConnectionTest, ClientThatTakesNothingIsNotWaitedFor) {
  Options().timeouts.stream_flush = 3s;
  Start();
  Send(kGet);
  Answer(Host(), std::string(4 << 20, 'x'));
  Turn();
  Pass(2s);
  EXPECT_FALSE(host_->closed);
  Pass(2s);
  EXPECT_TRUE(host_->closed);
  EXPECT_EQ(host_->close_details, "flush_timeout");
}

}  // namespace
}  // namespace sluice::downstream
