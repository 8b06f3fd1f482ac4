#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

ServerOptions AcceptHttp10(std::string host = "") {
  ServerOptions options;
  options.accept_http_10 = true;
  options.default_host_for_http_10 = std::move(host);
  return options;
}

using Answer = ServerHarness::Answer;

TEST(Http1ServerCodecTest, HeadIsAListWithPseudoHeadersFirst) {
  ServerHarness server;
  ASSERT_TRUE(
      server.Feed("POST /p?q HTTP/1.1\r\nX-A: 1\r\nHost: h:80\r\nContent-Length: 2\r\n"
                  "x-a:  2 \r\n\r\nhi"));
  EXPECT_EQ(server.sink().log,
            "head{:method=POST|:path=/p?q|:authority=h:80|x-a=1|content-length=2|x-a=2} "
            "body{hi} end done ");
  EXPECT_EQ(server.TakeOutput(), kOk);
  EXPECT_TRUE(server.codec->may_persist());
}

TEST(Http1ServerCodecTest, HeadsAreViewsIntoTheBytesThatWereRead) {
  ServerHarness server({}, Answer::kByHand);
  server.in.Append(kGet);
  const char* const begin = server.in.Front().data();
  ASSERT_TRUE(server.Dispatch());
  const std::string_view path = *server.sink().head.Get(":path");
  EXPECT_EQ(path.data(), begin + 4);
  ASSERT_EQ(server.sink().pins.size(), 1u);
  EXPECT_EQ(server.sink().pins[0].data(), begin);
}

TEST(Http1ServerCodecTest, AHeadThatCrossesSlicesIsMovedOnce) {
  ServerHarness server;
  ASSERT_TRUE(server.FeedSlice("GET /abc HTT"));
  EXPECT_TRUE(server.codec->mid_head());
  ASSERT_TRUE(server.FeedSlice("P/1.1\r\nHost: h\r"));
  EXPECT_TRUE(server.sinks.empty());
  ASSERT_TRUE(server.FeedSlice("\n\r\n"));
  EXPECT_FALSE(server.codec->mid_head());
  EXPECT_EQ(server.sink().log, "head{:method=GET|:path=/abc|:authority=h} end done ");
  EXPECT_EQ(server.sink().pins[0].size(), 30u);
}

TEST(Http1ServerCodecTest, AbsoluteFormNamesSchemeAndAuthority) {
  ServerHarness server;
  ASSERT_TRUE(server.Feed("GET hTTps://Real:8/a?b HTTP/1.1\r\nHost: other\r\nA: b\r\n\r\n"));
  ASSERT_TRUE(server.Feed("GET http://r?b HTTP/1.1\r\nHost: other\r\n\r\n"));
  ASSERT_TRUE(server.Feed("OPTIONS http://r HTTP/1.1\r\nHost: other\r\n\r\n"));
  EXPECT_EQ(server.Transcript(),
            "head{:method=GET|:path=/a?b|:scheme=https|:authority=Real:8|a=b} end done ; "
            "head{:method=GET|:path=/?b|:scheme=http|:authority=r} end done ; "
            "head{:method=OPTIONS|:path=*|:scheme=http|:authority=r} end done ; ");
}

TEST(Http1ServerCodecTest, AbsoluteFormCanBeLeftToTheRouter) {
  ServerOptions options;
  options.allow_absolute_url = false;
  ServerHarness server(options);
  ASSERT_TRUE(server.Feed("GET http://r/b HTTP/1.1\r\nHost: other\r\n\r\n"));
  EXPECT_EQ(server.sink().log, "head{:method=GET|:path=http://r/b|:authority=other} end done ");
}

