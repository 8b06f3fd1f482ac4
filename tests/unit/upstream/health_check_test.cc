// Active health checks over real sockets, with a clock that the test steps.
#include <chrono>
#include <string>

#include "fixture.h"
#include "sluice/config/common.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string Checks(const std::string& kind, const std::string& more = "") {
  return "health_checks: [{timeout: 1s, interval: 5s, no_traffic_interval: 5s, "
         "unhealthy_threshold: 2, healthy_threshold: 2, " +
         kind + more + "}]\n";
}
const std::string kHttp = "http_health_check: {path: /health}";

class HealthCheckTest : public UpstreamTest {
 protected:
  bool Healthy(uint64_t hosts) {
    return Until([&] { return Level("membership_healthy") == hosts; });
  }
  std::string Read(TestPeer& peer, std::string_view until = "\r\n\r\n") {
    std::string got;
    EXPECT_TRUE(Until([&] {
      got += peer.ReadAvailable();
      return got.find(until) != std::string::npos;
    })) << got;
    return got;
  }
  static std::string Answer(int status, const std::string& body = "",
                            const std::string& more = "") {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
  }
  uint64_t Checked(const std::string& what) { return Count("health_check." + what); }
  std::string Flags() {
    std::string text;
    manager_->ForEach([&](const ClusterView& view) {
      for (const HostEntry& host : view.hosts.hosts) text += HealthFlagsText(host.health_flags);
    });
    return text;
  }
  bool Answered(uint64_t failures) {
    return Until([&] { return Checked("failure") == failures; });
  }
};

TEST_F(HealthCheckTest, ANewHostIsNotHealthyUntilItsFirstAnswerAndThenAtOnce) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp))});
  auto peer = Accept(server);
  EXPECT_EQ(Level("membership_healthy"), 0U);
  EXPECT_EQ(Flags(), "/failed_active_hc");
  EXPECT_FALSE(warm_);  // the listeners wait for it
  const std::string request = Read(*peer);
  EXPECT_EQ(request.find("GET /health HTTP/1.1\r\nhost: c\r\n"), 0U) << request;
  EXPECT_NE(request.find("user-agent: Envoy/HC\r\n"), std::string::npos);
  peer->Write(Answer(200));
  EXPECT_TRUE(Healthy(1));
  EXPECT_TRUE(warm_);
  EXPECT_TRUE(Until([&] { return cluster().hosts().front()->health() == HostHealth::kHealthy; }));
  EXPECT_EQ(Level("health_check.healthy"), 1U);
  EXPECT_EQ(Checked("attempt"), 1U);
  EXPECT_EQ(Checked("success"), 1U);
}

TEST_F(HealthCheckTest, AWrongStatusFailsAtOnceAndTwoRightOnesMakeGood) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp))});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(200));
  ASSERT_TRUE(Healthy(1));
  Advance(seconds(5));  // on the same connection
  Read(*peer);
  peer->Write(Answer(500));
  ASSERT_TRUE(Healthy(0));
  EXPECT_EQ(Checked("failure"), 1U);
  EXPECT_EQ(Checked("network_failure"), 0U);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Level("membership_healthy"), 0U);
    Advance(seconds(5));
    Read(*peer);
    peer->Write(Answer(200));
    ASSERT_TRUE(Until([&] { return Checked("success") == static_cast<uint64_t>(i) + 2; }));
  }
  EXPECT_TRUE(Healthy(1));
}

TEST_F(HealthCheckTest, SilenceCountsUpToTheThreshold) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp))});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(200));
  ASSERT_TRUE(Healthy(1));
  Advance(seconds(5));
  Read(*peer);
  Advance(seconds(1));
  ASSERT_TRUE(Answered(1));
  EXPECT_EQ(Level("membership_healthy"), 1U);
  Advance(seconds(5));
  auto second = Accept(server);  // the silent connection was given up
  Read(*second);
  Advance(seconds(1));
  ASSERT_TRUE(Answered(2));
  EXPECT_TRUE(Healthy(0));
  EXPECT_EQ(Checked("network_failure"), 2U);
  EXPECT_EQ(Flags(), "/failed_active_hc/active_hc_timeout");
}

TEST_F(HealthCheckTest, AnAnswerThatNeverEndsIsNoAnswer) {
  TestServer server;
  Load(
      {Static({server.port()}, Checks("http_health_check: {path: /, receive: [{text: '6f6b'}]}"))});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  for (int i = 0; i < 200; ++i) {
    peer->Write("400\r\n" + std::string(1024, 'x') + "\r\n");
    Turn();
  }
  Advance(seconds(1));
  ASSERT_TRUE(Answered(1));
  EXPECT_EQ(Level("membership_healthy"), 0U);
  EXPECT_TRUE(warm_);  // bad news are news
}

