// Every row is fed whole, in two pieces split at every byte and byte by byte, in slices that do not
// touch: always with the same outcome.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"
#include "unit/codec/http1/request_rows.h"

namespace sluice::http1::test {
namespace {

// A tunnel is declined, so that every request that is taken comes to an end.
void DeclineTunnels(RecordingSink& sink) {
  sink.on_head = [&sink](bool end) {
    const bool connect = sink.head.Get(":method") == "CONNECT";
    if (end || connect) ServerHarness::Answered(sink, connect ? 403 : 200);
  };
}

std::string Outcome(const std::vector<std::string_view>& pieces) {
  ServerHarness server;
  server.on_stream = DeclineTunnels;
  for (std::string_view piece : pieces) {
    if (!server.FeedSlice(piece)) break;
  }
  return server.Transcript() + server.TakeOutput();
}

class RequestVerdictTest : public testing::TestWithParam<std::vector<RequestRow>> {};

TEST_P(RequestVerdictTest, TakesOrRefusesInTheseWords) {
  for (const RequestRow& row : GetParam()) {
    SCOPED_TRACE(row.request);
    ServerHarness server;
    server.on_stream = DeclineTunnels;
    const bool taken = server.Feed(row.request).has_value();
    EXPECT_EQ(taken, row.refusal.empty()) << server.Transcript();
    ASSERT_EQ(server.sinks.size(), 1u) << server.Transcript();
    EXPECT_EQ(server.failure, row.refusal);
    if (taken) {
      EXPECT_TRUE(server.sink().log.starts_with("head{:method=")) << server.Transcript();
      EXPECT_EQ(server.in.size(), 0u);
      continue;
    }
    EXPECT_EQ(server.sink().log, "error{" + std::string(row.refusal) + "} done ");
    const std::string answer = server.TakeOutput();
    EXPECT_TRUE(answer.ends_with("connection: close\r\n\r\n")) << answer;
    EXPECT_FALSE(server.codec->may_persist());
  }
}

TEST_P(RequestVerdictTest, IsTheSameSplitAtEveryByte) {
  for (const RequestRow& row : GetParam()) {
    SCOPED_TRACE(row.request);
    const std::string_view all = row.request;
    const std::string whole = Outcome({all});
    std::vector<std::string_view> single;
    for (size_t i = 0; i < all.size(); ++i) {
      single.push_back(all.substr(i, 1));
      ASSERT_EQ(Outcome({all.substr(0, i), all.substr(i)}), whole) << "split at " << i;
    }
    ASSERT_EQ(Outcome(single), whole) << "byte by byte";
  }
}

INSTANTIATE_TEST_SUITE_P(StartLines, RequestVerdictTest, testing::Values(StartLineRows()));
INSTANTIATE_TEST_SUITE_P(Targets, RequestVerdictTest, testing::Values(TargetRows()));
INSTANTIATE_TEST_SUITE_P(Hosts, RequestVerdictTest, testing::Values(HostRows()));
INSTANTIATE_TEST_SUITE_P(FieldLines, RequestVerdictTest, testing::Values(FieldLineRows()));
INSTANTIATE_TEST_SUITE_P(Framings, RequestVerdictTest, testing::Values(FramingRows()));

}  // namespace
}  // namespace sluice::http1::test
