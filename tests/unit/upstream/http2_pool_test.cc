// Pools whose connections carry many exchanges. The codec is FakeHttp2: it is put in the place of
// the real one when this program is linked.
#include <optional>
#include <vector>

#include "client_codec.h"
#include "fake_http2.h"
#include "fixture.h"
#include "sluice/codec/http1/client_codec.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/http_pool.h"
#include "support/recording_sink.h"

namespace sluice::upstream {

std::unique_ptr<http::ClientCodec> MakeClientCodec(Cluster& cluster, http::Version version,
                                                   http::CodecHost& host) {
  const HttpPoolOptions& options = cluster.options().http;
  if (version == http::Version::kHttp2) return std::make_unique<FakeHttp2>(host, options.http2);
  return http1::MakeClientCodec(host, options.http1, cluster.http1_counters());
}

namespace {

using std::chrono::hours;
using std::chrono::seconds;

class Request final : public StreamEvents {
 public:
  // StreamEvents
  http::MessageSink& ResponseSink() override { return sink; }
  void OnStreamReady(UpstreamStream& stream) override {
    ++ready;
    id = stream.codec().id();
    head.Clear();
    head.AddView(http::HeaderId::kMethod, "GET");
    head.AddView(http::HeaderId::kPath, "/");
    stream.codec().SendHead(head, true);
  }
  void OnStreamFailed(const PoolFailure& failure) override { failed = failure.reason; }

  Arena arena;
  http::HeaderMap head{arena};
  test::RecordingSink sink;
  int ready = 0;
  uint32_t id = 0;
  std::optional<http::ResetReason> failed;
  StreamTicket ticket;
};

std::string Options(const std::string& http2, const std::string& common = "{}") {
  return "typed_extension_protocol_options:\n"
         "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
         "    \"@type\": type.googleapis.com/"
         "envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
         "    common_http_protocol_options: " +
         common + "\n    explicit_http_config: {http2_protocol_options: " + http2 + "}\n";
}

class Http2PoolTest : public UpstreamTest {
 protected:
  void Send(Request& request, StreamWish wish = {}) {
    Host* host = cluster().PickHost(LbContext{});
    ASSERT_NE(host, nullptr);
    cluster().NewStream(*host, wish, LbContext{}, request, request.ticket);
  }
  // Reads until the peer has been told `line`, and forgets what came up to it.
  bool Told(TestPeer& peer, const std::string& line) {
    std::string& text = heard_[&peer];
    return Until([&] {
      text += peer.ReadAvailable();
      const size_t at = text.find(line + "\n");
      if (at == std::string::npos) return false;
      text.erase(0, at + line.size() + 1);
      return true;
    });
  }
  std::map<TestPeer*, std::string> heard_;
};

TEST_F(Http2PoolTest, ManyRequestsShareOneConnection) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Request b;
  Request c;
  Send(a);
  Send(b);
  EXPECT_EQ(Level("upstream_rq_pending_active"), 2U);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 1"));
  EXPECT_TRUE(Told(*peer, "request 3"));
  Send(c);
  EXPECT_EQ(c.ready, 1);  // from inside NewStream
  EXPECT_EQ(Level("upstream_rq_active"), 3U);
  peer->Write("answer 3\nanswer 5\nanswer 1\n");
  ASSERT_TRUE(Until([&] { return a.sink.done && b.sink.done && c.sink.done; }));
  EXPECT_EQ(Count("upstream_cx_total"), 1U);
  EXPECT_EQ(Count("upstream_cx_http2_total"), 1U);
  EXPECT_EQ(Count("upstream_cx_http1_total"), 0U);
  EXPECT_EQ(Count("upstream_rq_total"), 3U);
  EXPECT_EQ(Level("upstream_rq_active"), 0U);
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
}

TEST_F(Http2PoolTest, AnotherConnectionIsOpenedWhenOneIsFull) {
  TestServer server;
  Load({Static({server.port()}, Options("{max_concurrent_streams: 2}"))});
  Request requests[5];
  for (Request& request : requests) Send(request);
  Turn();
  EXPECT_EQ(Count("upstream_cx_total"), 3U);
  const auto first = Accept(server);
  const auto second = Accept(server);
  const auto third = Accept(server);
  ASSERT_TRUE(Until([&] { return Level("upstream_rq_active") == 5; }));
  EXPECT_TRUE(Told(*first, "request 3"));
}

TEST_F(Http2PoolTest, PeersLimitCountsFromItsSettingsOn) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Send(a);
  const auto first = Accept(server);
  first->Write("limit 1\n");
  EXPECT_TRUE(Told(*first, "request 1"));
  for (int i = 0; i < 4; ++i) loop_.RunOnce(std::chrono::milliseconds(1));
  Request b;
  Send(b);
  EXPECT_EQ(b.ready, 0);
  const auto second = Accept(server);
  EXPECT_TRUE(Told(*second, "request 1"));
  // Raised again, it takes more at once.
  first->Write("limit 2\nhead 1\n");
  ASSERT_TRUE(Until([&] { return !a.sink.log.empty(); }));
  second->Write("limit 1\nhead 1\n");
  ASSERT_TRUE(Until([&] { return !b.sink.log.empty(); }));
  Request c;
  Send(c);
  EXPECT_EQ(c.ready, 1);
  EXPECT_EQ(Count("upstream_cx_total"), 2U);
}

