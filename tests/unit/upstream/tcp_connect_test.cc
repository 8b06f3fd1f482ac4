#include "sluice/upstream/tcp_connect.h"

#include <optional>

#include "fixture.h"

namespace sluice::upstream {
namespace {

class RecordingTcp final : public TcpConnectEvents {
 public:
  // TcpConnectEvents
  void OnTcpConnected(std::unique_ptr<UpstreamConnection> given) override {
    upstream = std::move(given);
  }
  void OnTcpFailed(const TcpFailure& failure) override {
    failed = failure.reason;
    words = failure.error.detail;
    may_retry = failure.may_retry;
  }

  bool over() const { return upstream != nullptr || failed; }
  std::unique_ptr<UpstreamConnection> upstream;
  std::optional<ConnectFailure> failed;
  std::string words;
  bool may_retry = false;
};

using TcpConnectTest = UpstreamTest;

TEST_F(TcpConnectTest, ConnectsAndCounts) {
  TestServer server;
  Load({Static({server.port()})});
  RecordingTcp events;
  const auto ticket = cluster().ConnectTcp(LbContext{}, events);
  EXPECT_FALSE(events.over());
  ASSERT_TRUE(Until([&] { return events.over(); }));
  ASSERT_NE(events.upstream, nullptr);
  EXPECT_EQ(Count("upstream_cx_total"), 1U);
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
  EXPECT_EQ(cluster().breaker(Priority::kDefault).connections.used(), 1U);
  EXPECT_EQ(cluster().hosts()[0]->record().Sum(&HostCells::cx_active), 1U);

  events.upstream.reset();
  Turn();
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
  EXPECT_EQ(Count("upstream_cx_destroy"), 1U);
  EXPECT_EQ(Count("upstream_cx_destroy_local"), 1U);
  EXPECT_EQ(cluster().breaker(Priority::kDefault).connections.used(), 0U);
  EXPECT_EQ(cluster().hosts()[0]->record().Sum(&HostCells::cx_total), 1U);
}

TEST_F(TcpConnectTest, RefusedConnectMayBeRetried) {
  TestServer server;
  const uint16_t port = server.port();
  server.Stop();
  Load({Static({port})});
  RecordingTcp events;
  const auto ticket = cluster().ConnectTcp(LbContext{}, events);
  ASSERT_TRUE(Until([&] { return events.over(); }));
  EXPECT_EQ(events.failed, ConnectFailure::kFailed);
  EXPECT_TRUE(events.may_retry);
  EXPECT_NE(events.words.find("refused"), std::string::npos) << events.words;
  EXPECT_EQ(Count("upstream_cx_connect_fail"), 1U);
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
}

TEST_F(TcpConnectTest, SilentPeerTimesOut) {
  TestServer server(0);
  Load({Static({server.port()})});
  // With the accept queue full, the kernel drops further SYNs.
  std::vector<RecordingTcp> fill(8);
  std::vector<std::unique_ptr<ConnectTicket>> tickets;
  for (RecordingTcp& each : fill) tickets.push_back(cluster().ConnectTcp(LbContext{}, each));
  for (int i = 0; i < 20; ++i) loop_.RunOnce(std::chrono::milliseconds(1));
  RecordingTcp events;
  tickets.push_back(cluster().ConnectTcp(LbContext{}, events));
  Advance(std::chrono::seconds(2));
  ASSERT_TRUE(events.over());
  EXPECT_EQ(events.failed, ConnectFailure::kTimeout);
  EXPECT_TRUE(events.may_retry);
  EXPECT_GE(Count("upstream_cx_connect_timeout"), 1U);
}

TEST_F(TcpConnectTest, UnixSocketThatIsNotThere) {
  Load(
      {"name: c\nload_assignment: {cluster_name: c, endpoints: [{lb_endpoints: [{endpoint: "
       "{address: {pipe: {path: \"@sluice-no-such\"}}}}]}]}"});
  RecordingTcp events;
  const auto ticket = cluster().ConnectTcp(LbContext{}, events);
  ASSERT_TRUE(Until([&] { return events.over(); }));
  EXPECT_EQ(events.failed, ConnectFailure::kFailed);
}

TEST_F(TcpConnectTest, NobodyToConnectToIsSaidLater) {
  Load({"name: c\nload_assignment: {cluster_name: c}"});
  RecordingTcp events;
  const auto ticket = cluster().ConnectTcp(LbContext{}, events);
  EXPECT_FALSE(events.over());
  Turn();
  EXPECT_EQ(events.failed, ConnectFailure::kNoHealthyHost);
  EXPECT_FALSE(events.may_retry);
  EXPECT_EQ(Count("upstream_cx_none_healthy"), 1U);
}

TEST_F(TcpConnectTest, LimitOnConnectionsIsExact) {
  TestServer server;
  Load({Static({server.port()}, "circuit_breakers: {thresholds: [{max_connections: 2}]}")});
  std::vector<RecordingTcp> events(3);
  std::vector<std::unique_ptr<ConnectTicket>> tickets;
  for (RecordingTcp& each : events) tickets.push_back(cluster().ConnectTcp(LbContext{}, each));
  ASSERT_TRUE(Until([&] { return events[0].over() && events[1].over() && events[2].over(); }));
  EXPECT_NE(events[0].upstream, nullptr);
  EXPECT_NE(events[1].upstream, nullptr);
  EXPECT_EQ(events[2].failed, ConnectFailure::kOverflow);
  EXPECT_EQ(Count("upstream_cx_overflow"), 1U);
  manager_->RefreshGauges();
  EXPECT_EQ(Level("circuit_breakers.default.cx_open"), 1U);

  events[0].upstream.reset();
  manager_->RefreshGauges();
  EXPECT_EQ(Level("circuit_breakers.default.cx_open"), 0U);
  RecordingTcp again;
  const auto ticket = cluster().ConnectTcp(LbContext{}, again);
  EXPECT_TRUE(Until([&] { return again.upstream != nullptr; }));
}

TEST_F(TcpConnectTest, DroppedTicketGivesTheConnectUp) {
  TestServer server;
  Load({Static({server.port()})});
  RecordingTcp events;
  cluster().ConnectTcp(LbContext{}, events).reset();
  Turn();
  EXPECT_FALSE(events.over());
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
  EXPECT_EQ(cluster().breaker(Priority::kDefault).connections.used(), 0U);
}

TEST_F(TcpConnectTest, ProxyHeaderGoesFirst) {
  TestServer server;
  Load({Static({server.port()}, R"(
transport_socket:
  name: envoy.transport_sockets.upstream_proxy_protocol
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
    config: {version: V1}
    transport_socket: {name: envoy.transport_sockets.raw_buffer}
)")});
  ASSERT_TRUE(problems_.ok()) << problems_.Text();
  const net::Address client = *net::Address::FromIp("10.1.2.3", 4444);
  const net::Address local = *net::Address::FromIp("10.9.9.9", 80);
  LbContext context;
  context.downstream_remote = &client;
  context.downstream_local = &local;
  RecordingTcp events;
  const auto ticket = cluster().ConnectTcp(context, events);
  ASSERT_TRUE(Until([&] { return events.over(); }));
  const auto peer = Accept(server);
  std::string got;
  EXPECT_TRUE(Until([&] { return !(got += peer->ReadAvailable()).empty(); }));
  EXPECT_EQ(got, "PROXY TCP4 10.1.2.3 10.9.9.9 4444 80\r\n");
}

}  // namespace
}  // namespace sluice::upstream
