#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

void Send(http::CodecStream& stream, std::string_view body, bool end) {
  ByteChain data;
  data.Append(body);
  stream.SendData(data, end);
}

struct ResponseRow {
  std::string wire;
  std::string told;       // the sink's whole log
  bool reusable = false;  // afterwards
  std::string_view method = "GET";
};

// Feeds the pieces as the answer to a request without a body.
std::string Told(std::string_view method, const std::vector<std::string_view>& pieces,
                 bool* reusable, bool end) {
  ClientHarness client;
  client.Ask(method);
  bool failed = false;
  for (std::string_view piece : pieces) {
    failed = failed || !client.FeedSlice(piece);
  }
  if (end && !failed) (void)client.End();
  *reusable = client.codec->reusable();
  return client.sink().log;
}

void ExpectTold(const ResponseRow& row, bool end = false) {
  SCOPED_TRACE(row.wire);
  bool reusable = false;
  const std::string_view all = row.wire;
  EXPECT_EQ(Told(row.method, {all}, &reusable, end), row.told);
  EXPECT_EQ(reusable, row.reusable);
  std::vector<std::string_view> single;
  for (size_t i = 0; i < all.size(); ++i) {
    single.push_back(all.substr(i, 1));
    ASSERT_EQ(Told(row.method, {all.substr(0, i), all.substr(i)}, &reusable, end), row.told)
        << "split at " << i;
    EXPECT_EQ(reusable, row.reusable) << "split at " << i;
  }
  ASSERT_EQ(Told(row.method, single, &reusable, end), row.told) << "byte by byte";
}

TEST(Http1ClientCodecTest, GoodResponses) {
  const std::vector<ResponseRow> rows = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
       "head{:status=200|content-length=2} body{hi} end done ", true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       "head{:status=200|content-length=0} end done ", true},
      {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "head{:status=200|content-length=0} end done ",
       true},
      {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "head{:status=200|content-length=0} end done ",
       true},
      {"HTTP/1.1 404 Nicht gefunden \xc3\xa9\r\nContent-Length: 0\r\n\r\n",
       "head{:status=404|content-length=0} end done ", true},
      {"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
       "head{:status=999|content-length=0} end done ", true},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
       "head{:status=200|transfer-encoding=chunked} body{hi} end done ", true},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
       "head{:status=200|connection=close|content-length=2} body{hi} end done ", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
       "head{:status=200|content-length=2} body{hi} end done ", false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
       "head{:status=200|connection=keep-alive|content-length=2} body{hi} end done ", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", "head{:status=204} end done ", true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", "head{:status=204} end done ", true},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
       "head{:status=304|content-length=9} end done ", true},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n"
       "HTTP/1.1 204 No\r\nB: c\r\n\r\n",
       "1xx{:status=100} 1xx{:status=103|link=a} head{:status=204|b=c} end done ", true},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
       "head{:status=200|content-length=9} end done ", true, "HEAD"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
       "head{:status=200|transfer-encoding=chunked} end done ", true, "HEAD"},
      {"HTTP/1.1 200 OK\r\n\r\n", "head{:status=200} end done ", true, "HEAD"},
      {"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno",
       "head{:status=403|content-length=2} body{no} end done ", true, "DELETE"},
  };
  for (const ResponseRow& row : rows) ExpectTold(row);
}

TEST(Http1ClientCodecTest, BodiesThatEndWithTheConnection) {
  ExpectTold({"HTTP/1.1 200 OK\r\n\r\nhello", "head{:status=200} body{hello} end done ", false},
             true);
  ExpectTold({"HTTP/1.0 200 OK\r\nA: b\r\n\r\n", "head{:status=200|a=b} body{} end done ", false},
             true);
}

TEST(Http1ClientCodecTest, BodiesThatBreakOffAreNoEnd) {
  const std::string cut = "reset{connection termination,} done ";
  ExpectTold({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
              "head{:status=200|content-length=5} " + cut, false},
             true);
  ExpectTold({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
              "head{:status=200|transfer-encoding=chunked} " + cut, false},
             true);
  ExpectTold({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
              "head{:status=200|transfer-encoding=chunked} " + cut, false},
             true);
  ExpectTold({"HTTP/1.1 200 OK\r\nContent-Le", cut, false}, true);
  ExpectTold({"HTTP/1.1 100 Continue\r\n\r\n", "1xx{:status=100} " + cut, false}, true);
}

TEST(Http1ClientCodecTest, OnlyAConnectionThatSaidNothingMayBeTriedAgain) {
  ClientHarness silent;
  silent.Ask();
  EXPECT_EQ(silent.End().error().retry, Retry::kIfReused);
  ClientHarness begun;
  begun.Ask();
  ASSERT_TRUE(begun.Feed("H"));
  EXPECT_EQ(begun.End().error().retry, Retry::kNo);
}