TEST_F(HealthCheckTest, StatusesBodiesAndHeadersAreAsConfigured) {
  TestServer server;
  Load({Static({server.port()},
               Checks("http_health_check: {path: /h, host: web.test, method: POST, send: {text: "
                      "'616263'}, receive: [{text: '6f6b'}, {text: '21'}], expected_statuses: "
                      "[{start: 200, end: 300}], retriable_statuses: [{start: 503, end: 504}], "
                      "request_headers_to_add: [{header: {key: X-Check, value: yes}}], "
                      "request_headers_to_remove: [user-agent]}"))});
  auto peer = Accept(server);
  const std::string request = Read(*peer, "abc");
  EXPECT_EQ(request.find("POST /h HTTP/1.1\r\nhost: web.test\r\n"), 0U) << request;
  EXPECT_NE(request.find("x-check: yes\r\n"), std::string::npos);
  EXPECT_EQ(request.find("user-agent"), std::string::npos);
  EXPECT_NE(request.find("content-length: 3\r\n"), std::string::npos);
  peer->Write(Answer(204 - 2, "it is ok, really!"));
  ASSERT_TRUE(Healthy(1));
  Advance(seconds(5));
  Read(*peer, "abc");
  peer->Write(Answer(503));  // retriable: not at once
  ASSERT_TRUE(Answered(1));
  EXPECT_EQ(Level("membership_healthy"), 1U);
  Advance(seconds(5));
  Read(*peer, "abc");
  peer->Write(Answer(200, "! is not ok"));  // in the wrong order
  ASSERT_TRUE(Answered(2));
  EXPECT_TRUE(Healthy(0));
}

TEST_F(HealthCheckTest, AHostMayCallItselfDegraded) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp))});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(200, "", "x-envoy-degraded: 1\r\n"));
  EXPECT_TRUE(Until([&] { return Level("membership_degraded") == 1; }));
  EXPECT_EQ(Flags(), "/degraded_active_hc");
  Advance(seconds(5));
  Read(*peer);
  peer->Write(Answer(200));
  EXPECT_TRUE(Healthy(1));
}

TEST_F(HealthCheckTest, TcpChecksSendAndCompare) {
  TestServer server;
  Load({Static(
      {server.port()},
      Checks("tcp_health_check: {send: {text: '50494e47'}, receive: [{text: '504f4e47'}]}"))});
  auto peer = Accept(server);
  Read(*peer, "PING");
  peer->Write("PO");
  Turn();
  EXPECT_EQ(Level("membership_healthy"), 0U);
  peer->Write("NG");
  EXPECT_TRUE(Healthy(1));
  Advance(seconds(5));
  Read(*peer, "PING");
  peer->Write("no");
  peer->Shutdown();
  ASSERT_TRUE(Answered(1));
}

TEST_F(HealthCheckTest, ATcpCheckWithoutBytesIsHappyWithAConnection) {
  TestServer server;
  Load({Static({server.port()}, Checks("tcp_health_check: {}"))});
  EXPECT_TRUE(Healthy(1));
}

TEST_F(HealthCheckTest, RefusedConnectionsAreNetworkFailures) {
  uint16_t port = 0;
  {
    TestServer server;
    port = server.port();
  }
  Load({Static({port}, Checks(kHttp))});
  ASSERT_TRUE(Answered(1));
  EXPECT_EQ(Checked("network_failure"), 1U);
  EXPECT_TRUE(Until([&] { return warm_; }));
}

TEST_F(HealthCheckTest, AnotherPortAndHostNameOfTheEndpoint) {
  TestServer server;
  TestServer checks;
  const std::string endpoint =
      "  - lb_endpoints:\n    - endpoint: {address: {socket_address: {address: 127.0.0.1, "
      "port_value: " +
      std::to_string(server.port()) +
      "}}, health_check_config: {port_value: " + std::to_string(checks.port()) +
      ", hostname: own.test}}\n";
  Load({"name: c\n" + Checks(kHttp) + "load_assignment:\n  cluster_name: c\n  endpoints:\n" +
        endpoint});
  auto peer = Accept(checks);
  EXPECT_NE(Read(*peer).find("host: own.test\r\n"), std::string::npos);
  EXPECT_EQ(server.Accept(), nullptr);
}

TEST_F(HealthCheckTest, AnEndpointMayBeLeftAlone) {
  const std::string endpoint =
      "  - lb_endpoints:\n    - endpoint: {address: {socket_address: {address: 127.0.0.1, "
      "port_value: 1}}, health_check_config: {disable_active_health_check: true}}\n";
  Load({"name: c\n" + Checks(kHttp) + "load_assignment:\n  cluster_name: c\n  endpoints:\n" +
        endpoint});
  EXPECT_EQ(Level("membership_healthy"), 1U);
  EXPECT_TRUE(warm_);
  EXPECT_EQ(Checked("attempt"), 0U);
}

TEST_F(HealthCheckTest, WithoutReuseEachCheckHasItsOwnConnection) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp, ", reuse_connection: false"))});
  for (uint64_t i = 1; i <= 3; ++i) {
    auto peer = Accept(server);
    Read(*peer);
    peer->Write(Answer(200));
    ASSERT_TRUE(Until([&] { return Checked("success") == i; }));
    EXPECT_TRUE(Until([&] {
      peer->ReadAvailable();
      return peer->ended();
    }));
    Advance(seconds(5));
  }
}

