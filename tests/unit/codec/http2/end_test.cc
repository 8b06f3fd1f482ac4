// How connections end: GOAWAY both ways, floods, and the loss of the socket.
#include <gtest/gtest.h>

#include "harness.h"

namespace sluice::http2::test {
namespace {

using http::ResetReason;

TEST(Http2EndTest, DrainWarnsThenTellsAndLosesNothing) {
  Pair pair;
  RecordingSink& early = pair.client.Ask();
  pair.Run();
  pair.server.codec->StartDrain();
  EXPECT_FALSE(pair.server.codec->may_close());
  RecordingSink& late = pair.client.Ask();  // crosses the warning
  const std::string warning = pair.server.Flush();
  const std::string request = pair.client.Flush();
  EXPECT_TRUE(pair.client.Feed(warning));
  EXPECT_EQ(pair.client.goaway, 0x7fffffffU);
  EXPECT_FALSE(pair.client.codec->reusable());
  EXPECT_TRUE(pair.server.Feed(request));
  pair.Run();
  EXPECT_EQ(pair.client.goaway, 3U);
  EXPECT_TRUE(pair.server.codec->may_close());
  Answer(pair.server.sink(0));
  Answer(pair.server.sink(1));
  pair.Run();
  EXPECT_TRUE(early.ended);
  EXPECT_TRUE(late.ended);
}

TEST(Http2EndTest, UnprocessedStreamsAreRefusedByGoaway) {
  Pair pair;
  RecordingSink& first = pair.client.Ask();
  pair.Run();
  pair.server.codec->StartDrain();
  pair.server.codec->StartDrain();
  RecordingSink& second = pair.client.Ask();
  pair.client.Flush();  // sent, but it never arrives
  EXPECT_TRUE(pair.client.Feed(pair.server.Flush()));
  EXPECT_EQ(second.log, "reset{remote refused stream reset,http2.remote_refuse} done ");
  EXPECT_FALSE(first.done);
  Answer(pair.server.sink());
  EXPECT_TRUE(pair.client.Feed(pair.server.Flush()));
  EXPECT_TRUE(first.ended);
}

TEST(Http2EndTest, RequestsAfterAGoawayAreRefusedAtOnce) {
  Pair pair;
  RecordingSink& first = pair.client.Ask();
  pair.Run();
  pair.server.codec->StartDrain();
  pair.Run();
  RecordingSink& second = pair.client.Ask();
  pair.Run();
  EXPECT_TRUE(second.reset);
  EXPECT_TRUE(second.done);
  EXPECT_NE(second.log.find("refused"), std::string::npos) << second.log;
  Answer(pair.server.sink());
  pair.Run();
  EXPECT_TRUE(first.ended);
}

TEST(Http2EndTest, ALostConnectionResetsAllStreams) {
  Pair pair;
  RecordingSink& first = pair.client.Ask();
  RecordingSink& second = pair.client.Ask();
  // One stream's end takes another with it, as a mirrored request does.
  first.on_done = [&] { second.stream->Reset(ResetReason::kLocalReset); };
  pair.Run();
  pair.client.codec->ConnectionLost(ResetReason::kConnectionTermination, "gone");
  EXPECT_TRUE(first.reset);
  EXPECT_TRUE(second.done);
  EXPECT_EQ(pair.client.codec->active_streams(), 0U);
  EXPECT_FALSE(pair.client.codec->reusable());
}

// Else a burst of such requests would hold a backend's connection each until the RST_STREAMs go
// out.
TEST(Http2EndTest, AStreamThatThePeerMakesUsResetIsOverAtOnce) {
  Pair pair;
  pair.client.Ask();
  pair.Run();
  const std::string_view overflow("\0\0\4\x8\0\0\0\0\1\x7f\xff\xff\xff", 13);
  EXPECT_TRUE(pair.server.Feed(overflow));
  EXPECT_TRUE(pair.server.sink().reset);
  EXPECT_TRUE(pair.server.sink().done);
  EXPECT_EQ(pair.server.codec->active_streams(), 0U);
  pair.Run();
  EXPECT_TRUE(pair.client.sink().reset);
}

TEST(Http2EndTest, ABurstOfStreamsGivenUpIsNotOneTurn) {
  Pair pair;
  std::string burst = pair.client.Flush();
  for (int i = 0; i < 500; ++i) {
    RecordingSink& request = pair.client.Ask();
    burst += pair.client.Flush();
    request.stream->Reset(ResetReason::kLocalReset);
    burst += pair.client.Flush();
  }
  EXPECT_TRUE(pair.server.Feed(burst));
  EXPECT_TRUE(pair.server.wanted);
  EXPECT_FALSE(pair.server.in.empty());
  pair.Run();
  EXPECT_EQ(pair.server.sinks.size(), 500U);
  EXPECT_TRUE(pair.server.in.empty());
}

TEST(Http2EndTest, PingIsAnswered) {
  Pair pair;
  pair.server.codec->SendPing();
  pair.Run();
  EXPECT_EQ(pair.server.pongs, 1);
}

std::string FrameOf(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame = {static_cast<char>(payload.size() >> 16),
                       static_cast<char>(payload.size() >> 8),
                       static_cast<char>(payload.size()),
                       static_cast<char>(type),
                       static_cast<char>(flags),
                       static_cast<char>(stream >> 24),
                       static_cast<char>(stream >> 16),
                       static_cast<char>(stream >> 8),
                       static_cast<char>(stream)};
  return frame.append(payload);
}
const std::string kHello =
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + FrameOf(4, 0, 0, "");  // NOLINT: tests may throw

struct FloodCase {
  const char* name;
  std::string_view detail;
  std::string frame;
  int harmless;  // so many are taken
};
void PrintTo(const FloodCase& flood, std::ostream* out) { *out << flood.name; }

class Http2FloodTest : public ::testing::TestWithParam<FloodCase> {};
INSTANTIATE_TEST_SUITE_P(
    Frames, Http2FloodTest,
    ::testing::Values(
        FloodCase{"PING", details::kOutboundControlFlood, FrameOf(6, 0, 0, "12345678"), 900},
        FloodCase{"SETTINGS", details::kOutboundControlFlood, FrameOf(4, 0, 0, ""), 900},
        FloodCase{"PRIORITY", details::kPriorityFlood,
                  FrameOf(2, 0, 3, std::string_view("\0\0\0\0\1", 5)), 100},
        FloodCase{"WINDOW_UPDATE", details::kWindowUpdateFlood,
                  FrameOf(8, 0, 0, std::string_view("\0\0\0\1", 4)), 5}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_P(Http2FloodTest, EndsTheConnectionWithWords) {
  Server server;
  ASSERT_TRUE(server.Feed(kHello));
  static_cast<void>(server.codec->WriteOutput());
  std::string some;
  for (int i = 0; i < GetParam().harmless; ++i) some += GetParam().frame;
  EXPECT_TRUE(server.Feed(some));
  static_cast<void>(server.codec->WriteOutput());  // but nobody reads
  EXPECT_TRUE(server.Dispatch()) << server.failure;
  for (int i = 0; i < 2000 && server.failure.empty(); ++i) {
    static_cast<void>(server.Feed(GetParam().frame));
    static_cast<void>(server.codec->WriteOutput());
  }
  EXPECT_EQ(server.failure, GetParam().detail);
  EXPECT_TRUE(server.Dispatch());  // told once
  EXPECT_FALSE(server.codec->may_persist());
}

TEST(Http2FloodTest, PingsAtAnyRateAreFineWhenTheAnswersAreRead) {
  Server server;
  ASSERT_TRUE(server.Feed(kHello));
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(server.Feed(FrameOf(6, 0, 0, "12345678")));
    server.Flush();
  }
  EXPECT_EQ(server.failure, "");
}

}  // namespace
}  // namespace sluice::http2::test
