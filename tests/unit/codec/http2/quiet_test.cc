// Sessions that are put away between any two calls, and share the thread's frame buffer, go on as
// if nothing had happened.
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "harness.h"

namespace sluice::http2::test {
namespace {

void Rest(Pair& pair) {
  pair.client.codec->OnQuiet();
  pair.server.codec->OnQuiet();
}

TEST(Http2QuietTest, ExchangesGoOnAfterEachRest) {
  Pair pair;
  for (size_t i = 0; i < 50; ++i) {
    Rest(pair);
    RecordingSink& asked = pair.client.Start();
    Rest(pair);
    asked.stream->SendHead(Head({{":method", "POST"},
                                 {":scheme", "http"},
                                 {":authority", "h"},
                                 {":path", "/" + std::to_string(i)},
                                 {"x-number", std::to_string(i)}}),
                           false);
    Rest(pair);
    pair.Run();
    Rest(pair);
    Send(*asked.stream, "body", true);
    pair.Run(7);
    Rest(pair);
    const std::string number = std::to_string(i);
    EXPECT_EQ(pair.server.sink(i).log, "head{:method=POST|:scheme=http|:path=/" + number +
                                           "|:authority=h|x-number=" + number +
                                           "} body{body} end ");
    Answer(pair.server.sink(i), "answer " + number);
    Rest(pair);
    pair.Run();
    EXPECT_EQ(asked.log, "head{:status=200} body{answer " + number + "} end done ");
  }
}

// Heads of several frames, written by turns into the one buffer.
TEST(Http2QuietTest, SessionsOfAThreadDoNotMixTheirFrames) {
  ClientOptions options;
  options.max_head_bytes = 200 * 1024;
  ServerOptions server;
  server.max_head_bytes = 200 * 1024;
  std::array<Pair, 3> pairs{Pair(server, options), Pair(server, options), Pair(server, options)};
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < pairs.size(); ++i) {
      const std::string large(40000 + 1000 * i, static_cast<char>('a' + i));
      RecordingSink& asked = pairs[i].client.Start();
      asked.stream->SendHead(Head({{":method", "GET"},
                                   {":scheme", "http"},
                                   {":authority", "h"},
                                   {":path", "/"},
                                   {"x-large", large}}),
                             true);
    }
    for (Pair& pair : pairs) pair.Run(1000);
    for (size_t i = 0; i < pairs.size(); ++i) {
      RecordingSink& served = pairs[i].server.sink(static_cast<size_t>(round));
      EXPECT_NE(served.log.find(std::string(40000 + 1000 * i, static_cast<char>('a' + i)) + "}"),
                std::string::npos);
      Answer(served, std::string(100000, 'x'));
      Rest(pairs[i]);
    }
    for (Pair& pair : pairs) pair.Run();
  }
}

TEST(Http2QuietTest, PingAndDrainWake) {
  Pair pair;
  pair.Run();
  Rest(pair);
  pair.server.codec->SendPing();
  pair.Run();
  EXPECT_EQ(pair.server.pongs, 1);
  Rest(pair);
  pair.server.codec->StartDrain();
  pair.Run();
  EXPECT_TRUE(pair.client.peer_left);
}

TEST(Http2QuietTest, EndsWhileItRests) {
  Pair pair;
  pair.client.Ask();
  pair.Run();
  Rest(pair);
  pair.server.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "gone");
  EXPECT_TRUE(pair.server.sink().done);
  Rest(pair);
}

}  // namespace
}  // namespace sluice::http2::test
