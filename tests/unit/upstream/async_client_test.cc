#include "sluice/upstream/async_client.h"

#include <optional>

#include "fixture.h"

namespace sluice::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Recorder final : public filter::AsyncEvents {
 public:
  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& given) override {
    response = std::move(given);
    if (drop_ticket) ticket.reset();
  }
  void OnFailure(const Error& error) override {
    failed = error.code;
    if (drop_ticket) ticket.reset();
  }
  bool over() const { return response || failed; }

  std::unique_ptr<filter::AsyncTicket> ticket;
  std::optional<filter::AsyncResponse> response;
  std::optional<ErrorCode> failed;
  bool drop_ticket = true;
};

class AsyncClientTest : public UpstreamTest {
 protected:
  void Start(const std::string& yaml) {
    Load({yaml});
    client_ = MakeAsyncClient(*set_);
  }
  filter::AsyncRequest Post(std::string body) {
    filter::AsyncRequest request;
    request.cluster = "c";
    request.head = {
        {":method", "POST"}, {":path", "/check"}, {":authority", "auth"}, {":scheme", "http"}};
    request.body = std::move(body);
    request.timeout = seconds(1);
    return request;
  }
  void Send(Recorder& recorder, filter::AsyncRequest request) {
    recorder.ticket = client_->Send(std::move(request), recorder);
    EXPECT_FALSE(recorder.over());
  }
  std::string Read(TestPeer& peer, std::string_view until) {
    std::string got;
    EXPECT_TRUE(Until([&] { return (got += peer.ReadAvailable()).ends_with(until); })) << got;
    return got;
  }

  std::unique_ptr<filter::AsyncClient> client_;
};

TEST_F(AsyncClientTest, RequestAndResponse) {
  TestServer server;
  Start(Static({server.port()}));
  Recorder recorder;
  Send(recorder, Post("question"));
  const auto peer = Accept(server);
  EXPECT_EQ(Read(*peer, "question"),
            "POST /check HTTP/1.1\r\nhost: auth\r\ncontent-length: 8\r\n\r\nquestion");
  peer->Write("HTTP/1.1 403 No\r\nx-why: because\r\ncontent-length: 6\r\n\r\nanswer");
  ASSERT_TRUE(Until([&] { return recorder.over(); }));
  EXPECT_EQ(recorder.response->status, 403U);
  EXPECT_EQ(recorder.response->body, "answer");
  EXPECT_EQ(recorder.response->head.at(1).first, "x-why");
  Turn();
  EXPECT_EQ(Level("upstream_cx_active"), 1U);  // kept for the next call
}

TEST_F(AsyncClientTest, FailuresComeLaterAndOnce) {
  TestServer server;
  const uint16_t port = server.port();
  server.Stop();
  Start(Static({port}));
  Recorder refused;
  Send(refused, Post("x"));
  ASSERT_TRUE(Until([&] { return refused.over(); }));
  EXPECT_EQ(refused.failed, ErrorCode::kConnectFailed);
  Recorder nowhere;
  filter::AsyncRequest request = Post("x");
  request.cluster = "nosuch";
  Send(nowhere, std::move(request));
  Turn();
  EXPECT_EQ(nowhere.failed, ErrorCode::kNoCluster);
}

TEST_F(AsyncClientTest, TimesOut) {
  TestServer server;
  Start(Static({server.port()}));
  Recorder recorder;
  Send(recorder, Post("x"));
  const auto peer = Accept(server);
  Read(*peer, "x");
  Advance(seconds(2));
  EXPECT_EQ(recorder.failed, ErrorCode::kTimeout);
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
}

TEST_F(AsyncClientTest, ResponseBeyondItsLimitIsRefused) {
  TestServer server;
  Start(Static({server.port()}));
  Recorder recorder;
  filter::AsyncRequest request = Post("x");
  request.max_response_bytes = 10;
  Send(recorder, std::move(request));
  const auto peer = Accept(server);
  Read(*peer, "x");
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890");
  ASSERT_TRUE(Until([&] { return recorder.over(); }));
  EXPECT_EQ(recorder.failed, ErrorCode::kTooLarge);
}

// RFC 9113 section 8.1: a server may answer before it has the whole request, and ask for no more.
TEST_F(AsyncClientTest, CompleteResponseIsNotLostToTheResetBehindIt) {
  TestServer server;
  Start(Static({server.port()}, "http2_protocol_options: {}"));
  Recorder recorder;
  Send(recorder, Post("question"));
  const auto peer = Accept(server);
  Read(*peer, "request 1\n");
  peer->Write("early 1\nreset 1\n");
  ASSERT_TRUE(Until([&] { return recorder.over(); }));
  ASSERT_TRUE(recorder.response);
  EXPECT_EQ(recorder.response->status, 200U);
}

TEST_F(AsyncClientTest, RequestBehindAGoawayGoesAgain) {
  TestServer server;
  Start(Static({server.port()}, "http2_protocol_options: {}"));
  Recorder recorder;
  Send(recorder, Post("question"));
  const auto peer = Accept(server);
  Read(*peer, "request 1\n");
  peer->Write("goaway 0\n");
  const auto fresh = Accept(server);
  ASSERT_TRUE(fresh);
  Read(*fresh, "request 1\n");
  fresh->Write("answer 1\n");
  ASSERT_TRUE(Until([&] { return recorder.over(); }));
  EXPECT_TRUE(recorder.response);
  EXPECT_EQ(Count("upstream_rq_retry_stale_connection"), 1U);
}

