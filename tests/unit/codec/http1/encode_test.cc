// What the server codec writes: framing, connection, spelling, and nothing that could end a line.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

void Send(http::CodecStream& stream, std::string_view body, bool end) {
  ByteChain data;
  data.Append(body);
  stream.SendData(data, end);
  EXPECT_TRUE(data.empty());
}

class Http1EncodeTest : public testing::Test {
 protected:
  http::CodecStream& Asked(std::string_view request = kGet) {
    EXPECT_TRUE(server_.Feed(request));
    return *server_.sink().stream;
  }
  ServerHarness server_{{}, ServerHarness::Answer::kByHand};
};

TEST_F(Http1EncodeTest, FieldsInOrderWithoutPseudoAndHopByHop) {
  Asked().SendHead(Head({{":status", "200"},
                         {"date", "now"},
                         {"connection", "x"},
                         {"keep-alive", "timeout=1"},
                         {"transfer-encoding", "chunked"},
                         {"upgrade-insecure", "1"},
                         {"content-length", "0"},
                         {"server", "s"}}),
                   true);
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 200 OK\r\ndate: now\r\nupgrade-insecure: 1\r\ncontent-length: 0\r\n"
            "server: s\r\n\r\n");
}

TEST_F(Http1EncodeTest, BodiesOfKnownLength) {
  auto& stream = Asked();
  stream.SendHead(Head({{":status", "200"}, {"content-length", "005"}}), false);
  Send(stream, "he", false);
  Send(stream, "llo", true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_TRUE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, BodiesOfUnknownLengthAreChunked) {
  auto& stream = Asked();
  stream.SendHead(Head({{":status", "200"}}), false);
  Send(stream, "hello world, this is 28 byte", false);
  Send(stream, "", false);
  Send(stream, "x", true);
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            "1c\r\nhello world, this is 28 byte\r\n1\r\nx\r\n0\r\n\r\n");
  EXPECT_TRUE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, AShortBodyEndsTheConnection) {
  auto& stream = Asked();
  stream.SendHead(Head({{":status", "200"}, {"content-length", "5"}}), false);
  Send(stream, "he", true);
  EXPECT_TRUE(server_.sink().done);
  EXPECT_FALSE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, BytesBeyondTheLengthAreNotSent) {
  auto& stream = Asked();
  stream.SendHead(Head({{":status", "200"}, {"content-length", "2"}}), false);
  Send(stream, "hello", true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
  EXPECT_FALSE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, LengthsThatAreNoNumbersAreReplaced) {
  auto& stream = Asked();
  stream.SendHead(Head({{":status", "200"}, {"content-length", "2, 2"}}), false);
  Send(stream, "hi", true);
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
}

TEST_F(Http1EncodeTest, AnEndedHeadHasLengthZeroWhateverItSays) {
  Asked().SendHead(Head({{":status", "200"}, {"content-length", "7"}, {"content-length", "8"}}),
                   true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(Http1EncodeTest, BodilessStatusesSayNothingOfABody) {
  Asked().SendHead(Head({{":status", "204"}, {"content-length", "7"}}), true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 204 No Content\r\n\r\n");
  auto& stream = Asked();
  stream.SendHead(Head({{":status", "304"}, {"content-length", "7"}}), false);
  Send(stream, "must not go out", true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 304 Not Modified\r\ncontent-length: 7\r\n\r\n");
  Asked().SendHead(Head({{":status", "304"}}), true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 304 Not Modified\r\n\r\n");
  EXPECT_TRUE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, AnswersToHeadKeepTheirLengthAndSendNoBody) {
  const std::string_view head = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
  Asked(head).SendHead(Head({{":status", "200"}, {"content-length", "7"}}), true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n");
  Asked(head).SendHead(Head({{":status", "200"}}), true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  auto& stream = Asked(head);
  stream.SendHead(Head({{":status", "200"}, {"content-length", "2"}}), false);
  Send(stream, "hi", true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");
  EXPECT_TRUE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, InformationalResponsesGoBeforeTheFinalOne) {
  auto& stream = Asked(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 1\r\n\r\n");
  stream.SendInformational(Head({{":status", "103"}, {"link", "a"}}));
  stream.SendInformational(Head({{":status", "100"}}));
  stream.SendInformational(Head({{":status", "200"}}));
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(server_.Feed("x"));
  stream.SendHead(Head({{":status", "200"}}), true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, AFinalAnswerInPlaceOf100Closes) {
  auto& stream = Asked(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 1\r\n\r\n");
  stream.SendHead(Head({{":status", "417"}}), false);
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 417 Expectation Failed\r\ntransfer-encoding: chunked\r\n"
            "connection: close\r\n\r\n");
}

TEST_F(Http1EncodeTest, AnEarlyAnswerClosesAndDropsTheRestOfTheRequest) {
  auto& stream = Asked("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  stream.SendHead(Head({{":status", "413"}}), true);
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(server_.sink().done);
  EXPECT_FALSE(server_.codec->may_persist());
  ASSERT_TRUE(server_.Feed("defghi" + std::string(kGet)));
  EXPECT_EQ(server_.sinks.size(), 1u);
  EXPECT_EQ(server_.sink().body, "abc");
}

TEST_F(Http1EncodeTest, ControlCharactersNeverLeave) {
  Asked().SendHead(Head({{":status", "200"},
                         {"a", "b\r\nset-cookie: evil"},
                         {"b\r\nc", "d"},
                         {"d", std::string_view("e\0f", 3)},
                         {"g", "h\ni"},
                         {"Bad Name", "x"},
                         {"location", "/\r"},
                         {"ok", "\tcaf\xc3\xa9"}}),
                   true);
  EXPECT_EQ(server_.TakeOutput(),
            "HTTP/1.1 200 OK\r\nok: \tcaf\xc3\xa9\r\ncontent-length: 0\r\n\r\n");
}

TEST_F(Http1EncodeTest, AStatusThatIsNoneResetsTheStream) {
  Asked().SendHead(Head({{":status", "2x0"}}), true);
  EXPECT_TRUE(server_.TakeOutput().empty());
  EXPECT_TRUE(server_.sink().done);
  EXPECT_FALSE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, A101ThatNobodyAskedForResetsTheStream) {
  Asked().SendHead(Head({{":status", "101"}, {"upgrade", "websocket"}}), false);
  EXPECT_TRUE(server_.TakeOutput().empty());
  EXPECT_FALSE(server_.codec->may_persist());
}

TEST_F(Http1EncodeTest, SecondHeadsAndDataAfterTheEndAreIgnored) {
  auto& stream = Asked();
  server_.in.Append(kGet);
  stream.SendHead(Head({{":status", "200"}}), true);
  stream.SendHead(Head({{":status", "500"}}), true);
  Send(stream, "x", true);
  EXPECT_EQ(server_.TakeOutput(), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

TEST(Http1EncodeFormatTest, ProperCaseWords) {
  ServerOptions options;
  options.header_key_format = HeaderKeyFormat::kProperCaseWords;
  ServerHarness server(options, ServerHarness::Answer::kByHand);
  ASSERT_TRUE(server.Feed(kGet));
  server.sink().stream->SendHead(
      Head({{":status", "200"}, {"foo$b#$are", "1"}, {"x-a_b", "2"}, {"te", "t"}}), false);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 200 OK\r\nFoo$B#$Are: 1\r\nX-A_B: 2\r\nTe: t\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
}

TEST(Http1EncodeFormatTest, PreserveCaseKeepsTheSpellingOfTheWire) {
  ServerOptions options;
  options.header_key_format = HeaderKeyFormat::kPreserveCase;
  ServerHarness server(options, ServerHarness::Answer::kByHand);
  ASSERT_TRUE(server.Feed("GET / HTTP/1.1\r\nHOST: h\r\nX-CamelCase: 1\r\nlower: 2\r\n\r\n"));
  EXPECT_EQ(server.sink().head.Get("x-camelcase"), "1");

  ClientOptions client_options;
  client_options.header_key_format = HeaderKeyFormat::kPreserveCase;
  ClientHarness client(client_options);
  client.Start().SendHead(server.sink().head, true);
  EXPECT_EQ(client.TakeOutput(), "GET / HTTP/1.1\r\nHOST: h\r\nX-CamelCase: 1\r\nlower: 2\r\n\r\n");
}

TEST(Http1EncodeFormatTest, TrailersOnlyWhenEnabled) {
  for (bool enabled : {false, true}) {
    ServerOptions options;
    options.enable_trailers = enabled;
    ServerHarness server(options, ServerHarness::Answer::kByHand);
    ASSERT_TRUE(server.Feed(kGet));
    auto& stream = *server.sink().stream;
    stream.SendHead(Head({{":status", "200"}}), false);
    Send(stream, "x", false);
    stream.SendTrailers(Head({{"x-sum", "1"}, {"content-length", "3"}, {"bad", "a\nb"}}));
    EXPECT_EQ(server.TakeOutput(),
              "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" +
                  std::string(enabled ? "x-sum: 1\r\n" : "") + "\r\n");
    EXPECT_TRUE(server.codec->may_persist());
  }
}

}  // namespace
}  // namespace sluice::http1::test
