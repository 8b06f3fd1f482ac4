// Messages from one codec to the other: what is sent arrives, whatever the cuts.
#include <gtest/gtest.h>

#include "harness.h"

namespace sluice::http2::test {
namespace {

using http::ResetReason;

TEST(Http2ExchangeTest, RequestAndResponse) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask();
  pair.Run();
  ASSERT_EQ(pair.server.sinks.size(), 1U);
  EXPECT_EQ(pair.server.sink().log, "head{:method=GET|:scheme=http|:path=/|:authority=h:1} end ");
  Answer(pair.server.sink(), "hello");
  pair.Run();
  EXPECT_EQ(asked.log, "head{:status=200} body{hello} end done ");
  EXPECT_TRUE(pair.server.sink().done);
  EXPECT_EQ(pair.client.codec->active_streams() + pair.server.codec->active_streams(), 0U);
  EXPECT_TRUE(pair.client.codec->reusable());
}

class Http2CutTest : public ::testing::TestWithParam<size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, Http2CutTest, ::testing::Values(1, 2, 3, 7, 16, 1000));

TEST_P(Http2CutTest, CutsChangeNothing) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask("POST", false);
  Send(*asked.stream, "some ", false);
  Send(*asked.stream, "body", false);
  asked.stream->SendTrailers(Head({{"x-sum", "1"}}));
  pair.Run(GetParam());
  ASSERT_EQ(pair.server.sinks.size(), 1U);
  RecordingSink& served = pair.server.sink();
  EXPECT_TRUE(served.log.ends_with("body{some body} trailers{x-sum=1} end ")) << served.log;
  served.stream->SendInformational(Head({{":status", "103"}, {"link", "a"}}));
  served.stream->SendHead(Head({{":status", "200"}, {"content-length", "3"}}), false);
  Send(*served.stream, "abc", false);
  served.stream->SendTrailers(Head({{"grpc-status", "0"}}));
  pair.Run(GetParam());
  EXPECT_EQ(asked.log,
            "1xx{:status=103|link=a} head{:status=200|content-length=3} body{abc} "
            "trailers{grpc-status=0} end done ");
}

TEST(Http2ExchangeTest, LargeBodiesBothWays) {
  Pair pair;
  const std::string large(40 << 20, 'x');
  RecordingSink& asked = pair.client.Ask("POST", false);
  pair.server.on_stream = [](RecordingSink& sink) {
    sink.on_head = [&sink](bool) { sink.stream->SendHead(Head({{":status", "200"}}), false); };
    sink.on_data = [&sink](bool end) {
      sink.stream->Consumed(sink.body.size());
      Send(*sink.stream, sink.body, end);
      sink.body.clear();
    };
  };
  size_t back = 0;
  asked.on_data = [&](bool) {
    asked.stream->Consumed(asked.body.size());
    back += asked.body.size();
    asked.body.clear();
  };
  Send(*asked.stream, large, true);
  pair.Run();
  EXPECT_EQ(back, large.size());
  EXPECT_TRUE(asked.done);
  EXPECT_GT(asked.highs, 0);
}

TEST(Http2ExchangeTest, ManyStreamsShareTheConnection) {
  Pair pair;
  constexpr size_t kStreams = 100;
  for (size_t i = 0; i < kStreams; ++i) pair.client.Ask();
  pair.Run();
  ASSERT_EQ(pair.server.sinks.size(), kStreams);
  const std::string body(50000, 'b');
  for (auto& sink : pair.server.sinks) Answer(*sink, body);
  // In turn: no stream is complete before each has had its first part.
  std::string first = pair.server.out.ToString();
  static_cast<void>(pair.server.codec->WriteOutput());
  pair.client.in.Append(std::move(pair.server.out));
  static_cast<void>(pair.client.Dispatch());
  for (auto& sink : pair.client.sinks) EXPECT_FALSE(sink->ended);
  pair.Run();
  for (auto& sink : pair.client.sinks) EXPECT_EQ(sink->body.size(), body.size());
}

// Requests that begin before the server has said how many it takes at once (its SETTINGS).
TEST(Http2ExchangeTest, WhatIsMoreThanTheServerTakesWaitsAndIsNotRefused) {
  ServerOptions options;
  options.max_concurrent_streams = 100;
  Pair pair(options);
  constexpr size_t kStreams = 160;
  for (size_t i = 0; i < kStreams; ++i) pair.client.Ask();
  EXPECT_EQ(pair.client.codec->max_concurrent_streams(), 1024U);
  pair.Run();
  EXPECT_EQ(pair.client.codec->max_concurrent_streams(), 100U);
  ASSERT_EQ(pair.server.sinks.size(), 100U);
  for (size_t i = 0; i < pair.server.sinks.size(); ++i) {
    Answer(pair.server.sink(i));
    pair.Run();
  }
  EXPECT_EQ(pair.server.sinks.size(), kStreams);
  for (auto& sink : pair.client.sinks) EXPECT_TRUE(sink->ended && !sink->reset) << sink->log;
}

