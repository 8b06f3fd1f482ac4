#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

struct BodyRow {
  std::string wire;  // after the head
  std::string told;  // after "head{...} "
};

constexpr std::string_view kHead =
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string Told(const std::vector<std::string_view>& pieces, bool trailers) {
  ServerOptions options;
  options.enable_trailers = trailers;
  options.max_head_bytes = 200;
  options.max_header_count = 4;
  ServerHarness server(options, ServerHarness::Answer::kByHand);
  for (std::string_view piece : pieces) {
    if (!server.FeedSlice(piece)) break;
  }
  const std::string& log = server.sink().log;
  return log.substr(log.find("} ") + 2);
}

void ExpectTold(const BodyRow& row, bool trailers) {
  SCOPED_TRACE(row.wire);
  const std::string all = std::string(kHead) + row.wire;
  EXPECT_EQ(Told({all}, trailers), row.told);
  std::vector<std::string_view> single;
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string_view view = all;
    single.push_back(view.substr(i, 1));
    ASSERT_EQ(Told({view.substr(0, i), view.substr(i)}, trailers), row.told) << "split at " << i;
  }
  ASSERT_EQ(Told(single, trailers), row.told) << "byte by byte";
}

TEST(Http1ChunkedTest, GoodBodies) {
  const std::vector<BodyRow> rows = {
      {"0\r\n\r\n", "body{} end "},
      {"5\r\nhello\r\n0\r\n\r\n", "body{hello} end "},
      {"05\r\nhello\r\n000\r\n\r\n", "body{hello} end "},
      {"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "body{hello} end "},
      {"a\r\n0123456789\r\n0\r\n\r\n", "body{0123456789} end "},
      {"A\r\n0123456789\r\n0\r\n\r\n", "body{0123456789} end "},
      {"2\r\n\r\n\r\n0\r\n\r\n", "body{\r\n} end "},
      {"5;a\r\nhello\r\n0;b=c\r\n\r\n", "body{hello} end "},
      {"5;a=b;c=\"d;e\\\"f\"\r\nhello\r\n0\r\n\r\n", "body{hello} end "},
      {"5;chunk-signature=" + std::string(64, 'a') + "\r\nhello\r\n0\r\n\r\n", "body{hello} end "},
      {"0\r\nA: b\r\n\r\n", "body{} end "},
  };
  for (const BodyRow& row : rows) ExpectTold(row, false);
}

TEST(Http1ChunkedTest, BadBodies) {
  const std::vector<std::string> bad = {"\r\n",
                                        "\n",
                                        " 5\r\nhello\r\n",
                                        "5 \r\nhello\r\n",
                                        "5\nhello\r\n",
                                        "5\rhello\r\n",
                                        "+5\r\nhello\r\n",
                                        "-5\r\nhello\r\n",
                                        "0x5\r\nhello\r\n",
                                        "5h\r\nhello\r\n",
                                        "g\r\n",
                                        "5,5\r\nhello\r\n",
                                        "5;\r\nhello\r\n",
                                        "5;=b\r\nhello\r\n",
                                        "5; a\r\nhello\r\n",
                                        "5 ;a\r\nhello\r\n",
                                        "5;a b\r\nhello\r\n",
                                        "5;a=\r\nhello\r\n",
                                        "5;a=\"b\r\nhello\r\n",
                                        "5;a\rb\r\nhello\r\n",
                                        "5;a\nb\r\nhello\r\n",
                                        std::string("5;a\0\r\nhello\r\n", 13),
                                        "5;a=\"\x7f\"\r\nhello\r\n",
                                        "5\r\nhelloX\r\n",
                                        "5\r\nhello\n0\r\n",
                                        "5\r\nhello\r0\r\n",
                                        "5\r\nhello\rX",
                                        "5\r\nhelloo\r\n",
                                        "4\r\nhello\r\n0\r\n",
                                        "FFFFFFFFFFFFFFFF\r\nx",
                                        "8000000000000000\r\nx",
                                        "10000000000000000\r\nx",
                                        "00000000000000005\r\nhello\r\n",
                                        ";a\r\n",
                                        "5" + std::string(600, '0') + "\r\n",
                                        "5;" + std::string(600, 'a') + "\r\n",
                                        "5;" + std::string(600, 'a')};
  for (const std::string& body : bad) {
    ServerHarness server({}, ServerHarness::Answer::kByHand);
    server.on_stream = [](RecordingSink& sink) { sink.on_error = nullptr; };
    SCOPED_TRACE(body);
    EXPECT_FALSE(server.Feed(std::string(kHead) + body));
    EXPECT_EQ(server.failure, details::kCodecError);
    EXPECT_TRUE(server.sink().log.ends_with("error{http1.codec_error} ")) << server.sink().log;
    EXPECT_FALSE(server.sink().ended);
    const std::string whole = server.sink().log;
    const std::string_view all = body;
    for (size_t i = 1; i < all.size() && i < 40; ++i) {
      ServerHarness split({}, ServerHarness::Answer::kByHand);
      if (split.FeedSlice(kHead) && split.FeedSlice(all.substr(0, i))) {
        EXPECT_FALSE(split.FeedSlice(all.substr(i))) << "split at " << i;
      }
      EXPECT_EQ(split.failure, details::kCodecError) << "split at " << i;
      EXPECT_FALSE(split.sink().ended);
    }
  }
}

TEST(Http1ChunkedTest, LargestChunkSizeIsWaitedFor) {
  ServerHarness server;
  ASSERT_TRUE(server.Feed(std::string(kHead) + "7fffffffffffffff\r\nabc"));
  EXPECT_EQ(server.sink().body, "abc");
  EXPECT_FALSE(server.sink().ended);
}

TEST(Http1ChunkedTest, TrailersWhenEnabled) {
  const std::vector<BodyRow> rows = {
      {"0\r\n\r\n", "body{} end "},
      {"1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", "body{x} trailers{a=b|c=d} end "},
      {"0\r\nX-Sum: 1\r\nCookie: a\r\nHost: i\r\nTE: b\r\n\r\n", "body{} trailers{x-sum=1} end "},
      {"1\r\nx\r\n0\r\nTrailer: 5\r\n\r\n", "body{x} end "},
  };
  for (const BodyRow& row : rows) ExpectTold(row, true);
}

TEST(Http1ChunkedTest, TrailersAreCheckedWhetherEnabledOrNot) {
  const std::vector<std::pair<std::string, std::string_view>> rows = {
      {"A : b\r\n\r\n", details::kCodecError},
      {"A: b\r\n c\r\n\r\n", details::kCodecError},
      {" A: b\r\n\r\n", details::kCodecError},
      {"A: b\n\r\n", details::kCodecError},
      {"A: b\r\n\n", details::kCodecError},
      {"A\r\n\r\n", details::kCodecError},
      {": b\r\n\r\n", details::kCodecError},
      {"A: b\rc\r\n\r\n", {}},
      {"Content-Length: 5\r\n\r\n", details::kCodecError},
      {"Transfer-Encoding: chunked\r\n\r\n", {}},
      {"A:1\r\nA:2\r\nA:3\r\nA:4\r\nA:5\r\n\r\n", details::kTooManyHeaders},
      {"A: " + std::string(200, 'x') + "\r\n\r\n", details::kHeadersTooLarge},
      {"A: " + std::string(250, 'x'), details::kHeadersTooLarge},
  };
  for (bool enabled : {false, true}) {
    for (const auto& [block, words] : rows) {
      SCOPED_TRACE(block);
      ServerOptions options;
      options.enable_trailers = enabled;
      options.max_head_bytes = 200;
      options.max_header_count = 4;
      ServerHarness server(options, ServerHarness::Answer::kByHand);
      EXPECT_FALSE(server.Feed(std::string(kHead) + "0\r\n" + block));
      EXPECT_EQ(server.failure, words.empty() ? server.failure : words);
      EXPECT_FALSE(server.sink().ended);
    }
  }
}

TEST(Http1ChunkedTest, TheNextRequestBeginsRightBehind) {
  ServerHarness server;
  const std::string one = std::string(kHead) + "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  ASSERT_TRUE(server.Feed(one + one + "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  ASSERT_EQ(server.sinks.size(), 3u);
  EXPECT_EQ(server.sinks[1]->body, "hello");
  EXPECT_EQ(server.sinks[2]->head.Get(":method"), "GET");
}

TEST(Http1ChunkedTest, ABrokenBodyAfterTheResponseBeganResetsTheStream) {
  ServerHarness server({}, ServerHarness::Answer::kByHand);
  ASSERT_TRUE(server.Feed(kHead));
  server.sink().stream->SendHead(Head({{":status", "200"}}), false);
  ASSERT_FALSE(server.Feed("zz\r\n"));
  EXPECT_TRUE(server.sink().log.ends_with("reset{protocol error,http1.codec_error} done "));
  EXPECT_FALSE(server.codec->may_persist());
}

}  // namespace
}  // namespace sluice::http1::test
