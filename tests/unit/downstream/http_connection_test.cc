// Requests and responses over a real socket, with the HTTP/1 codec.
#include "connection_fixture.h"

namespace sluice::downstream {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nhost: example.com\r\n\r\n";

TEST_F(HttpConnectionTest, AnswersAndKeepsTheConnection) {
  Start();
  AnswerAll();
  for (int i = 0; i < 3; ++i) {
    Send(kGet);
    const std::string response = Receive();
    EXPECT_EQ(Status(response), "HTTP/1.1 200 OK");
    EXPECT_EQ(Body(response), "hello");
    EXPECT_TRUE(Has(response, "server: envoy")) << response;
    EXPECT_TRUE(Has(response, "date: Tue, 14 Nov 2023 22:13:20 GMT")) << response;
    EXPECT_FALSE(Has(response, "connection: close"));
  }
  EXPECT_EQ(TakeLog(),
            "t.head! t.complete t.destroy t.head! t.complete t.destroy t.head! t.complete "
            "t.destroy");
  EXPECT_EQ(Counter("downstream_rq_total"), 3u);
  EXPECT_EQ(Counter("downstream_rq_completed"), 3u);
  EXPECT_EQ(Counter("downstream_rq_2xx"), 3u);
  EXPECT_EQ(Gauge("downstream_rq_active"), 0u);
  EXPECT_EQ(Counter("downstream_cx_total"), 1u);
  EXPECT_EQ(Gauge("downstream_cx_active"), 1u);
}

TEST_F(HttpConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  Start();
  AnswerAll();
  Send(std::string(kGet) + "POST /b HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc" +
       std::string(kGet));
  const std::string all = Receive();
  size_t count = 0;
  for (size_t at = 0; (at = all.find("hello", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 3u) << all;
}

TEST_F(HttpConnectionTest, RequestReachesFiltersPreparedAndResponsesComeBackThroughThem) {
  Start({"a", "t"});
  AnswerAll();
  At(0).response_head = [](HttpFilterHost& host, bool) {
    host.response_head().Add("x-a", "1");
    return FilterStatus::kContinue;
  };
  std::string head;
  Terminal().request_head = [&](HttpFilterHost& host, bool) {
    for (const auto& entry : host.request_head().entries()) {
      head += std::string(entry.Name()) + "=" + std::string(entry.Value()) + ";";
    }
    Answer(host, "x");
    return FilterStatus::kContinue;
  };
  Send(
      "GET /a HTTP/1.1\r\nHost: example.com\r\nconnection: keep-alive\r\nx-envoy-retry-on: 5xx\r\n"
      "x-request-id: mine\r\n\r\n");
  EXPECT_TRUE(Has(Receive(), "x-a: 1"));
  EXPECT_NE(head.find(":method=GET;"), std::string::npos) << head;
  EXPECT_NE(head.find(":authority=example.com;"), std::string::npos) << head;
  EXPECT_NE(head.find("x-forwarded-proto=http;"), std::string::npos) << head;
  EXPECT_NE(head.find("x-request-id=mine;"), std::string::npos) << head;
  EXPECT_EQ(head.find("retry-on"), std::string::npos) << head;
  EXPECT_EQ(head.find("connection"), std::string::npos) << head;
}

TEST_F(HttpConnectionTest, HeadHasNoBodyButItsLength) {
  Start();
  AnswerAll();
  Send("HEAD /a HTTP/1.1\r\nhost: x\r\n\r\n");
  const std::string response = Receive();
  EXPECT_TRUE(Has(response, "content-length: 5")) << response;
  EXPECT_EQ(Body(response), "");
}

TEST_F(HttpConnectionTest, StreamedBodiesBothWaysAndTrailers) {
  Options().http1.enable_trailers = true;
  Start();
  Terminal().request_data = [](auto&, ByteChain& data, bool) {
    data.Clear();
    return FilterStatus::kContinue;
  };
  Send("POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
  Send("2\r\nde\r\n0\r\nx-t: 1\r\n\r\n");
  EXPECT_EQ(TakeLog(), "t.head t.data(abc) t.data(de) t.trailers");
  Host().response_head().Set(http::HeaderId::kStatus, "200");
  Host().SendResponseHead(false);
  ByteChain data;
  data.Append("one");
  Host().SendResponseData(data, false);
  EXPECT_EQ(Body(Receive()), "3\r\none\r\n");
  Host().response_trailers().Add("x-end", "yes");
  Host().SendResponseTrailers();
  EXPECT_EQ(Receive(), "0\r\nx-end: yes\r\n\r\n");
  EXPECT_EQ(TakeLog(), "t.complete t.destroy");
}

TEST_F(HttpConnectionTest, ExpectIsAnsweredHereOrLeftToUpstream) {
  Start();
  AnswerAll();
  Send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\nexpect: 100-continue\r\n\r\n");
  EXPECT_EQ(Receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  Send("a");
  EXPECT_EQ(Status(Receive()), "HTTP/1.1 200 OK");
  plan_->options.proxy_100_continue = true;
  Send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\nexpect: 100-continue\r\n\r\n");
  EXPECT_EQ(Receive(), "");
}

TEST_F(HttpConnectionTest, BrokenSyntaxIs400AndTheEnd) {
  Start();
  Send("GET / HTTP/1.1\r\nhost : x\r\n\r\n");
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 400 Bad Request");
  EXPECT_TRUE(Has(response, "connection: close"));
  EXPECT_EQ(Body(response), "Bad Request<end>");
  EXPECT_EQ(Counter("downstream_cx_protocol_error"), 1u);
  EXPECT_EQ(Counter("downstream_rq_4xx"), 1u);
}

TEST_F(HttpConnectionTest, HeadOverTheLimitIs431) {
  Start();
  Options().http1.max_head_bytes = 1000;
  Connect();
  Send("GET / HTTP/1.1\r\nhost: x\r\nx: " + std::string(2000, 'x') + "\r\n\r\n");
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 431 Request Header Fields Too Large");
}

TEST_F(HttpConnectionTest, HeadMayBeLargerThanTheBufferLimit) {
  Start();
  AnswerAll();
  host_->connection().SetBufferLimit(1000);
  const std::string fields = "\r\nhost: x\r\nx: " + std::string(9000, 'x') + "\r\n\r\n";
  Send("GET / HTTP/1.1" + fields);
  EXPECT_EQ(Body(Receive()), "hello");
  Send("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-t: " +
       std::string(9000, 't') + "\r\n\r\n");
  EXPECT_EQ(Body(Receive()), "hello");
}

TEST_F(HttpConnectionTest, Http10Is426UnlessTaken) {
  Start();
  AnswerAll();
  Send("GET / HTTP/1.0\r\nhost: x\r\n\r\n");
  EXPECT_EQ(Status(Receive()), "HTTP/1.1 426 Upgrade Required");
  Options().http1.accept_http_10 = true;
  Connect();
  Send("GET / HTTP/1.0\r\nhost: x\r\n\r\n");
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.0 200 OK");
  EXPECT_TRUE(response.ends_with("hello<end>")) << response;
}

TEST_F(HttpConnectionTest, UpgradeNotConfiguredIs403) {
  Start();
  Send("GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
  EXPECT_EQ(Status(Receive()), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(Counter("downstream_rq_ws_on_non_ws_route"), 1u);
}

TEST_F(HttpConnectionTest, UpgradeBecomesATunnelWithTwoEnds) {
  Options().upgrades.push_back({"websocket", true, 0});
  Start();
  Send("GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nearly");
  EXPECT_EQ(TakeLog(), "t.head");
  Host().response_head().Set(http::HeaderId::kStatus, "101");
  Host().response_head().Add("connection", "Upgrade");
  Host().response_head().Add("upgrade", "websocket");
  Host().SendResponseHead(false);
  Host().BecomeTunnel();
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 101 Switching Protocols");
  EXPECT_TRUE(Has(response, "connection: upgrade") || Has(response, "connection: Upgrade"))
      << response;
  EXPECT_EQ(TakeLog(), "t.data(early)");
  EXPECT_EQ(Gauge("downstream_cx_upgrades_active"), 1u);
  ByteChain data;
  data.Append("down");
  Host().SendResponseData(data, false);
  EXPECT_EQ(Receive(), "down");
  ::shutdown(client_, SHUT_WR);
  Turn();
  EXPECT_EQ(TakeLog(), "t.data()!");
  data.Append("last");
  Host().SendResponseData(data, true);
  EXPECT_EQ(Receive(), "last<end>");
  EXPECT_EQ(TakeLog(), "t.complete t.destroy");
  EXPECT_EQ(Gauge("downstream_cx_upgrades_active"), 0u);
  EXPECT_EQ(Counter("downstream_cx_upgrades_total"), 1u);
}

TEST_F(HttpConnectionTest, EarlyResponseSaysCloseAndEndsTheConnection) {
  Start();
  Terminal().request_head = [](HttpFilterHost& host, bool) {
    Answer(host, "early");
    return FilterStatus::kContinue;
  };
  Send("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\npart");
  const std::string response = Receive();
  EXPECT_TRUE(Has(response, "connection: close")) << response;
  EXPECT_TRUE(response.ends_with("early<end>")) << response;
  EXPECT_EQ(Counter("downstream_rq_response_before_rq_complete"), 1u);
}

TEST_F(HttpConnectionTest, ResponseThatBreaksOffIsNeverACleanEnd) {
  Start();
  Send(kGet);
  Host().response_head().Set(http::HeaderId::kStatus, "200");
  Host().SendResponseHead(false);
  ByteChain data;
  data.Append("part");
  Host().SendResponseData(data, false);
  Host().ResetStream(http::ResetReason::kConnectionTermination, "upstream_broke");
  const std::string response = Receive();
  EXPECT_TRUE(response.ends_with("4\r\npart\r\n<end>")) << response;
  EXPECT_EQ(Counter("downstream_rq_tx_reset"), 1u);
}

TEST_F(HttpConnectionTest, ClientThatLeavesIsForgottenAtOnce) {
  Start();
  Send(kGet);
  ::close(std::exchange(client_, -1));
  Turn();
  EXPECT_EQ(TakeLog(), "t.head! t.complete t.destroy");
  EXPECT_TRUE(host_->closed);
  EXPECT_EQ(Counter("downstream_rq_rx_reset"), 1u);
  EXPECT_EQ(Counter("downstream_cx_destroy_remote"), 1u);
  EXPECT_EQ(Counter("downstream_cx_destroy_remote_active_rq"), 1u);
  EXPECT_EQ(Gauge("downstream_cx_active"), 0u);
}

// Part of a chunk's line or of the trailers stays with the codec until the rest has come: that must
// not stop the reading.
TEST_F(HttpConnectionTest, ChunkedBodyMayComeInTwoPiecesCutAnywhere) {
  Options().http1.enable_trailers = true;
  Start();
  AnswerAll();
  const std::string head = "POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
  const std::string body = "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nx-t: 1\r\n\r\n";
  Terminal().request_trailers = [](HttpFilterHost& host) {
    Answer(host, "hello");
    return FilterStatus::kContinue;
  };
  for (size_t cut = 0; cut < body.size(); ++cut) {
    SCOPED_TRACE(cut);
    Send(head + body.substr(0, cut));
    Send(body.substr(cut));
    ASSERT_EQ(Body(Receive()), "hello");
  }
}

TEST_F(HttpConnectionTest, BodyHeldBackPausesTheSocket) {
  Start();
  Terminal().request_head = [](auto&, bool) { return FilterStatus::kStopAllWatermark; };
  host_->connection().SetBufferLimit(10000);
  const std::string body(60000, 'b');
  ASSERT_GT(::send(client_, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n", 52, 0),
            0);
  size_t sent = 0;
  for (int i = 0; i < 20; ++i) {
    const ssize_t n = ::send(client_, body.data() + sent, body.size() - sent, MSG_DONTWAIT);
    if (n > 0) sent += static_cast<size_t>(n);
    Turn();
  }
  EXPECT_EQ(TakeLog(), "t.head");
  EXPECT_EQ(Counter("downstream_flow_control_paused_reading_total"), 1u);
  size_t got = 0;
  bool ended = false;
  Terminal().request_data = [&](HttpFilterHost&, ByteChain& data, bool end) {
    got += data.size();
    ended = end;
    data.Clear();
    return FilterStatus::kContinue;
  };
  Host().ContinueRequest();
  for (int i = 0; i < 20 && !ended; ++i) {
    const ssize_t n = ::send(client_, body.data() + sent, body.size() - sent, MSG_DONTWAIT);
    if (n > 0) sent += static_cast<size_t>(n);
    Turn();
  }
  EXPECT_EQ(got, 60000u);
  EXPECT_TRUE(ended);
  EXPECT_EQ(Counter("downstream_flow_control_resumed_reading_total"), 1u);
}

TEST_F(HttpConnectionTest, SlowClientHoldsTheResponseBack) {
  Start();
  Send(kGet);
  host_->connection().SetBufferLimit(10000);
  Host().response_head().Set(http::HeaderId::kStatus, "200");
  Host().SendResponseHead(false);
  TakeLog();
  for (int i = 0; i < 60; ++i) {
    ByteChain data;
    data.Append(std::string(16384, 'r'));
    Host().SendResponseData(data, false);
    Turn(1);
  }
  EXPECT_EQ(TakeLog(), "t:high");
  Receive();
  EXPECT_EQ(TakeLog(), "t:low");
}

TEST_F(HttpConnectionTest, GrpcClientsGetGrpcReplies) {
  Start();
  Terminal().request_head = [](HttpFilterHost& host, bool) {
    filter::LocalReply reply;
    reply.status = 503;
    reply.body = "no healthy upstream";
    host.SendLocalReply(reply);
    return FilterStatus::kContinue;
  };
  Send("POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n");
  const std::string response = Receive();
  EXPECT_EQ(Status(response), "HTTP/1.1 200 OK");
  EXPECT_TRUE(Has(response, "grpc-status: 14")) << response;
  EXPECT_TRUE(Has(response, "grpc-message: no healthy upstream")) << response;
}

TEST_F(HttpConnectionTest, RecreatedStreamRunsANewChainOverTheNewHead) {
  Start({"a", "t"});
  int runs = 0;
  Terminal().request_head = [&](HttpFilterHost& host, bool) {
    if (++runs == 1) {
      host.request_head().Set(http::HeaderId::kPath, "/second");
      EXPECT_TRUE(host.RecreateStream());
      return FilterStatus::kStop;
    }
    Answer(host, host.request_head().Get(http::HeaderId::kPath).value_or("-"));
    return FilterStatus::kContinue;
  };
  Send(kGet);
  EXPECT_EQ(Body(Receive()), "/second");
  EXPECT_EQ(TakeLog(),
            "a.head! t.head! a.destroy t.destroy a.head! t.head! a:head a:data(/second)! "
            "a.complete t.complete a.destroy t.destroy");
  EXPECT_EQ(Counter("downstream_rq_total"), 1u);
}

}  // namespace
}  // namespace sluice::downstream