TEST(Http1ClientCodecTest, BadResponses) {
  const std::vector<std::pair<std::string, std::string_view>> rows = {
      {"HTTP/2.0 200 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.2 200 OK\r\n\r\n", details::kCodecError},
      {"http/1.1 200 OK\r\n\r\n", details::kCodecError},
      {"ICY 200 OK\r\n\r\n", details::kCodecError},
      {"RTSP/1.0 200 OK\r\n\r\n", details::kCodecError},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1  200 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 20 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 2000 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 099 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 2x0 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 -20 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1\t200 OK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200\tOK\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 O\rK\r\n\r\n", details::kCodecError},
      {std::string("HTTP/1.1 200 O\0K\r\n\r\n", 20), details::kCodecError},
      {"HTTP/1.1\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\nA: b\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nA: b\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nA: b\x01\r\n\r\n", details::kInvalidCharacters},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5,5\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       details::kChunkedContentLength},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       details::kInvalidTransferEncoding},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", details::kInvalidTransferEncoding},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", details::kInvalidTransferEncoding},
      {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", details::kContentLengthNotAllowed},
      {"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
       details::kTransferEncodingNotAllowed},
      {"HTTP/1.1 103 E\r\nContent-Length: 5\r\n\r\n", details::kContentLengthNotAllowed},
      {"HTTP/1.1 103 E\r\nTransfer-Encoding: chunked\r\n\r\n",
       details::kTransferEncodingNotAllowed},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", details::kCodecError},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA b: c\r\n\r\n",
       details::kCodecError},
  };
  for (const auto& [wire, words] : rows) {
    SCOPED_TRACE(wire);
    const std::string_view all = wire;
    for (size_t i = 0; i < all.size(); ++i) {
      ClientHarness client;
      client.Ask();
      const bool taken = client.FeedSlice(all.substr(0, i)) && client.FeedSlice(all.substr(i));
      EXPECT_FALSE(taken) << i;
      const std::string reset = "reset{protocol error," + std::string(words) + "} done ";
      ASSERT_TRUE(client.sink().log.ends_with(reset)) << i << ": " << client.sink().log;
      EXPECT_FALSE(client.sink().ended);
      EXPECT_FALSE(client.codec->reusable());
    }
  }
}

TEST(Http1ClientCodecTest, Limits) {
  ClientOptions options;
  options.max_head_bytes = 100;
  options.max_header_count = 2;
  options.max_interim_responses = 2;
  const auto words = [&](const std::string& wire) {
    ClientHarness client(options);
    client.Ask();
    return client.Feed(wire) ? std::string("taken") : client.failure;
  };
  EXPECT_EQ(words("HTTP/1.1 200 OK\r\nA:1\r\nB:2\r\n\r\n"), "taken");
  EXPECT_EQ(words("HTTP/1.1 200 OK\r\nA:1\r\nB:2\r\nC:3\r\n\r\n"), details::kTooManyHeaders);
  EXPECT_EQ(words("HTTP/1.1 200 OK\r\nA: " + std::string(100, 'x')), details::kHeadersTooLarge);
  const std::string interim = "HTTP/1.1 103 Early\r\n\r\n";
  EXPECT_EQ(words(interim + interim + "HTTP/1.1 204 No\r\n\r\n"), "taken");
  EXPECT_EQ(words(interim + interim + interim), details::kCodecError);
}