TEST(Http2ExchangeTest, CookieCrumbsAreJoined) {
  Pair pair;
  RecordingSink& asked = pair.client.Start();
  asked.stream->SendHead(Head({{":method", "GET"},
                               {":scheme", "http"},
                               {":authority", "h"},
                               {":path", "/"},
                               {"cookie", "a=1"},
                               {"x", "y"},
                               {"cookie", "b=2"}}),
                         true);
  pair.Run();
  EXPECT_EQ(pair.server.sink().head.Get("cookie"), "a=1; b=2");
  EXPECT_EQ(pair.server.sink().head.CountOf(http::HeaderId::kCookie), 1U);
}

TEST(Http2ExchangeTest, ConnectionFieldsStayBehind) {
  Pair pair;
  RecordingSink& asked = pair.client.Start();
  asked.stream->SendHead(Head({{":method", "GET"},
                               {":scheme", "http"},
                               {":authority", "h"},
                               {":path", "/"},
                               {"connection", "keep-alive"},
                               {"keep-alive", "5"},
                               {"transfer-encoding", "chunked"},
                               {"te", "gzip"},
                               {"host", "other"}}),
                         true);
  pair.Run();
  EXPECT_EQ(pair.server.sink().log, "head{:method=GET|:scheme=http|:path=/|:authority=h} end ");
}

struct ResetCase {
  ResetReason sent;
  ResetReason seen;
};
class Http2ResetTest : public ::testing::TestWithParam<ResetCase> {};
INSTANTIATE_TEST_SUITE_P(
    Reasons, Http2ResetTest,
    ::testing::Values(ResetCase{ResetReason::kLocalReset, ResetReason::kRemoteReset},
                      ResetCase{ResetReason::kLocalRefused, ResetReason::kRemoteRefused},
                      ResetCase{ResetReason::kConnectError, ResetReason::kConnectError},
                      ResetCase{ResetReason::kHttp11Required, ResetReason::kHttp11Required}));

TEST_P(Http2ResetTest, ReasonsTravel) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask();
  pair.Run();
  pair.server.sink().stream->Reset(GetParam().sent);
  EXPECT_TRUE(pair.server.sink().done);
  pair.Run();
  EXPECT_TRUE(asked.done);
  EXPECT_NE(asked.log.find(http::ResetReasonName(GetParam().seen)), std::string::npos) << asked.log;
}

TEST(Http2ExchangeTest, LengthsAreWrittenPlainly) {
  Pair pair;
  RecordingSink& asked = pair.client.Start();
  asked.stream->SendHead(Head({{":method", "POST"},
                               {":scheme", "http"},
                               {":authority", "h"},
                               {":path", "/"},
                               {"content-length", std::string(100, '0') + "2"}}),
                         false);
  Send(*asked.stream, "ab", true);
  pair.Run();
  EXPECT_EQ(pair.server.sink().log,
            "head{:method=POST|:scheme=http|:path=/|:authority=h|content-length=2} body{ab} end ");
}

TEST(Http2ExchangeTest, ResponseBeforeTheRequestsEndStopsTheRequest) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask("POST", false);
  pair.Run();
  Answer(pair.server.sink(), "no");
  pair.Run();
  EXPECT_TRUE(pair.server.sink().done);
  EXPECT_EQ(asked.log, "head{:status=200} body{no} end done ");  // NO_ERROR is no failure
}

TEST(Http2ExchangeTest, ABodyThatIsNotAsLongAsPromisedIsReset) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask();
  pair.Run();
  http::CodecStream& stream = *pair.server.sink().stream;
  stream.SendHead(Head({{":status", "200"}, {"content-length", "5"}}), false);
  Send(stream, "1234", true);
  pair.Run();
  EXPECT_TRUE(asked.reset);
  EXPECT_FALSE(asked.ended);
}

TEST(Http2ExchangeTest, AnyCallFromInsideAnyCallback) {
  for (const int when : {0, 1, 2}) {
    Pair pair;
    pair.server.on_stream = [&](RecordingSink& sink) {
      if (when == 0) sink.on_head = [&](bool) { sink.stream->Reset(ResetReason::kLocalReset); };
      if (when == 1) sink.on_data = [&](bool) { sink.stream->Reset(ResetReason::kLocalReset); };
      if (when == 2) sink.on_head = [&](bool) { Answer(sink, "early"); };
    };
    RecordingSink& asked = pair.client.Ask("POST", false);
    asked.on_done = [&] {
      if (pair.client.sinks.size() < 3) pair.client.Ask();
    };
    Send(*asked.stream, "data", true);
    pair.Run();
    EXPECT_TRUE(asked.done) << when;
    EXPECT_EQ(pair.client.failure + pair.server.failure, "") << when;
  }
}

}  // namespace
}  // namespace sluice::http2::test