TEST(Http1ServerCodecTest, BetweenTwoRequestsItMayServeAnotherConnection) {
  ServerHarness first;
  EXPECT_TRUE(first.codec->as_new());
  ASSERT_TRUE(first.Feed(kGet));
  EXPECT_EQ(first.TakeOutput(), kOk);
  ASSERT_TRUE(first.codec->as_new());
  ServerHarness second;
  second.codec = std::move(first.codec);
  second.codec->Serve(second);
  ASSERT_TRUE(second.Feed("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(second.sink().log, "head{:method=GET|:path=/2|:authority=h} end done ");
  EXPECT_EQ(second.TakeOutput(), kOk);
  EXPECT_EQ(first.sinks.size(), 1u);
}

TEST(Http1ServerCodecTest, IsNotAsNewWithAnythingOfItsConnectionInIt) {
  const auto after = [](auto&& what) {
    ServerHarness server({}, Answer::kByHand);
    what(server);
    return server.codec->as_new();
  };
  EXPECT_FALSE(after([](ServerHarness& s) { static_cast<void>(s.Feed("GET / HT")); }));
  EXPECT_FALSE(after([](ServerHarness& s) { static_cast<void>(s.Feed(kGet)); }));
  EXPECT_FALSE(after([](ServerHarness& s) { static_cast<void>(s.Feed("\x01")); }));
  EXPECT_FALSE(after([](ServerHarness& s) { s.codec->StartDrain(); }));
  EXPECT_FALSE(after([](ServerHarness& s) { s.codec->OnOutputHigh(); }));
  EXPECT_FALSE(after([](ServerHarness& s) { static_cast<void>(s.codec->DispatchEnd()); }));
  EXPECT_FALSE(after([](ServerHarness& s) {
    static_cast<void>(s.Feed(std::string(kGet) + "GET"));
    ServerHarness::Answered(*s.sinks[0], 200);
  }));
  EXPECT_TRUE(after([](ServerHarness& s) {
    static_cast<void>(s.Feed(kGet));
    ServerHarness::Answered(*s.sinks[0], 200);
  }));
}

TEST(Http1ServerCodecTest, PipelinedRequestsAreTakenOneByOne) {
  ServerHarness server({}, Answer::kByHand);
  const std::string three = std::string(kGet) + std::string(kGet) + std::string(kGet);
  ASSERT_TRUE(server.Feed(three));
  ASSERT_EQ(server.sinks.size(), 1u);
  EXPECT_EQ(server.in.size(), 2 * kGet.size());
  EXPECT_FALSE(server.codec->mid_head());
  EXPECT_EQ(server.codec->active_streams(), 1u);
  ServerHarness::Answered(*server.sinks[0], 200);
  EXPECT_EQ(server.wanted, 1);
  ASSERT_TRUE(server.Dispatch());
  ASSERT_EQ(server.sinks.size(), 2u);
  ServerHarness::Answered(*server.sinks[1], 404);
  ASSERT_TRUE(server.Dispatch());
  ServerHarness::Answered(*server.sinks[2], 200);
  EXPECT_EQ(server.wanted, 2);
  EXPECT_EQ(
      server.TakeOutput(),
      std::string(kOk) + "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n" + std::string(kOk));
}

TEST(Http1ServerCodecTest, AnswersInsideCallbacksRunThePipelineInOneDispatch) {
  ServerHarness server;
  std::string many;
  std::string answers;
  for (int i = 0; i < 50; ++i) {
    many += kGet;
    answers += kOk;
  }
  ASSERT_TRUE(server.Feed(many));
  EXPECT_EQ(server.sinks.size(), 50u);
  EXPECT_EQ(server.TakeOutput(), answers);
  EXPECT_EQ(server.wanted, 0);
}

TEST(Http1ServerCodecTest, ResponsesThatNobodyReadsHoldBackTheNextRequest) {
  ServerHarness server;
  server.codec->OnOutputHigh();
  ASSERT_TRUE(server.Feed(kGet));
  EXPECT_TRUE(server.sinks.empty());
  EXPECT_FALSE(server.codec->mid_head());
  server.codec->OnOutputLow();
  EXPECT_EQ(server.wanted, 1);
  ASSERT_TRUE(server.Dispatch());
  EXPECT_EQ(server.sinks.size(), 1u);
}

TEST(Http1ServerCodecTest, BackPressureReachesTheStream) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(kGet));
  server.codec->OnOutputHigh();
  server.codec->OnOutputLow();
  EXPECT_EQ(server.sink().highs, 1);
  EXPECT_EQ(server.sink().lows, 1);
}

