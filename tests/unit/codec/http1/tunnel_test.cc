// Upgrades and CONNECT on both sides, and bodies lent to splice.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";
constexpr std::string_view kConnect = "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n";
constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

using Answer = ServerHarness::Answer;

void Send(http::CodecStream& stream, std::string_view body, bool end) {
  ByteChain data;
  data.Append(body);
  stream.SendData(data, end);
}

TEST(Http1TunnelTest, UpgradeBecomesRawBytesBothWays) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(std::string(kUpgrade) + "early"));
  EXPECT_FALSE(server.sink().ended);
  EXPECT_EQ(server.in.ToString(), "early");
  auto& stream = *server.sink().stream;
  stream.SendHead(Head({{":status", "101"}, {"connection", "upgrade"}, {"upgrade", "websocket"}}),
                  false);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
            "connection: upgrade\r\n\r\n");
  stream.BecomeTunnel();
  EXPECT_EQ(server.wanted, 1);
  ASSERT_TRUE(server.Dispatch());
  ASSERT_TRUE(server.Feed("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(server.sink().body, "earlyGET / HTTP/1.1\r\n\r\n");
  Send(stream, "raw\r\n", false);
  EXPECT_EQ(server.TakeOutput(), "raw\r\n");
  ASSERT_TRUE(server.End());
  EXPECT_TRUE(server.sink().ended);
  EXPECT_FALSE(server.sink().done);
  Send(stream, "last", true);
  EXPECT_EQ(server.TakeOutput(), "last");
  EXPECT_TRUE(server.output_ended);
  EXPECT_TRUE(server.sink().done);
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http1TunnelTest, OurSideMayEndFirst) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(kConnect));
  auto& stream = *server.sink().stream;
  stream.SendHead(Head({{":status", "200"}, {"content-length", "3"}}), false);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 200 OK\r\n\r\n");
  stream.BecomeTunnel();
  Send(stream, "", true);
  EXPECT_TRUE(server.output_ended);
  EXPECT_FALSE(server.sink().done);
  ASSERT_TRUE(server.Feed("still"));
  EXPECT_EQ(server.sink().body, "still");
  ASSERT_TRUE(server.End());
  EXPECT_TRUE(server.sink().done);
}

TEST(Http1TunnelTest, ARefusedUpgradeLeavesAnHttpConnection) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(std::string(kUpgrade) + std::string(kGet)));
  server.sink().stream->SendHead(Head({{":status", "403"}}), true);
  EXPECT_EQ(server.TakeOutput(), "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(server.sink().done);
  ASSERT_TRUE(server.Dispatch());
  EXPECT_EQ(server.sinks.size(), 2u);
}

TEST(Http1TunnelTest, ARefusedConnectCloses) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(std::string(kConnect) + std::string(kGet)));
  server.sink().stream->SendHead(Head({{":status", "403"}}), true);
  EXPECT_EQ(server.TakeOutput(),
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  ASSERT_TRUE(server.Dispatch());
  EXPECT_EQ(server.sinks.size(), 1u) << "what was meant for the tunnel is no request";
  EXPECT_TRUE(server.in.empty());
}