TEST_F(HealthCheckTest, IntervalsDependOnTrafficAndHealth) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp,
                                       ", unhealthy_interval: 2s, unhealthy_edge_interval: 1s, "
                                       "healthy_edge_interval: 3s"))});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(500));
  ASSERT_TRUE(Answered(1));
  const auto asked_after = [&](Duration wait, uint64_t attempts) {
    Advance(wait - milliseconds(10));
    EXPECT_EQ(Checked("attempt"), attempts - 1);
    Advance(milliseconds(10));
    EXPECT_EQ(Checked("attempt"), attempts);
  };
  asked_after(seconds(5), 2);  // nobody has used the cluster: no_traffic_interval
  HostCells::Add(cluster().hosts().front()->cells().cx_total);
  Read(*peer);
  peer->Write(Answer(200));
  ASSERT_TRUE(Until([&] { return Checked("success") == 1; }));
  asked_after(seconds(5), 3);  // still unhealthy by the threshold, but it answered: interval
  Read(*peer);
  peer->Write(Answer(200));
  ASSERT_TRUE(Healthy(1));
  asked_after(seconds(3), 4);  // healthy_edge_interval
  Read(*peer);
  peer->Write(Answer(500));
  ASSERT_TRUE(Healthy(0));
  asked_after(seconds(1), 5);  // unhealthy_edge_interval
  Read(*peer);
  peer->Write(Answer(500));
  ASSERT_TRUE(Answered(3));
  asked_after(seconds(2), 6);  // unhealthy_interval
}

TEST_F(HealthCheckTest, AHealthyHostThatDnsForgetsStaysUntilItFails) {
  TestServer server;
  const std::string yaml = "name: c\ntype: STRICT_DNS\ndns_refresh_rate: 3600s\n" + Checks(kHttp) +
                           "load_assignment:\n  cluster_name: c\n  endpoints:\n  - lb_endpoints:\n"
                           "    - endpoint: {address: {socket_address: {address: a.test, "
                           "port_value: " +
                           std::to_string(server.port()) + "}}}\n";
  Load({yaml});
  dns_.Answer("a.test", {"127.0.0.1"});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(200));
  ASSERT_TRUE(Healthy(1));
  clock_.Advance(seconds(3600));
  ASSERT_TRUE(Until([&] { return dns_.Asks("a.test"); }));
  dns_.Answer("a.test", {});
  Turn();
  EXPECT_EQ(Level("membership_total"), 1U);
  EXPECT_EQ(Flags(), "/pending_dynamic_removal");
  EXPECT_NE(cluster().PickHost(LbContext{}), nullptr);
  if (Checked("attempt") == 1) Advance(seconds(5));
  Read(*peer);
  peer->Write(Answer(500));
  EXPECT_TRUE(Until([&] { return Level("membership_total") == 0; }));
  EXPECT_TRUE(Until([&] { return cluster().PickHost(LbContext{}) == nullptr; }));
}

TEST_F(HealthCheckTest, NewHostsMayBeExcludedUntilTheirFirstCheck) {
  TestServer server;
  Load({Static({server.port()},
               Checks(kHttp) + "common_lb_config: {ignore_new_hosts_until_first_hc: true}\n")});
  EXPECT_EQ(Level("membership_excluded"), 1U);
  EXPECT_EQ(Flags(), "/failed_active_hc/pending_active_hc");
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(200));
  EXPECT_TRUE(Healthy(1));
  EXPECT_EQ(Level("membership_excluded"), 0U);
}

TEST_F(HealthCheckTest, AHostMaySayOfItselfThatItIsUnwell) {
  TestServer server;
  Load({Static({server.port()}, Checks(kHttp))});
  auto peer = Accept(server);
  Read(*peer);
  peer->Write(Answer(200));
  ASSERT_TRUE(Healthy(1));
  cluster().hosts().front()->NoteUnhealthy();
  EXPECT_TRUE(Healthy(0));
  EXPECT_EQ(Checked("passive_failure"), 1U);
}

TEST_F(HealthCheckTest, NonsenseIsRefused) {
  const auto problems = [this](const std::string& options) {
    config::Problems found;
    auto config = std::make_shared<ClusterConfig>();
    if (test::ParseInto(*config, found, Static({1}, options), {.extensions = &registry_})) {
      ClusterManager(ClusterManager::Settings{loop_, store_, dns_}, {std::move(config)}, found);
    }
    return found.Text();
  };
  EXPECT_NE(problems(Checks("tcp_health_check: {send: {text: 'xyz'}}")).find("not hexadecimal"),
            std::string::npos);
  EXPECT_NE(problems(Checks("http_health_check: {path: /, expected_statuses: [{start: 300, end: "
                            "200}]}"))
                .find("no range of statuses"),
            std::string::npos);
  EXPECT_NE(problems(Checks(kHttp, ", event_log_path: /nowhere/at/all.log")).find("/nowhere"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::upstream