TEST_F(AsyncClientTest, DroppedTicketCancels) {
  TestServer server;
  Start(Static({server.port()}));
  Recorder recorder;
  Send(recorder, Post("x"));
  const auto peer = Accept(server);
  Read(*peer, "x");
  recorder.ticket.reset();
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
  EXPECT_FALSE(recorder.over());
}

struct StreamRecorder final : filter::AsyncStreamEvents {
  void OnStreamHead(uint32_t status, filter::AsyncFields&& /*head*/) override {
    told += "head " + std::to_string(status) + ";";
    if (drop_at_head) stream.reset();
  }
  void OnStreamData(std::string&& bytes) override { told += bytes + ";"; }
  void OnStreamEnd(filter::AsyncFields&& trailers) override {
    told += "end " + std::to_string(trailers.size()) + ";";
    stream.reset();
  }
  void OnStreamFailure(const Error& error) override {
    told += "failed " + error.detail + ";";
    stream.reset();
  }

  std::unique_ptr<filter::AsyncStream> stream;
  std::string told;
  bool drop_at_head = false;
};

TEST_F(AsyncClientTest, StreamGoesBothWaysInParts) {
  TestServer server;
  Start(Static({server.port()}));
  StreamRecorder recorder;
  recorder.stream = client_->Open(Post(""), recorder);
  EXPECT_TRUE(recorder.stream->Write("one", false));
  const auto peer = Accept(server);
  Read(*peer, "\r\n3\r\none\r\n");
  peer->Write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nred\r\n");
  ASSERT_TRUE(Until([&] { return recorder.told == "head 200;red;"; })) << recorder.told;
  EXPECT_TRUE(recorder.stream->Write("two", true));
  EXPECT_FALSE(recorder.stream->Write("late", false));
  Read(*peer, "3\r\ntwo\r\n0\r\n\r\n");
  peer->Write("4\r\nblue\r\n0\r\n\r\n");
  ASSERT_TRUE(Until([&] { return recorder.stream == nullptr; }));
  EXPECT_EQ(recorder.told, "head 200;red;blue;end 0;");
}

TEST_F(AsyncClientTest, StreamTakesNoMoreThanItsBound) {
  TestServer server;
  Start(Static({server.port()}));
  StreamRecorder recorder;
  filter::AsyncRequest request = Post("");
  request.max_response_bytes = 100;
  recorder.stream = client_->Open(request, recorder);
  EXPECT_TRUE(recorder.stream->Write(std::string(60, 'a'), false));
  EXPECT_FALSE(recorder.stream->Write(std::string(60, 'b'), false));
  EXPECT_TRUE(recorder.stream->Write(std::string(40, 'c'), true));
  const auto peer = Accept(server);
  Read(*peer, "0\r\n\r\n");
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n" + std::string(101, 'x'));
  ASSERT_TRUE(Until([&] { return recorder.stream == nullptr; }));
  EXPECT_EQ(recorder.told, "head 200;failed response too large;");
}

TEST_F(AsyncClientTest, StreamMayGoWhileItIsTold) {
  TestServer server;
  Start(Static({server.port()}));
  StreamRecorder recorder;
  recorder.drop_at_head = true;
  recorder.stream = client_->Open(Post(""), recorder);
  const auto peer = Accept(server);
  Read(*peer, "\r\n\r\n");
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nred");
  ASSERT_TRUE(Until([&] { return recorder.stream == nullptr; }));
  EXPECT_TRUE(Until([&] { return Level("upstream_cx_active") == 0; }));
  EXPECT_EQ(recorder.told, "head 200;");
}

TEST_F(AsyncClientTest, StreamsFailLaterAndOnce) {
  TestServer server;
  Start(Static({server.port()}));
  EXPECT_TRUE(client_->HasCluster("c"));
  EXPECT_FALSE(client_->HasCluster("d"));
  StreamRecorder nowhere;
  filter::AsyncRequest request = Post("");
  request.cluster = "d";
  nowhere.stream = client_->Open(request, nowhere);
  EXPECT_EQ(nowhere.told, "");
  ASSERT_TRUE(Until([&] { return nowhere.stream == nullptr; }));
  EXPECT_EQ(nowhere.told, "failed no cluster 'd';");
  StreamRecorder cut;
  cut.stream = client_->Open(Post(""), cut);
  const auto peer = Accept(server);
  Read(*peer, "\r\n\r\n");
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nred");
  ASSERT_TRUE(Until([&] { return cut.told == "head 200;red;"; })) << cut.told;
  peer->Close();
  ASSERT_TRUE(Until([&] { return cut.stream == nullptr; }));
  EXPECT_TRUE(cut.told.starts_with("head 200;red;failed ")) << cut.told;
}

TEST_F(AsyncClientTest, StaleConnectionIsReplacedOnce) {
  TestServer server;
  Start(Static({server.port()}));
  Recorder first;
  filter::AsyncRequest get = Post("");
  get.head[0].second = "GET";
  Send(first, get);
  const auto peer = Accept(server);
  Read(*peer, "\r\n\r\n");
  peer->Write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  ASSERT_TRUE(Until([&] { return first.over(); }));
  Turn();
  Recorder second;
  Send(second, get);
  Read(*peer, "\r\n\r\n");
  peer->Close();
  const auto fresh = Accept(server);
  Read(*fresh, "\r\n\r\n");
  fresh->Write("HTTP/1.1 204 OK\r\n\r\n");
  ASSERT_TRUE(Until([&] { return second.over(); }));
  ASSERT_TRUE(second.response);
  EXPECT_EQ(second.response->status, 204U);
  EXPECT_EQ(Count("upstream_rq_retry_stale_connection"), 1U);
}

}  // namespace
}  // namespace sluice::upstream