TEST(Http1TunnelTest, UpgradesThatAreIgnoredAreTakenOut) {
  const auto head_of = [](std::string_view request, const ServerOptions& options = {}) {
    ServerHarness server(options);
    EXPECT_TRUE(server.Feed(request)) << request;
    return server.sink().log.substr(0, server.sink().log.find("} ") + 1);
  };
  EXPECT_EQ(head_of("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
            "head{:method=GET|:path=/|:authority=h}");
  EXPECT_EQ(head_of("POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, foo\r\nUpgrade: x\r\n"
                    "Content-Length: 2\r\n\r\nhi"),
            "head{:method=POST|:path=/|:authority=h|content-length=2|connection=foo}");
  EXPECT_EQ(head_of("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\n\r\n"),
            "head{:method=GET|:path=/|:authority=h}")
      << "without Connection it is no upgrade";
  EXPECT_EQ(head_of("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade:\r\n\r\n"),
            head_of("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
      << "nor without anything to become";
  ServerOptions options;
  options.accept_http_10 = true;
  EXPECT_EQ(
      head_of("GET / HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", options),
      "head{:method=GET|:path=/|:authority=h}");
  options.ignore_upgrade = [](std::string_view value, const void*) { return value == "foo"; };
  EXPECT_EQ(
      head_of("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n", options),
      "head{:method=GET|:path=/|:authority=h}");
}

TEST(Http1TunnelTest, ClientUpgrade) {
  ClientHarness client;
  auto& stream = client.Start();
  stream.SendHead(
      Head({{":method", "GET"}, {":path", "/ws"}, {":authority", "h"}, {"upgrade", "websocket"}}),
      false);
  EXPECT_EQ(client.TakeOutput(),
            "GET /ws HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");
  Send(stream, "too early", false);
  EXPECT_TRUE(client.TakeOutput().empty()) << "held until the peer agrees";
  EXPECT_EQ(stream.buffered_output(), 9u);
  client.in.Append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello");
  client.sink().on_head = [&](bool) { stream.BecomeTunnel(); };
  ASSERT_TRUE(client.Dispatch());
  EXPECT_EQ(client.TakeOutput(), "too early");
  EXPECT_EQ(client.sink().body, "hello");
  Send(stream, "bye", true);
  EXPECT_TRUE(client.output_ended);
  ASSERT_TRUE(client.End());
  EXPECT_TRUE(client.sink().done);
  EXPECT_FALSE(client.codec->reusable());
}

TEST(Http1TunnelTest, ARefusedClientUpgradeSendsNothingThatWasHeld) {
  ClientHarness client;
  auto& stream = client.Start();
  stream.SendHead(
      Head({{":method", "GET"}, {":path", "/"}, {":authority", "h"}, {"upgrade", "websocket"}}),
      false);
  client.TakeOutput();
  Send(stream, "GET /smuggled HTTP/1.1\r\n\r\n", false);
  ASSERT_TRUE(client.Feed("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
  EXPECT_TRUE(client.TakeOutput().empty());
  EXPECT_TRUE(client.sink().done);
  EXPECT_TRUE(client.codec->reusable());
}

TEST(Http1TunnelTest, ClientConnect) {
  ClientHarness client;
  auto& stream = client.Start();
  stream.SendHead(Head({{":method", "CONNECT"}, {":authority", "h:443"}}), false);
  EXPECT_EQ(client.TakeOutput(), "CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n");
  client.sink().on_head = [&](bool) { stream.BecomeTunnel(); };
  ASSERT_TRUE(client.Feed("HTTP/1.1 200 Fine\r\nContent-Length: 3\r\n\r\nabcdef"));
  EXPECT_EQ(client.sink().log, "head{:status=200} ");
  EXPECT_EQ(client.sink().body, "abcdef");
}

TEST(Http1TunnelTest, A101ThatNobodyAskedForIsAProtocolError) {
  ClientHarness client;
  client.Ask();
  EXPECT_FALSE(client.Feed("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"));
  EXPECT_TRUE(client.sink().log.starts_with("reset{protocol error,"));
}

TEST(Http1SpliceTest, RequestBodiesOfKnownLengthCanBeMovedByTheKernel) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n0123456789"));
  auto& stream = *server.sink().stream;
  EXPECT_EQ(stream.SpliceableInput(), 90u);
  stream.SplicedInput(80);
  EXPECT_EQ(stream.SpliceableInput(), 10u);
  stream.PauseReading();
  EXPECT_EQ(stream.SpliceableInput(), 0u);
  stream.ResumeReading();
  stream.SplicedInput(10);
  EXPECT_TRUE(server.sink().ended);
  EXPECT_EQ(stream.bytes().wire_in, stream.bytes().header_in + 100);
  stream.SendHead(Head({{":status", "200"}, {"content-length", "50"}}), false);
  EXPECT_TRUE(stream.SpliceableOutput(50)) << "the head goes first";
  server.TakeOutput();
  EXPECT_FALSE(stream.SpliceableOutput(51));
  EXPECT_TRUE(stream.SpliceableOutput(50));
  stream.SplicedOutput(50);
  Send(stream, "", true);
  EXPECT_TRUE(server.sink().done);
  EXPECT_TRUE(server.codec->may_persist());
}

TEST(Http1SpliceTest, TunnelsCanBeMovedUntilTheirEnd) {
  ServerHarness server({}, Answer::kByHand);
  ASSERT_TRUE(server.Feed(kUpgrade));
  auto& stream = *server.sink().stream;
  EXPECT_EQ(stream.SpliceableInput(), 0u) << "nobody knows yet what follows";
  stream.SendHead(Head({{":status", "101"}, {"connection", "upgrade"}, {"upgrade", "websocket"}}),
                  false);
  stream.BecomeTunnel();
  EXPECT_EQ(stream.SpliceableInput(), http::kUntilEnd);
  EXPECT_TRUE(stream.SpliceableOutput(http::kUntilEnd));
  stream.SplicedInput(1000);
  stream.SplicedOutput(2000);
  EXPECT_EQ(stream.SpliceableInput(), http::kUntilEnd);
  EXPECT_FALSE(server.sink().ended);
  EXPECT_EQ(stream.bytes().wire_in, stream.bytes().header_in + 1000);
  EXPECT_EQ(stream.bytes().wire_out, stream.bytes().header_out + 2000);
  ASSERT_TRUE(server.End());
  EXPECT_TRUE(server.sink().ended);
  EXPECT_EQ(stream.SpliceableInput(), 0u);
}

TEST(Http1SpliceTest, NotWhileBytesAreHeldNorForChunks) {
  ServerHarness chunked({}, Answer::kByHand);
  ASSERT_TRUE(chunked.Feed("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n"));
  EXPECT_EQ(chunked.sink().stream->SpliceableInput(), 0u);
  ServerHarness held({}, Answer::kByHand);
  uint64_t inside = 1;
  held.on_stream = [&](RecordingSink& sink) {
    sink.on_head = [&](bool) { inside = sink.stream->SpliceableInput(); };
  };
  ASSERT_TRUE(held.Feed("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"));
  EXPECT_EQ(inside, 0u);
  EXPECT_EQ(held.sink().stream->SpliceableInput(), 6u);
}

}  // namespace
}  // namespace sluice::http1::test