TEST_F(Http2PoolTest, WaitingRequestsGoOutAsPlacesBecomeFree) {
  TestServer server;
  Load({Static({server.port()}, Options("{max_concurrent_streams: 1}") +
                                    "circuit_breakers: {thresholds: [{max_connections: 1}]}")});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 1"));
  EXPECT_EQ(b.ready, 0);
  peer->Write("answer 1\n");
  EXPECT_TRUE(Told(*peer, "request 3"));
  EXPECT_EQ(b.ready, 1);
}

TEST_F(Http2PoolTest, GoawayLetsTheOthersFinishAndNewOnesGoElsewhere) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 3"));
  peer->Write("goaway 1\n");
  ASSERT_TRUE(Until([&] { return b.sink.done; }));
  EXPECT_EQ(b.sink.log, "reset{remote refused stream reset,} done ");
  Request c;
  Send(c);
  EXPECT_EQ(c.ready, 0);
  const auto next = Accept(server);
  EXPECT_TRUE(Told(*next, "request 1"));
  EXPECT_FALSE(a.sink.done);
  peer->Write("answer 1\n");
  ASSERT_TRUE(Until([&] { return a.sink.done; }));
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 1; }));
  EXPECT_EQ(Count("upstream_rq_rx_reset"), 1U);
}

TEST_F(Http2PoolTest, IdleConnectionThatIsToldToGoIsClosed) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Send(a);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 1"));
  peer->Write("answer 1\n");
  ASSERT_TRUE(Until([&] { return a.sink.done; }));
  peer->Write("goaway 1\n");
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(Http2PoolTest, FreshRequestsShareTheConnectionThatIsMadeForThem) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request old;
  Send(old);
  const auto first = Accept(server);
  EXPECT_TRUE(Told(*first, "request 1"));
  Advance(seconds(1));
  Request a;
  Request b;
  Send(a, {.fresh = true});
  Send(b, {.fresh = true});
  EXPECT_EQ(a.ready + b.ready, 0);
  const auto second = Accept(server);
  EXPECT_TRUE(Told(*second, "request 3"));
  EXPECT_EQ(Count("upstream_cx_total"), 2U);
}

TEST_F(Http2PoolTest, DroppedRequestIsCancelledAndTheOthersGoOn) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 3"));
  a.ticket.Drop();
  EXPECT_TRUE(Told(*peer, "cancel 1"));
  peer->Write("answer 3\n");
  EXPECT_TRUE(Until([&] { return b.sink.done; }));
  EXPECT_EQ(Count("upstream_rq_tx_reset"), 1U);
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
  EXPECT_EQ(Level("upstream_rq_active"), 0U);
}

TEST_F(Http2PoolTest, ConnectionThatBreaksTakesItsRequestsWithIt) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 3"));
  peer->Reset();
  ASSERT_TRUE(Until([&] { return a.sink.done && b.sink.done; }));
  EXPECT_TRUE(a.sink.log.starts_with("reset{connection termination")) << a.sink.log;
  EXPECT_EQ(Level("upstream_rq_active"), 0U);
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
  EXPECT_EQ(Count("upstream_cx_destroy_remote_with_active_rq"), 1U);
}