TEST(Http1ServerCodecTest, PausedStreamsLeaveTheirBodyInTheInput) {
  ServerHarness server({}, Answer::kByHand);
  server.on_stream = [](RecordingSink& sink) {
    sink.on_head = [&sink](bool) {
      sink.stream->PauseReading();
      sink.stream->PauseReading();
    };
  };
  ASSERT_TRUE(server.Feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"));
  EXPECT_EQ(server.in.size(), 5u);
  server.sink().stream->ResumeReading();
  EXPECT_EQ(server.wanted, 0);
  server.sink().stream->ResumeReading();
  EXPECT_EQ(server.wanted, 1);
  ASSERT_TRUE(server.Dispatch());
  EXPECT_EQ(server.sink().body, "hello");
  EXPECT_TRUE(server.sink().ended);
}

TEST(Http1ServerCodecTest, ConnectionCloseIsHonouredAndEchoed) {
  for (const char* line : {"Connection: close", "connection: a, CLOSE", "Proxy-Connection: close",
                           "Connection: keep-alive\r\nConnection: close"}) {
    ServerHarness server;
    ASSERT_TRUE(server.Feed("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(line) + "\r\n\r\n"));
    EXPECT_EQ(server.TakeOutput(),
              "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        << line;
    EXPECT_FALSE(server.codec->may_persist());
    ASSERT_TRUE(server.Feed(kGet));
    EXPECT_EQ(server.sinks.size(), 1u) << "a request after close is not taken";
    EXPECT_TRUE(server.in.empty());
  }
}

TEST(Http1ServerCodecTest, DrainSaysCloseOnTheNextResponse) {
  ServerHarness server({}, Answer::kByHand);
  EXPECT_TRUE(server.codec->may_persist());
  ASSERT_TRUE(server.Feed(kGet));
  server.codec->StartDrain();
  EXPECT_TRUE(server.codec->draining());
  ServerHarness::Answered(server.sink(), 200);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http1ServerCodecTest, StreamCanAskForClose) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(kGet));
  server.sink().stream->CloseConnectionAfter();
  ServerHarness::Answered(server.sink(), 200);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

TEST(Http1ServerCodecTest, Http10NeedsToBeAccepted) {
  ServerHarness server;
  ASSERT_FALSE(server.Feed("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(server.sink().log, "error{low_version} done ");
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
}

TEST(Http1ServerCodecTest, Http10ClosesUnlessAskedToKeepAlive) {
  ServerHarness server(AcceptHttp10());
  ASSERT_TRUE(server.Feed("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(server.codec->may_persist());
  ASSERT_TRUE(server.Feed("GET / HTTP/1.0\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.0 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http1ServerCodecTest, Http10GetsABodyThatEndsWithTheConnection) {
  ServerHarness server(AcceptHttp10(), Answer::kByHand);
  ASSERT_TRUE(server.Feed("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"));
  server.sink().stream->SendInformational(Head({{":status", "100"}}));
  server.sink().stream->SendHead(Head({{":status", "200"}}), false);
  ByteChain data;
  data.Append("abc");
  server.sink().stream->SendData(data, true);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nabc");
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http1ServerCodecTest, Http10MayHaveADefaultHost) {
  ServerHarness without(AcceptHttp10());
  ASSERT_FALSE(without.Feed("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(without.failure, details::kMissingHost);
  ServerHarness with(AcceptHttp10("fallback"));
  ASSERT_TRUE(with.Feed("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(with.sink().head.Get(":authority"), "fallback");
  ServerHarness absolute(AcceptHttp10());
  ASSERT_TRUE(absolute.Feed("GET http://t/ HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(absolute.sink().head.Get(":authority"), "t");
}

TEST(Http1ServerCodecTest, Http10WithTransferEncodingIsFaulty) {
  ServerHarness server(AcceptHttp10());
  ASSERT_FALSE(
      server.Feed("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(server.failure, details::kInvalidTransferEncoding);
}

TEST(Http1ServerCodecTest, LimitsOnHeads) {
  ServerOptions options;
  options.max_head_bytes = 100;
  options.max_header_count = 3;
  const auto verdict = [&](const std::string& request) {
    ServerHarness server(options);
    if (server.Feed(request)) return std::string("taken");
    return server.failure + " " + server.TakeOutput().substr(9, 3);
  };
  const std::string start = "GET / HTTP/1.1\r\nHost: h\r\n";
  const size_t rest = 100 - start.size() - 7;
  EXPECT_EQ(verdict(start + "A: " + std::string(rest, 'x') + "\r\n\r\n"), "taken");
  EXPECT_EQ(verdict(start + "A: " + std::string(rest + 1, 'x') + "\r\n\r\n"),
            "http1.headers_too_large 431");
  EXPECT_EQ(verdict(start + "A: " + std::string(rest + 1, 'x')), "taken");  // 99 bytes so far
  EXPECT_EQ(verdict(start + std::string(100, 'x')), "http1.headers_too_large 431");
  EXPECT_EQ(verdict("GET /" + std::string(100, 'x')), "http1.headers_too_large 431");
  EXPECT_EQ(verdict(start + "A:1\r\nB:2\r\n\r\n"), "taken");
  EXPECT_EQ(verdict(start + "A:1\r\nB:2\r\nC:3\r\n\r\n"), "http1.too_many_headers 431");
}

TEST(Http1ServerCodecTest, DefaultLimitsAreSixtyKilobytesAndAHundredFields) {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "a: b\r\n";
  ServerHarness fits;
  EXPECT_TRUE(fits.Feed("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"));
  ServerHarness many;
  EXPECT_FALSE(many.Feed("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "a: b\r\n\r\n"));
  const std::string_view around = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n";
  const std::string largest(60 * 1024 - around.size(), 'x');
  ServerHarness large;
  EXPECT_TRUE(large.Feed("GET / HTTP/1.1\r\nHost: h\r\nA: " + largest + "\r\n\r\n"));
  EXPECT_EQ(large.sink().head.Get("a"), largest);
}

TEST(Http1ServerCodecTest, UnderscoresAreAllowedDroppedOrRefused) {
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\na_b: 1\r\nc-d: 2\r\n\r\n";
  ServerOptions options;
  options.headers_with_underscores_action = UnderscoreAction::kDropHeader;
  ServerHarness drop(options);
  ASSERT_TRUE(drop.Feed(request));
  EXPECT_EQ(drop.sink().log, "head{:method=GET|:path=/|:authority=h|c-d=2} end done ");
  EXPECT_EQ(drop.counters.dropped_headers_with_underscores.value(), 1u);
  options.headers_with_underscores_action = UnderscoreAction::kRejectRequest;
  ServerHarness reject(options);
  ASSERT_FALSE(reject.Feed(request));
  EXPECT_EQ(reject.failure, details::kUnexpectedUnderscore);
  EXPECT_EQ(reject.counters.requests_rejected_with_underscores_in_headers.value(), 1u);
}

TEST(Http1ServerCodecTest, AllowChunkedLengthDropsTheLength) {
  ServerOptions options;
  options.allow_chunked_length = true;
  ServerHarness server(options);
  ASSERT_TRUE(
      server.Feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"));
  EXPECT_EQ(server.sink().log,
            "head{:method=POST|:path=/|:authority=h|transfer-encoding=chunked} body{hi} end done ");
}

TEST(Http1ServerCodecTest, ClientsGoingAwayResetTheStream) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(kGet));
  server.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "gone");
  EXPECT_TRUE(server.sink().log.ends_with("reset{connection termination,gone} done "));
  EXPECT_EQ(server.codec->active_streams(), 0u);
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http1ServerCodecTest, EndOfInputInsideABodyIsNoEnd) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel"));
  EXPECT_FALSE(server.End());
  EXPECT_TRUE(server.sink().log.ends_with("reset{connection termination,} done "));
}

TEST(Http1ServerCodecTest, HalfClosedClientsGetTheirPipelinedAnswers) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(std::string(kGet) + std::string(kGet)));
  ASSERT_TRUE(server.End());
  ServerHarness::Answered(*server.sinks[0], 200);
  EXPECT_TRUE(server.codec->may_persist());
  ASSERT_TRUE(server.Dispatch());
  ASSERT_EQ(server.sinks.size(), 2u);
  ServerHarness::Answered(*server.sinks[1], 200);
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http1ServerCodecTest, ResetEndsTheConnection) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(kGet));
  server.sink().stream->Reset(http::ResetReason::kLocalReset);
  EXPECT_TRUE(server.sink().done);
  EXPECT_FALSE(server.codec->may_persist());
  EXPECT_TRUE(server.TakeOutput().empty());
}

TEST(Http1ServerCodecTest, ResetInsideTheCallbackIsDoneAfterIt) {
  ServerHarness server({}, Answer::kByHand);
  bool done_inside = true;
  server.on_stream = [&](RecordingSink& sink) {
    sink.on_head = [&](bool) {
      sink.stream->Reset(http::ResetReason::kLocalReset);
      done_inside = sink.done;
    };
  };
  ASSERT_TRUE(server.Feed(kGet));
  EXPECT_FALSE(done_inside);
  EXPECT_TRUE(server.sink().done);
}

TEST(Http1ServerCodecTest, CountsBytes) {
  ServerHarness server({}, Answer::kByHand);
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  ASSERT_TRUE(server.Feed(head + "2\r\nhi\r\n0\r\n\r\n"));
  ServerHarness::Answered(server.sink(), 200);
  const http::StreamBytes& bytes = server.sink().stream->bytes();
  EXPECT_EQ(bytes.header_in, head.size());
  EXPECT_EQ(bytes.wire_in, head.size() + 12);
  EXPECT_EQ(bytes.header_out, kOk.size());
  EXPECT_EQ(bytes.wire_out, kOk.size());
}

}  // namespace
}  // namespace sluice::http1::test
