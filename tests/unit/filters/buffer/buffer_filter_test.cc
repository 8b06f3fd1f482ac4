#include "buffer_filter.h"

#include <gtest/gtest.h>

#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::buffer {
namespace {

using filter::FilterStatus;

struct BufferFilterTest : ::testing::Test {
  FilterStatus Data(std::string_view text, bool end) {
    ByteChain data;
    data.Append(text);
    return filter.OnRequestData(data, end);
  }

  BufferConfig config{.max_request_bytes = 10};
  test::FilterHost host;
  filter::HttpFilter& filter = host.Adopt(host.arena().New<BufferFilter>(config));
};

TEST_F(BufferFilterTest, HoldsUntilTheEndAndKnowsTheLength) {
  host.request_head().Add("transfer-encoding", "chunked");
  EXPECT_EQ(filter.OnRequestHead(host.request_head(), false), FilterStatus::kStop);
  EXPECT_EQ(host.limit, 10U);
  EXPECT_EQ(Data("abc", false), FilterStatus::kStop);
  EXPECT_EQ(Data("de", true), FilterStatus::kContinue);
  EXPECT_EQ(host.request_head().Get("content-length"), "5");
  EXPECT_FALSE(host.request_head().Get("transfer-encoding"));
}

TEST_F(BufferFilterTest, ALastPieceThatIsTooMuchIsLeftToTheChain) {
  EXPECT_EQ(filter.OnRequestHead(host.request_head(), false), FilterStatus::kStop);
  EXPECT_EQ(Data("0123456789a", true), FilterStatus::kStop);
  EXPECT_FALSE(host.request_head().Get("content-length"));
}

TEST_F(BufferFilterTest, ALengthThatIsThereStays) {
  host.request_head().Add("content-length", "2");
  EXPECT_EQ(filter.OnRequestHead(host.request_head(), false), FilterStatus::kStop);
  EXPECT_EQ(Data("ab", true), FilterStatus::kContinue);
  EXPECT_EQ(host.request_head().GetJoined("content-length"), "2");
}

TEST_F(BufferFilterTest, RequestsWithoutBodyPass) {
  EXPECT_EQ(filter.OnRequestHead(host.request_head(), true), FilterStatus::kContinue);
  EXPECT_EQ(host.limit, 1000U);
}

TEST_F(BufferFilterTest, TrailersEndTheRequest) {
  EXPECT_EQ(filter.OnRequestHead(host.request_head(), false), FilterStatus::kStop);
  EXPECT_EQ(Data("ab", false), FilterStatus::kStop);
  EXPECT_EQ(filter.OnRequestTrailers(host.request_trailers()), FilterStatus::kContinue);
  EXPECT_FALSE(host.request_head().Get("content-length"));
}

TEST_F(BufferFilterTest, RoutesChangeTheLimitOrTurnItOff) {
  const auto bigger = test::ParseConfig<BufferPerRouteConfig>("buffer: {max_request_bytes: 20}");
  host.config = &bigger;
  EXPECT_EQ(filter.OnRequestHead(host.request_head(), false), FilterStatus::kStop);
  EXPECT_EQ(host.limit, 20U);

  test::FilterHost other;
  filter::HttpFilter& off = other.Adopt(other.arena().New<BufferFilter>(config));
  const auto disabled = test::ParseConfig<BufferPerRouteConfig>("disabled: true");
  other.config = &disabled;
  EXPECT_EQ(off.OnRequestHead(other.request_head(), false), FilterStatus::kContinue);
  ByteChain data;
  data.Append("abc");
  EXPECT_EQ(off.OnRequestData(data, false), FilterStatus::kContinue);
}

TEST(BufferConfigTest, NonsenseIsRefused) {
  EXPECT_NE(test::ProblemsOf<BufferConfig>("{}"), "");
  EXPECT_NE(test::ProblemsOf<BufferConfig>("max_request_bytes: 0"), "");
  EXPECT_NE(test::ProblemsOf<BufferPerRouteConfig>("{}"), "");
  EXPECT_NE(test::ProblemsOf<BufferPerRouteConfig>("disabled: false"), "");
  EXPECT_NE(
      test::ProblemsOf<BufferPerRouteConfig>("{disabled: true, buffer: {max_request_bytes: 1}}"),
      "");
}

}  // namespace
}  // namespace sluice::filters::buffer