TEST_F(Http2PoolTest, MaxRequestsEndTheConnectionAfterThem) {
  TestServer server;
  Load({Static({server.port()}, Options("{}", "{max_requests_per_connection: 2}"))});
  Request a;
  Request b;
  Request c;
  Send(a);
  Send(b);
  Send(c);
  const auto first = Accept(server);
  EXPECT_TRUE(Told(*first, "request 3"));
  const auto second = Accept(server);
  EXPECT_TRUE(Told(*second, "request 1"));
  first->Write("answer 1\n");
  ASSERT_TRUE(Until([&] { return a.sink.done; }));
  EXPECT_EQ(Level("upstream_cx_active"), 2U);
  first->Write("answer 3\n");
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 1; }));
  EXPECT_EQ(Count("upstream_cx_max_requests"), 1U);
}

TEST_F(Http2PoolTest, IdleTimeoutCountsFromTheLastRequest) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Request b;
  Send(a);
  Send(b);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 3"));
  peer->Write("answer 1\n");
  ASSERT_TRUE(Until([&] { return a.sink.done; }));
  Advance(hours(2));
  EXPECT_EQ(Level("upstream_cx_active"), 1U);  // one is still on it
  peer->Write("answer 3\n");
  ASSERT_TRUE(Until([&] { return b.sink.done; }));
  Turn();
  Advance(hours(1) + seconds(1));
  Advance(hours(1) + seconds(1));
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
  EXPECT_EQ(Count("upstream_cx_idle_timeout"), 1U);
}

TEST_F(Http2PoolTest, UnansweredPingClosesTheConnection) {
  TestServer server;
  Load({Static({server.port()}, Options("{connection_keepalive: {interval: 30s, timeout: 5s, "
                                        "interval_jitter: {value: 0}}}"))});
  Request a;
  Send(a);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 1"));
  Advance(seconds(31));
  EXPECT_TRUE(Told(*peer, "ping"));
  peer->Write("pong\n");
  for (int i = 0; i < 4; ++i) loop_.RunOnce(std::chrono::milliseconds(1));
  Advance(seconds(10));
  EXPECT_EQ(Level("upstream_cx_active"), 1U);
  Advance(seconds(21));
  EXPECT_TRUE(Told(*peer, "ping"));
  Advance(seconds(6));
  EXPECT_TRUE(a.sink.done);
  EXPECT_EQ(Level("upstream_cx_active"), 0U);
  EXPECT_EQ(Count("http2.keepalive_timeout"), 1U);
}

TEST_F(Http2PoolTest, HostThatIsTakenAwayEndsWithItsRequests) {
  TestServer server;
  Load({Static({server.port()}, Options("{}"))});
  Request a;
  Send(a);
  const auto peer = Accept(server);
  EXPECT_TRUE(Told(*peer, "request 1"));
  set_->Drain();
  EXPECT_TRUE(Told(*peer, "goaway"));
  peer->Write("answer 1\n");
  EXPECT_TRUE(Until([&] { return a.sink.done && peer->ReadAvailable().empty() && peer->ended(); }));
}

TEST_F(Http2PoolTest, ClientsVersionIsSpokenWhereAsked) {
  TestServer server;
  Load({Static({server.port()},
               "typed_extension_protocol_options:\n"
               "  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:\n"
               "    \"@type\": type.googleapis.com/"
               "envoy.extensions.upstreams.http.v3.HttpProtocolOptions\n"
               "    use_downstream_protocol_config: {http2_protocol_options: {}}\n")});
  Request a;
  Request b;
  Send(a, {.downstream = http::Version::kHttp2});
  const auto first = Accept(server);
  EXPECT_TRUE(Told(*first, "request 1"));
  Send(b, {.downstream = http::Version::kHttp11});
  const auto second = Accept(server);
  EXPECT_TRUE(Told(*second, "GET / HTTP/1.1\r"));
}

TEST_F(Http2PoolTest, OldFieldAsksForHttp2) {
  TestServer server;
  Load({Static({server.port()}, "http2_protocol_options: {max_concurrent_streams: 7}")});
  EXPECT_EQ(cluster().options().http.choice, HttpChoice::kHttp2);
  EXPECT_EQ(cluster().options().http.http2.max_concurrent_streams, 7U);
}

}  // namespace
}  // namespace sluice::upstream
