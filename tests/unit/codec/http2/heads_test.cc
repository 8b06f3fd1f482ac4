// Heads that come in one read are decoded first and told of then; only the order of work may show.
#include <gtest/gtest.h>

#include "harness.h"

namespace sluice::http2::test {
namespace {

using http::ResetReason;

TEST(Http2HeadsTest, AreToldInTheirOrder) {
  Pair pair;
  for (int i = 0; i < 40; ++i) pair.client.Ask();  // more than are kept at once
  std::string order;
  pair.server.on_stream = [&](RecordingSink& sink) {
    sink.on_head = [&](bool end) {
      EXPECT_TRUE(end);
      order += std::to_string(sink.stream->id()) + " ";
    };
  };
  pair.Run();
  std::string expected;
  for (int id = 1; id < 80; id += 2) expected += std::to_string(id) + " ";
  EXPECT_EQ(order, expected);
}

TEST(Http2HeadsTest, BodiesAndTrailersBehindThemWait) {
  Pair pair;
  RecordingSink& with_body = pair.client.Ask("POST", false);
  Send(*with_body.stream, "body", true);
  RecordingSink& with_trailers = pair.client.Ask("POST", false);
  Send(*with_trailers.stream, "more", false);
  with_trailers.stream->SendTrailers(Head({{"x-sum", "1"}}));
  EXPECT_TRUE(pair.server.Feed(pair.client.Flush()));
  ASSERT_EQ(pair.server.sinks.size(), 2U);
  EXPECT_EQ(pair.server.sinks.front()->log,
            "head{:method=POST|:scheme=http|:path=/|:authority=h:1} body{body} end ");
  EXPECT_EQ(pair.server.sinks.back()->log,
            "head{:method=POST|:scheme=http|:path=/|:authority=h:1} body{more} "
            "trailers{x-sum=1} end ");
}

TEST(Http2HeadsTest, ARequestGivenUpInTheSameReadIsNotBegun) {
  Pair pair;
  RecordingSink& kept = pair.client.Ask();
  RecordingSink& given_up = pair.client.Ask();
  std::string bytes = pair.client.Flush();
  given_up.stream->Reset(ResetReason::kLocalReset);
  bytes += pair.client.Flush();
  EXPECT_TRUE(pair.server.Feed(bytes));
  ASSERT_EQ(pair.server.sinks.size(), 2U);
  EXPECT_TRUE(pair.server.sinks.front()->log.starts_with("head{"));
  EXPECT_FALSE(pair.server.sinks.back()->log.contains("head{"));
  EXPECT_TRUE(pair.server.sinks.back()->reset);
  EXPECT_TRUE(pair.server.sinks.back()->done);
  EXPECT_EQ(pair.server.codec->active_streams(), 1U);
  Answer(*pair.server.sinks.front(), "here");
  pair.Run();
  EXPECT_TRUE(kept.log.ends_with("body{here} end done ")) << kept.log;
}

TEST(Http2HeadsTest, AResponseThatIsCompleteBeforeItsResetIsDelivered) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask("POST", false);
  pair.Run();
  Answer(pair.server.sink(), "early");
  pair.Run();
  EXPECT_TRUE(asked.log.contains("body{early} end ")) << asked.log;
}

TEST(Http2HeadsTest, AFaultBehindThemResetsThoseThatWait) {
  Pair pair;
  pair.client.Ask();
  pair.Run();
  pair.client.Ask();
  std::string bytes = pair.client.Flush();
  bytes += std::string_view("\0\0\4\x8\0\0\0\0\0\0\0\0\0", 13);  // WINDOW_UPDATE of 0
  static_cast<void>(pair.server.Feed(bytes));
  pair.Run();  // told when the GOAWAY is written
  ASSERT_EQ(pair.server.sinks.size(), 2U);
  EXPECT_TRUE(pair.server.sinks.back()->reset);
  EXPECT_TRUE(pair.server.sinks.back()->done);
  EXPECT_EQ(pair.server.codec->active_streams(), 0U);
}

TEST(Http2HeadsTest, AResponseThatIsCompleteBeforeARudeResetIsDelivered) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask("POST", false);
  pair.Run();
  Answer(pair.server.sink(), "whole");
  std::string bytes = pair.server.Flush();
  bytes += std::string_view("\0\0\4\3\0\0\0\0\1\0\0\0\x8", 13);  // RST_STREAM: CANCEL
  EXPECT_TRUE(pair.client.Feed(bytes));
  EXPECT_TRUE(asked.log.contains("body{whole} end ")) << asked.log;
}

TEST(Http2HeadsTest, AResponseThatIsCompleteBeforeAFaultIsDelivered) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask();
  RecordingSink& other = pair.client.Ask();
  pair.Run();
  Answer(pair.server.sink(0), "whole");
  std::string bytes = pair.server.Flush();
  bytes += std::string_view("\0\0\4\1\4\0\0\0\3\0\1:\0", 13);  // a name of ':' alone
  EXPECT_FALSE(pair.client.Feed(bytes));
  EXPECT_TRUE(asked.log.ends_with("body{whole} end done ")) << asked.log;
  EXPECT_TRUE(other.reset);
}

// Serving one of them may end others that wait.
TEST(Http2HeadsTest, WhoServesOneMayEndTheNext) {
  Pair pair;
  pair.client.Ask();
  pair.client.Ask();
  pair.server.on_stream = [&](RecordingSink& sink) {
    sink.on_head = [&](bool) {
      for (auto& other : pair.server.sinks) {
        if (!other->done && other->stream != nullptr)
          other->stream->Reset(ResetReason::kLocalReset);
      }
    };
  };
  EXPECT_TRUE(pair.server.Feed(pair.client.Flush()));
  ASSERT_EQ(pair.server.sinks.size(), 2U);
  EXPECT_TRUE(pair.server.sinks.front()->done);
  EXPECT_TRUE(pair.server.sinks.back()->done);
  EXPECT_FALSE(pair.server.sinks.back()->log.contains("head{"));
}

}  // namespace
}  // namespace sluice::http2::test