TEST(Http1ClientCodecTest, BytesBehindAResponseEndTheConnection) {
  ClientHarness client;
  client.Ask();
  EXPECT_FALSE(client.Feed("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(client.sink().log, "head{:status=204} end done ");
  EXPECT_FALSE(client.codec->reusable());
  EXPECT_TRUE(client.in.empty());
}

TEST(Http1ClientCodecTest, BytesWhileIdleOrBeforeTheRequestEndTheConnection) {
  ClientHarness idle;
  EXPECT_FALSE(idle.Feed("HTTP/1.1 408 Timeout\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(idle.codec->reusable());
  ClientHarness early;
  early.Start();
  EXPECT_FALSE(early.Feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(early.sink().log.starts_with("reset{protocol error,"));
}

TEST(Http1ClientCodecTest, ConnectionsAreUsedAgain) {
  ClientHarness client;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.codec->reusable());
    client.Ask();
    EXPECT_FALSE(client.codec->reusable());
    ASSERT_TRUE(client.Feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    EXPECT_TRUE(client.sink().done);
  }
  ASSERT_TRUE(client.End());
  EXPECT_FALSE(client.codec->reusable());
}

TEST(Http1ClientCodecTest, AnEarlyResponseEndsTheExchangeOnlyWithTheUpload) {
  ClientHarness client;
  auto& stream = client.Start();
  stream.SendHead(
      Head({{":method", "POST"}, {":path", "/"}, {":authority", "h"}, {"content-length", "9"}}),
      false);
  Send(stream, "abc", false);
  ASSERT_TRUE(client.Feed("HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_TRUE(client.sink().ended);
  EXPECT_FALSE(client.sink().done);
  stream.Reset(http::ResetReason::kLocalReset);
  EXPECT_TRUE(client.sink().done);
  EXPECT_FALSE(client.codec->reusable());
}

TEST(Http1ClientCodecTest, RequestsAreFramedByTheirLengthOrInChunks) {
  ClientHarness client;
  const auto written = [&](const Head& head, bool end, std::string_view body = {}) {
    auto& stream = client.Start();
    stream.SendHead(head, end);
    if (!end) Send(stream, body, true);
    EXPECT_TRUE(client.Feed("HTTP/1.1 204 No\r\n\r\n"));
    return client.TakeOutput();
  };
  EXPECT_EQ(written(Head({{":method", "GET"},
                          {":path", "/a?b"},
                          {":scheme", "http"},
                          {":authority", "h:80"},
                          {"connection", "x"},
                          {"a", "b"}}),
                    true),
            "GET /a?b HTTP/1.1\r\nhost: h:80\r\na: b\r\n\r\n");
  EXPECT_EQ(written(Head({{":method", "POST"}, {":path", "/"}, {":authority", "h"}}), true),
            "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(written(Head({{":method", "DELETE"}, {":path", "/"}, {":authority", "h"}}), true),
            "DELETE / HTTP/1.1\r\nhost: h\r\n\r\n");
  EXPECT_EQ(
      written(
          Head({{":method", "GET"}, {":path", "/"}, {":authority", "h"}, {"content-length", "7"}}),
          true),
      "GET / HTTP/1.1\r\nhost: h\r\n\r\n")
      << "no body follows, so no length may announce one";
  EXPECT_EQ(
      written(
          Head({{":method", "PUT"}, {":path", "/"}, {":authority", "h"}, {"content-length", "2"}}),
          false, "hi"),
      "PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nhi");
  EXPECT_EQ(written(Head({{":method", "PUT"}, {":path", "/"}, {":authority", "h"}}), false, "hi"),
            "PUT / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  EXPECT_EQ(written(Head({{":method", "OPTIONS"}, {":path", "*"}, {":authority", "h"}}), true),
            "OPTIONS * HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
}

TEST(Http1ClientCodecTest, AShortUploadEndsTheConnection) {
  ClientHarness client;
  auto& stream = client.Start();
  stream.SendHead(
      Head({{":method", "POST"}, {":path", "/"}, {":authority", "h"}, {"content-length", "9"}}),
      false);
  Send(stream, "abc", true);
  EXPECT_TRUE(client.sink().done);
  EXPECT_FALSE(client.codec->reusable());
}

TEST(Http1ClientCodecTest, FullyQualifiedTargets) {
  ClientOptions options;
  options.send_fully_qualified_url = true;
  ClientHarness client(options);
  client.Start().SendHead(
      Head({{":method", "GET"}, {":path", "/a"}, {":scheme", "https"}, {":authority", "h:1"}}),
      true);
  EXPECT_EQ(client.TakeOutput(), "GET https://h:1/a HTTP/1.1\r\nhost: h:1\r\n\r\n");
}

TEST(Http1ClientCodecTest, StartLinesThatAreUnsafeAreNotWritten) {
  for (const auto& [method, path, authority] :
       std::vector<std::tuple<std::string_view, std::string_view, std::string_view>>{
           {"GET", "/a b", "h"},
           {"GET", "/\r\n", "h"},
           {"GET", "", "h"},
           {"G T", "/", "h"},
           {"", "/", "h"},
           {"GET", "/", "h\r\nx: y"},
           {"GET", "/#a", "h"}}) {
    ClientHarness client;
    client.Start().SendHead(Head({{":method", method}, {":path", path}, {":authority", authority}}),
                            true);
    EXPECT_TRUE(client.TakeOutput().empty()) << path;
    EXPECT_TRUE(client.sink().done);
    EXPECT_FALSE(client.codec->reusable());
  }
}

TEST(Http1ClientCodecTest, LostConnectionsSayWhy) {
  ClientHarness client;
  client.Ask();
  client.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "tls");
  EXPECT_EQ(client.sink().log, "reset{connection termination,tls} done ");
  client.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "again");
  EXPECT_EQ(client.sink().log, "reset{connection termination,tls} done ");
}

TEST(Http1ClientCodecTest, PausedResponsesStayInTheInputEvenAtTheEnd) {
  ClientHarness client;
  auto& stream = client.Ask();
  client.sink().on_head = [&](bool) { stream.PauseReading(); };
  ASSERT_TRUE(client.Feed("HTTP/1.1 200 OK\r\n\r\nhello"));
  ASSERT_TRUE(client.End());
  EXPECT_EQ(client.in.size(), 5u);
  EXPECT_FALSE(client.sink().ended);
  stream.ResumeReading();
  EXPECT_EQ(client.wanted, 1);
  ASSERT_TRUE(client.Dispatch());
  EXPECT_EQ(client.sink().log, "head{:status=200} body{hello} end done ");
}

}  // namespace
}  // namespace sluice::http1::test
