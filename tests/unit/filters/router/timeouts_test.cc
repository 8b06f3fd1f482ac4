#include "timeouts.h"

#include <gtest/gtest.h>

namespace sluice::filters::router {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class TimeoutsTest : public testing::Test {
 protected:
  void Set(std::string_view name, std::string_view value) { head_.Set(name, value); }
  Timeouts Take(const TimeoutRules& rules = {}) { return TakeTimeouts(forward_, rules, head_); }
  std::string Expected() {
    return std::string(head_.Get(http::HeaderId::kXEnvoyExpectedRqTimeoutMs).value_or("none"));
  }

  Arena arena_;
  http::HeaderMap head_{arena_};
  route::ForwardAction forward_;
};

TEST_F(TimeoutsTest, FifteenSecondsUnlessSaid) {
  EXPECT_EQ(Take().global, Duration(seconds(15)));
  EXPECT_EQ(Expected(), "15000");
}

TEST_F(TimeoutsTest, ZeroIsNone) {
  forward_.timeout = {};
  EXPECT_EQ(Take().global, Duration{});
  EXPECT_EQ(Expected(), "none");
}

TEST_F(TimeoutsTest, RequestFieldsOverrideAndAreTaken) {
  Set("x-envoy-upstream-rq-timeout-ms", "2000");
  Set("x-envoy-upstream-rq-per-try-timeout-ms", "500");
  const Timeouts timeouts = Take();
  EXPECT_EQ(timeouts.global, Duration(seconds(2)));
  EXPECT_EQ(timeouts.per_try, Duration(milliseconds(500)));
  EXPECT_EQ(Expected(), "500");
  EXPECT_EQ(head_.size(), 1U);
}

TEST_F(TimeoutsTest, PerTryAsLongAsTheWholeIsNoLimit) {
  Set("x-envoy-upstream-rq-per-try-timeout-ms", "15000");
  EXPECT_EQ(Take().per_try, Duration{});
}

TEST_F(TimeoutsTest, NonsenseIsIgnored) {
  Set("x-envoy-upstream-rq-timeout-ms", "soon");
  EXPECT_EQ(Take().global, Duration(seconds(15)));
  Set("x-envoy-upstream-rq-timeout-ms", "9223372036854775807");
  EXPECT_GT(Take().global, Duration(seconds(15)));
}

TEST_F(TimeoutsTest, ExpectedFieldCountsOnlyWhenRespected) {
  Set("x-envoy-expected-rq-timeout-ms", "700");
  EXPECT_EQ(Take({.respect_expected = true}).global, Duration(milliseconds(700)));
  Set("x-envoy-expected-rq-timeout-ms", "700");
  EXPECT_EQ(Take().global, Duration(seconds(15)));
  EXPECT_EQ(Expected(), "15000");
}

TEST_F(TimeoutsTest, SuppressedHeadersAreNotAdded) {
  Take({.suppress_envoy_headers = true});
  EXPECT_EQ(Expected(), "none");
}

TEST_F(TimeoutsTest, OldGrpcTimeoutIsCapped) {
  forward_.max_grpc_timeout = seconds(3);
  Set("grpc-timeout", "10S");
  EXPECT_EQ(Take({.grpc = true}).global, Duration(seconds(3)));
  EXPECT_EQ(head_.Get("grpc-timeout"), "3000m");
  Set("grpc-timeout", "1S");
  forward_.grpc_timeout_offset = milliseconds(200);
  EXPECT_EQ(Take({.grpc = true}).global, Duration(milliseconds(800)));
}

TEST_F(TimeoutsTest, StreamDurationStandsInPlaceOfTheRoutesTimeout) {
  forward_.stream_timeouts = true;
  forward_.max_grpc_timeout = seconds(3);
  Set("grpc-timeout", "10S");
  EXPECT_EQ(Take({.grpc = true}).global, Duration{});
  EXPECT_EQ(Expected(), "none");
  EXPECT_EQ(head_.Get("grpc-timeout"), "10S");
}

TEST_F(TimeoutsTest, LaterTriesAreToldWhatIsLeft) {
  const Timeouts timeouts = Take();
  TellUpstream(timeouts, seconds(5), head_);
  EXPECT_EQ(Expected(), "10000");
  TellUpstream(timeouts, seconds(20), head_);
  EXPECT_EQ(Expected(), "1");
}

}  // namespace
}  // namespace sluice::filters::router
