#include "sluice/upstream/http_pool.h"

#include <optional>

#include "fixture.h"
#include "support/recording_sink.h"

namespace sluice::upstream {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// One request: sends a GET as soon as it may.
class Request final : public StreamEvents {
 public:
  // StreamEvents
  http::MessageSink& ResponseSink() override { return sink; }
  void OnStreamReady(UpstreamStream& stream) override {
    ++ready;
    reused = stream.reused();
    head.Clear();
    head.AddView(http::HeaderId::kMethod, "GET");
    head.AddView(http::HeaderId::kPath, "/");
    head.AddView(http::HeaderId::kAuthority, "a.test");
    head.AddView(http::HeaderId::kScheme, "http");
    if (send) stream.codec().SendHead(head, true);
  }
  void OnStreamFailed(const PoolFailure& failure) override {
    failed = failure.reason;
    words = failure.transport_failure;
  }

  Arena arena;
  http::HeaderMap head{arena};
  test::RecordingSink sink;
  int ready = 0;
  bool reused = false;
  bool send = true;
  std::optional<http::ResetReason> failed;
  std::string words;
  StreamTicket ticket;
};

class HttpPoolTest : public UpstreamTest {
 protected:
  void Send(Request& request, Priority priority = Priority::kDefault) {
    Host* host = cluster().PickHost(LbContext{});
    ASSERT_NE(host, nullptr);
    cluster().NewStream(*host, {priority, false}, LbContext{}, request, request.ticket);
  }
  std::string ReadHead(TestPeer& peer) {
    std::string got;
    EXPECT_TRUE(Until([&] {
      got += peer.ReadAvailable();
      return got.ends_with("\r\n\r\n") || peer.ended();
    }));
    return got;
  }
  // A whole exchange; the connection is idle after it.
  std::unique_ptr<TestPeer> Exchange(TestServer& server) {
    Request request;
    Send(request);
    std::unique_ptr<TestPeer> peer = Accept(server);
    ReadHead(*peer);
    peer->Write(kOk);
    EXPECT_TRUE(Until([&] { return request.sink.done; }));
    Turn();
    return peer;
  }
};

TEST_F(HttpPoolTest, ExchangeGoesThroughAndIsCounted) {
  TestServer server;
  Load({Static({server.port()})});
  Request request;
  Send(request);
  EXPECT_TRUE(request.ticket.waiting());
  EXPECT_EQ(Level("upstream_rq_pending_active"), 1U);
  const auto peer = Accept(server);
  EXPECT_EQ(ReadHead(*peer), "GET / HTTP/1.1\r\nhost: a.test\r\n\r\n");
  EXPECT_EQ(Level("upstream_rq_active"), 1U);
  EXPECT_EQ(Level("upstream_rq_pending_active"), 0U);
  peer->Write(kOk);
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_EQ(request.sink.body, "ok");
  EXPECT_FALSE(request.reused);
  EXPECT_EQ(request.ticket.stream(), nullptr);
  EXPECT_EQ(Count("upstream_rq_total"), 1U);
  EXPECT_EQ(Count("upstream_rq_pending_total"), 1U);
  EXPECT_EQ(Count("upstream_cx_http1_total"), 1U);
  EXPECT_EQ(Level("upstream_rq_active"), 0U);
  EXPECT_EQ(Count("upstream_cx_rx_bytes_total"), kOk.size());
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
}

TEST_F(HttpPoolTest, IdleConnectionIsUsedAgainLastInFirstOut) {
  TestServer server;
  Load({Static({server.port()})});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto first = Accept(server);
  const auto second = Accept(server);
  ReadHead(*first);
  ReadHead(*second);
  first->Write(kOk);
  ASSERT_TRUE(Until([&] { return a.sink.done || b.sink.done; }));
  second->Write(kOk);
  ASSERT_TRUE(Until([&] { return a.sink.done && b.sink.done; }));
  Turn();
  Request c;
  Send(c);
  EXPECT_EQ(c.ready, 1);  // from inside NewStream
  EXPECT_TRUE(c.reused);
  EXPECT_FALSE(ReadHead(*second).empty());
  EXPECT_EQ(Count("upstream_cx_total"), 2U);
}

TEST_F(HttpPoolTest, FinWhileIdleDropsTheConnection) {
  TestServer server;
  Load({Static({server.port()})});
  const auto peer = Exchange(server);
  peer->Close();
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
  EXPECT_EQ(Count("upstream_cx_destroy_remote"), 1U);
  Request next;
  Send(next);
  EXPECT_EQ(next.ready, 0);
  const auto fresh = Accept(server);
  EXPECT_FALSE(ReadHead(*fresh).empty());
  EXPECT_FALSE(next.reused);
}

TEST_F(HttpPoolTest, BytesWhileIdleDropTheConnection) {
  TestServer server;
  Load({Static({server.port()})});
  const auto peer = Exchange(server);
  peer->Write("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(HttpPoolTest, BytesBehindTheResponseEndTheConnection) {
  TestServer server;
  Load({Static({server.port()})});
  Request request;
  Send(request);
  const auto peer = Accept(server);
  ReadHead(*peer);
  peer->Write(std::string(kOk) + "HTTP/1.1 200 OK\r\n\r\n");
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_EQ(request.sink.body, "ok");
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(HttpPoolTest, ResetOnReuseIsSeenBeforeAnyByteOfTheResponse) {
  TestServer server;
  Load({Static({server.port()})});
  const auto peer = Exchange(server);
  Request next;
  Send(next);
  ASSERT_TRUE(next.reused);
  bool started = true;
  next.sink.on_done = [] {};
  UpstreamStream* stream = next.ticket.stream();
  ReadHead(*peer);
  started = stream->response_started();
  peer->Reset();
  ASSERT_TRUE(Until([&] { return next.sink.done; }));
  EXPECT_FALSE(started);
  EXPECT_TRUE(next.sink.reset);
  EXPECT_NE(next.sink.log.find("connection termination"), std::string::npos) << next.sink.log;
  EXPECT_EQ(Count("upstream_cx_destroy_remote_with_active_rq"), 1U);
}

TEST_F(HttpPoolTest, ConnectionCloseOfTheServerIsHonoured) {
  TestServer server;
  Load({Static({server.port()})});
  Request request;
  Send(request);
  const auto peer = Accept(server);
  ReadHead(*peer);
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(HttpPoolTest, BrokenResponseResetsAndCounts) {
  TestServer server;
  Load({Static({server.port()})});
  Request request;
  Send(request);
  const auto peer = Accept(server);
  ReadHead(*peer);
  peer->Write("HTTP/1.1 2x0 OK\r\n\r\n");
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_NE(request.sink.log.find("protocol error"), std::string::npos) << request.sink.log;
  EXPECT_EQ(Count("upstream_cx_protocol_error"), 1U);
}

TEST_F(HttpPoolTest, PendingLimitIsExact) {
  TestServer server;
  Load({Static({server.port()},
               "circuit_breakers: {thresholds: [{max_connections: 1, max_pending_requests: 2}]}")});
  std::vector<Request> requests(4);
  for (Request& request : requests) Send(request);
  EXPECT_FALSE(requests[0].failed);
  EXPECT_FALSE(requests[1].failed);
  EXPECT_EQ(requests[2].failed, http::ResetReason::kOverflow);
  EXPECT_EQ(requests[3].failed, http::ResetReason::kOverflow);
  EXPECT_EQ(Count("upstream_rq_pending_overflow"), 2U);
  const auto peer = Accept(server);
  ReadHead(*peer);
  peer->Write(kOk);
  ASSERT_TRUE(Until([&] { return requests[0].sink.done; }));
  ReadHead(*peer);  // the second one goes over the same connection
  peer->Write(kOk);
  EXPECT_TRUE(Until([&] { return requests[1].sink.done; }));
  EXPECT_EQ(Count("upstream_cx_total"), 1U);
  EXPECT_EQ(cluster().breaker(Priority::kDefault).pending.used(), 0U);
}

TEST_F(HttpPoolTest, RequestLimitIsExact) {
  TestServer server;
  Load({Static({server.port()}, "circuit_breakers: {thresholds: [{max_requests: 1}]}")});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto first = Accept(server);
  const auto second = Accept(server);
  ASSERT_TRUE(Until([&] { return a.ready + b.ready == 1 && (a.failed || b.failed); }));
  Request& served = a.ready != 0 ? a : b;
  Request& refused = a.ready != 0 ? b : a;
  EXPECT_EQ(refused.failed, http::ResetReason::kOverflow);
  served.ticket.Drop();
  Turn();
  EXPECT_EQ(cluster().breaker(Priority::kDefault).requests.used(), 0U);
}

TEST_F(HttpPoolTest, PrioritiesHaveTheirOwnLimitsAndConnections) {
  TestServer server;
  Load({Static({server.port()}, R"(
circuit_breakers:
  thresholds:
  - {priority: DEFAULT, max_connections: 1, max_pending_requests: 1}
  - {priority: HIGH, max_connections: 1, max_pending_requests: 1}
)")});
  std::vector<Request> requests(4);
  Send(requests[0]);
  Send(requests[1]);
  Send(requests[2], Priority::kHigh);
  Send(requests[3], Priority::kHigh);
  EXPECT_FALSE(requests[0].failed);
  EXPECT_TRUE(requests[1].failed);
  EXPECT_FALSE(requests[2].failed);
  EXPECT_TRUE(requests[3].failed);
}

TEST_F(HttpPoolTest, IdleConnectionToAnotherHostGivesUpItsPlace) {
  TestServer one;
  TestServer two;
  Load(
      {Static({one.port(), two.port()}, "circuit_breakers: {thresholds: [{max_connections: 1}]}")});
  std::vector<std::unique_ptr<TestPeer>> peers;
  for (int i = 0; i < 4; ++i) {
    Request request;
    Send(request);
    ASSERT_FALSE(request.failed) << i;
    std::unique_ptr<TestPeer> peer;
    ASSERT_TRUE(Until([&] { return (peer = one.Accept()) || (peer = two.Accept()); }));
    ReadHead(*peer);
    peer->Write(kOk);
    ASSERT_TRUE(Until([&] { return request.sink.done; }));
    Turn();
    EXPECT_EQ(Level("upstream_cx_active"), 1U);
    peers.push_back(std::move(peer));
  }
}

// Two workers share the limit; their loops are turned by hand.
TEST_F(HttpPoolTest, IdleConnectionOfAnotherWorkerGivesUpItsPlace) {
  TestServer server;
  Load({Static({server.port()}, "circuit_breakers: {thresholds: [{max_connections: 1}]}")});
  const auto other_set = manager_->MakeSet(loop_, 2);
  const auto first = Exchange(server);
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
  Cluster& other = *other_set->Find("c");
  Request request;
  other.NewStream(*other.PickHost(LbContext{}), {}, LbContext{}, request, request.ticket);
  EXPECT_FALSE(request.failed);
  const auto second = Accept(server);
  EXPECT_FALSE(ReadHead(*second).empty());
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
  second->Write(kOk);
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_EQ(cluster().breaker(Priority::kDefault).starving.load(), 0U);
}

TEST_F(HttpPoolTest, BusyConnectionOfAnotherWorkerGivesUpItsPlaceWhenItIsDone) {
  TestServer server;
  Load({Static({server.port()}, "circuit_breakers: {thresholds: [{max_connections: 1}]}")});
  const auto other_set = manager_->MakeSet(loop_, 2);
  Request busy;
  Send(busy);
  const auto first = Accept(server);
  ReadHead(*first);
  Cluster& other = *other_set->Find("c");
  Request request;
  other.NewStream(*other.PickHost(LbContext{}), {}, LbContext{}, request, request.ticket);
  for (int i = 0; i < 10; ++i) loop_.RunOnce(milliseconds(1));
  EXPECT_TRUE(request.ticket.waiting());
  EXPECT_EQ(cluster().breaker(Priority::kDefault).starving.load(), 1U);
  first->Write(kOk);
  ASSERT_TRUE(Until([&] { return busy.sink.done; }));
  const auto second = Accept(server);
  EXPECT_FALSE(ReadHead(*second).empty());
  EXPECT_EQ(cluster().breaker(Priority::kDefault).connections.used(), 1U);
}

TEST_F(HttpPoolTest, RequestThatGivesUpStarvesNoMore) {
  TestServer server;
  Load({Static({server.port()}, "circuit_breakers: {thresholds: [{max_connections: 0}]}")});
  Request request;
  Send(request);
  EXPECT_FALSE(request.failed);
  EXPECT_EQ(cluster().breaker(Priority::kDefault).starving.load(), 1U);
  request.ticket.Drop();
  EXPECT_EQ(cluster().breaker(Priority::kDefault).starving.load(), 0U);
}

TEST_F(HttpPoolTest, RefusedConnectFailsAllThatWait) {
  TestServer server;
  const uint16_t port = server.port();
  server.Stop();
  Load({Static({port})});
  Request a;
  Request b;
  Send(a);
  Send(b);
  ASSERT_TRUE(Until([&] { return a.failed && b.failed; }));
  EXPECT_EQ(a.failed, http::ResetReason::kConnectionFailure);
  EXPECT_NE(a.words.find("refused"), std::string::npos) << a.words;
  EXPECT_EQ(Count("upstream_rq_pending_failure_eject"), 2U);
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(HttpPoolTest, ConnectTimeoutIsTold) {
  TestServer server(0);
  Load({Static({server.port()})});
  std::vector<Request> requests(8);
  for (Request& request : requests) Send(request);
  for (int i = 0; i < 20; ++i) loop_.RunOnce(milliseconds(1));
  Advance(seconds(2));
  EXPECT_EQ(requests.back().failed, http::ResetReason::kConnectionTimeout);
  EXPECT_GE(Count("upstream_cx_connect_timeout"), 1U);
}

TEST_F(HttpPoolTest, IdleTimeoutClosesAfterAnHourByDefault) {
  TestServer server;
  Load({Static({server.port()})});
  const auto peer = Exchange(server);
  Advance(hours(1) - seconds(1));
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
  Advance(seconds(2));
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
  EXPECT_EQ(Count("upstream_cx_idle_timeout"), 1U);
}

constexpr char kHttpOptions[] = R"(
typed_extension_protocol_options:
  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
    explicit_http_config: {http_protocol_options: {}}
    common_http_protocol_options: )";

TEST_F(HttpPoolTest, MaxRequestsPerConnectionEndsIt) {
  TestServer server;
  Load({Static({server.port()}, std::string(kHttpOptions) + "{max_requests_per_connection: 1}")});
  const auto peer = Exchange(server);
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
  EXPECT_EQ(Count("upstream_cx_max_requests"), 1U);
}

TEST_F(HttpPoolTest, MaxConnectionDurationEndsItAfterItsRequest) {
  TestServer server;
  Load({Static({server.port()}, std::string(kHttpOptions) + "{max_connection_duration: 10s}")});
  Request request;
  Send(request);
  const auto peer = Accept(server);
  ReadHead(*peer);
  Advance(seconds(11));
  EXPECT_EQ(Count("upstream_cx_max_duration_reached"), 1U);
  EXPECT_FALSE(request.sink.done);
  peer->Write(kOk);
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_FALSE(request.sink.reset);
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(HttpPoolTest, DroppedTicketLeavesTheQueue) {
  TestServer server;
  Load({Static({server.port()})});
  Request request;
  Send(request);
  request.ticket.Drop();
  EXPECT_EQ(Count("upstream_rq_cancelled"), 1U);
  EXPECT_EQ(Level("upstream_rq_pending_active"), 0U);
  const auto peer = Accept(server);
  Request next;  // takes the connection that was made for the first one
  Send(next);
  EXPECT_FALSE(ReadHead(*peer).empty());
  EXPECT_EQ(request.ready, 0);
}

TEST_F(HttpPoolTest, DroppedTicketResetsTheExchange) {
  TestServer server;
  Load({Static({server.port()})});
  Request request;
  Send(request);
  const auto peer = Accept(server);
  ReadHead(*peer);
  request.ticket.Drop();
  EXPECT_TRUE(request.sink.log.empty());
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
  EXPECT_EQ(Level("upstream_rq_active"), 0U);
  EXPECT_EQ(Count("upstream_rq_tx_reset"), 1U);
}

TEST_F(HttpPoolTest, TicketMayBeDroppedInsideEveryCallback) {
  TestServer server;
  Load({Static({server.port()})});
  for (const bool in_data : {false, true}) {
    Request request;
    auto drop = [&](bool) { request.ticket.Drop(); };
    in_data ? request.sink.on_data = drop : request.sink.on_head = drop;
    Send(request);
    const auto peer = Accept(server);
    ReadHead(*peer);
    peer->Write(std::string(kOk) + "x");
    ASSERT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
    EXPECT_FALSE(request.sink.done);
    EXPECT_EQ(Level("upstream_rq_active"), 0U);
  }
}

TEST_F(HttpPoolTest, RemovedHostFinishesItsRequestsAndGoes) {
  TestServer server;
  Load(
      {"name: c\ntype: STRICT_DNS\nload_assignment: {cluster_name: c, endpoints: "
       "[{lb_endpoints: [{endpoint: {address: {socket_address: {address: a.test, port_value: " +
       std::to_string(server.port()) + "}}}}]}]}"});
  dns_.Answer("a.test", {"127.0.0.1"});
  Turn();
  const auto idle = Exchange(server);
  Request busy;
  Request other;
  Send(busy);
  Send(other);
  const auto peer = Accept(server);
  ReadHead(*idle);
  ReadHead(*peer);
  peer->Write(kOk);
  ASSERT_TRUE(Until([&] { return other.sink.done; }));
  Advance(seconds(5));
  dns_.Answer("a.test", {"127.0.0.2"});
  Turn();
  Turn();
  EXPECT_EQ(Level("upstream_cx_active"), 1U);  // the idle one went, the busy one goes on
  idle->Write(kOk);
  ASSERT_TRUE(Until([&] { return busy.sink.done; }));
  EXPECT_FALSE(busy.sink.reset);
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
  EXPECT_EQ(cluster().hosts().size(), 1U);
}

TEST_F(HttpPoolTest, PausedResponseWaitsInTheKernel) {
  TestServer server;
  Load({Static({server.port()}, "per_connection_buffer_limit_bytes: 4096")});
  Request request;
  Send(request);
  const auto peer = Accept(server);
  ReadHead(*peer);
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
  ASSERT_TRUE(Until([&] { return !request.sink.log.empty(); }));
  request.ticket.stream()->PauseReading();
  peer->Write(std::string(100000, 'x'));
  for (int i = 0; i < 20; ++i) loop_.RunOnce(milliseconds(1));
  EXPECT_TRUE(request.sink.body.empty());
  request.ticket.stream()->ResumeReading();
  ASSERT_TRUE(Until([&] { return request.sink.done; }));
  EXPECT_EQ(request.sink.body.size(), 100000U);
  EXPECT_EQ(Count("upstream_flow_control_paused_reading_total"), 1U);
  EXPECT_EQ(Count("upstream_flow_control_resumed_reading_total"), 1U);
}

TEST_F(HttpPoolTest, PreconnectKeepsAConnectionAhead) {
  TestServer server;
  Load({Static({server.port()}, "preconnect_policy: {per_upstream_preconnect_ratio: 2.0}")});
  Request request;
  Send(request);
  const auto first = Accept(server);
  const auto second = Accept(server);
  EXPECT_EQ(Count("upstream_cx_total"), 2U);
  EXPECT_TRUE(Until([&] { return request.ready == 1; }));
}

TEST_F(HttpPoolTest, ClientsDoNotShareConnectionsThatNameThem) {
  TestServer server;
  Load({Static({server.port()}, R"(
connection_pool_per_downstream_connection: true
)")});
  LbContext one;
  one.downstream_connection_id = 1;
  LbContext two;
  two.downstream_connection_id = 2;
  for (const LbContext* context : {&one, &two, &one}) {
    Request request;
    cluster().NewStream(*cluster().PickHost(*context), {}, *context, request, request.ticket);
    const bool again = request.ready != 0;
    EXPECT_EQ(again, context == &one && Count("upstream_cx_total") == 2);
    static std::vector<std::unique_ptr<TestPeer>> peers;
    if (!again) peers.push_back(Accept(server));
    TestPeer& peer = again ? *peers.front() : *peers.back();
    ReadHead(peer);
    peer.Write(kOk);
    ASSERT_TRUE(Until([&] { return request.sink.done; }));
    Turn();
  }
  EXPECT_EQ(Count("upstream_cx_total"), 2U);
}

}  // namespace
}  // namespace sluice::upstream
