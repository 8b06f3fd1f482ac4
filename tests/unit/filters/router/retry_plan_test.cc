#include "retry_plan.h"

#include <gtest/gtest.h>

namespace sluice::filters::router {
namespace {

using http::ResetReason;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RetryPlanTest : public testing::Test {
 protected:
  http::HeaderMap& Head(std::initializer_list<std::pair<std::string_view, std::string_view>> list) {
    head_.Clear();
    for (const auto& [name, value] : list) head_.Add(name, value);
    return head_;
  }
  RetryPlan On(uint32_t bits) {
    policy_.retry_on = bits;
    return TakeRetryPlan(&policy_, Head({}));
  }

  Arena arena_;
  http::HeaderMap head_{arena_};
  route::RetryPolicy policy_;
};

TEST_F(RetryPlanTest, ResponsesByCondition) {
  struct Row {
    uint32_t on;
    uint32_t status;
    bool wanted;
  };
  const Row rows[] = {
      {route::kRetryOn5xx, 500, true},
      {route::kRetryOn5xx, 503, true},
      {route::kRetryOn5xx, 599, true},
      {route::kRetryOn5xx, 404, false},
      {route::kRetryOn5xx, 200, false},
      {route::kRetryOnGatewayError, 500, false},
      {route::kRetryOnGatewayError, 502, true},
      {route::kRetryOnGatewayError, 503, true},
      {route::kRetryOnGatewayError, 504, true},
      {route::kRetryOnRetriable4xx, 409, true},
      {route::kRetryOnRetriable4xx, 408, false},
      {route::kRetryOnReset, 503, false},
      {route::kRetryOnConnectFailure, 503, false},
      {0, 503, false},
  };
  for (const Row& row : rows) {
    const RetryPlan plan = On(row.on);
    EXPECT_EQ(WantsRetry(plan, row.status, Head({})), row.wanted) << row.on << " " << row.status;
  }
}

TEST_F(RetryPlanTest, ResetsByCondition) {
  struct Row {
    uint32_t on;
    ResetReason reason;
    bool sent;
    bool wanted;
  };
  const Row rows[] = {
      {route::kRetryOn5xx, ResetReason::kConnectionTermination, true, true},
      {route::kRetryOn5xx, ResetReason::kOverflow, false, false},
      {route::kRetryOnGatewayError, ResetReason::kRemoteReset, true, true},
      {route::kRetryOnReset, ResetReason::kConnectionFailure, false, true},
      {route::kRetryOnReset, ResetReason::kLocalReset, true, true},
      {route::kRetryOnResetBeforeRequest, ResetReason::kConnectionFailure, false, true},
      {route::kRetryOnResetBeforeRequest, ResetReason::kConnectionTermination, true, false},
      {route::kRetryOnConnectFailure, ResetReason::kConnectionFailure, false, true},
      {route::kRetryOnConnectFailure, ResetReason::kConnectionTimeout, false, true},
      {route::kRetryOnConnectFailure, ResetReason::kConnectionTermination, true, false},
      {route::kRetryOnRefusedStream, ResetReason::kRemoteRefused, true, true},
      {route::kRetryOnRefusedStream, ResetReason::kRemoteReset, true, false},
      {route::kRetryOnRetriableStatusCodes, ResetReason::kRemoteReset, true, false},
      {0, ResetReason::kConnectionFailure, false, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(WantsRetry(On(row.on), row.reason, row.sent), row.wanted)
        << row.on << " " << http::ResetReasonName(row.reason);
  }
}

TEST_F(RetryPlanTest, StatusCodesOfPolicyAndRequest) {
  policy_.retriable_status_codes = {418};
  RetryPlan plan = On(route::kRetryOnRetriableStatusCodes);
  EXPECT_TRUE(WantsRetry(plan, 418, Head({})));
  EXPECT_FALSE(WantsRetry(plan, 419, Head({})));
  plan = TakeRetryPlan(nullptr, Head({{"x-envoy-retry-on", "retriable-status-codes"},
                                      {"x-envoy-retriable-status-codes", "419, 420"}}));
  EXPECT_TRUE(WantsRetry(plan, 420, Head({})));
  EXPECT_FALSE(WantsRetry(plan, 418, Head({})));
}

TEST_F(RetryPlanTest, HeadersOfResponse) {
  const RetryPlan plan =
      TakeRetryPlan(nullptr, Head({{"x-envoy-retry-on", "retriable-headers"},
                                   {"x-envoy-retriable-header-names", "x-busy, x-later"}}));
  EXPECT_TRUE(WantsRetry(plan, 200, Head({{"x-later", "1"}})));
  EXPECT_FALSE(WantsRetry(plan, 200, Head({{"x-never", "1"}})));
}

TEST_F(RetryPlanTest, RateLimitedServerIsLeftAloneUnlessAsked) {
  // The plans first: making one uses the fixture's head.
  const RetryPlan unasked = On(route::kRetryOn5xx);
  EXPECT_FALSE(WantsRetry(unasked, 503, Head({{"x-envoy-ratelimited", "true"}})));
  const RetryPlan asked = On(route::kRetryOnEnvoyRateLimited);
  EXPECT_TRUE(WantsRetry(asked, 200, Head({{"x-envoy-ratelimited", "true"}})));
}

TEST_F(RetryPlanTest, GrpcStatusInTheHead) {
  const RetryPlan plan = On(route::kRetryOnGrpcUnavailable | route::kRetryOnGrpcCancelled);
  EXPECT_TRUE(WantsRetry(plan, 200, Head({{"grpc-status", "14"}})));
  EXPECT_TRUE(WantsRetry(plan, 200, Head({{"grpc-status", "1"}})));
  EXPECT_FALSE(WantsRetry(plan, 200, Head({{"grpc-status", "8"}})));
  EXPECT_FALSE(WantsRetry(plan, 200, Head({{"grpc-status", "x"}})));
}

TEST_F(RetryPlanTest, RequestFieldsAddToThePolicyAndGoNoFurther) {
  policy_.retry_on = route::kRetryOn5xx;
  http::HeaderMap& head =
      Head({{"x-envoy-retry-on", "connect-failure"}, {"x-envoy-max-retries", "4"}, {"x-a", "b"}});
  const RetryPlan plan = TakeRetryPlan(&policy_, head);
  EXPECT_EQ(plan.retry_on, route::kRetryOn5xx | route::kRetryOnConnectFailure);
  EXPECT_EQ(plan.max_retries, 4U);
  EXPECT_EQ(head.size(), 1U);
}

TEST_F(RetryPlanTest, WithoutPolicyThereIsNoRetry) {
  EXPECT_FALSE(TakeRetryPlan(nullptr, Head({})).active());
}

TEST_F(RetryPlanTest, BackOffGrowsAndIsJittered) {
  const RetryPlan plan = On(route::kRetryOn5xx);
  EXPECT_EQ(BackOff(plan, 1, 0), Duration{});
  for (uint32_t retry = 1; retry < 40; ++retry) {
    const Duration bound = std::min<Duration>(
        milliseconds(25) * ((1LL << std::min(retry, 20U)) - 1), milliseconds(250));
    Duration most{};
    for (uint64_t i = 0; i < 100; ++i) {
      const Duration wait = BackOff(plan, retry, i * 0x9e3779b97f4a7c15ULL);
      EXPECT_LT(wait, bound);
      most = std::max(most, wait);
    }
    EXPECT_GT(most, bound / 2) << retry;
  }
}

TEST_F(RetryPlanTest, RateLimitedBackOffReadsTheFirstFieldThatFits) {
  policy_.rate_limited_back_off =
      route::RateLimitedBackOff{{{"retry-after", route::ResetHeaderFormat::kSeconds},
                                 {"x-ratelimit-reset", route::ResetHeaderFormat::kUnixTimestamp}},
                                seconds(300)};
  const RetryPlan plan = On(route::kRetryOn5xx);
  const WallTime now{seconds(1'000'000)};
  EXPECT_EQ(RateLimitedBackOff(plan, Head({{"retry-after", "10"}}), now, 0), Duration(seconds(10)));
  EXPECT_EQ(RateLimitedBackOff(plan, Head({{"retry-after", "301"}}), now, 0), std::nullopt);
  EXPECT_EQ(RateLimitedBackOff(
                plan, Head({{"retry-after", "301"}, {"x-ratelimit-reset", "1000020"}}), now, 0),
            Duration(seconds(20)));
  EXPECT_EQ(RateLimitedBackOff(plan, Head({{"x-ratelimit-reset", "999999"}}), now, 0),
            std::nullopt);
  EXPECT_EQ(RateLimitedBackOff(plan, Head({{"retry-after", "99999999999999999999"}}), now, 0),
            std::nullopt);
  EXPECT_EQ(RateLimitedBackOff(plan, Head({}), now, 0), std::nullopt);
}

TEST(IsIdempotentTest, FollowsRfc9110) {
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_TRUE(IsIdempotent(method)) << method;
  }
  for (const char* method : {"POST", "PATCH", "CONNECT", "get", ""}) {
    EXPECT_FALSE(IsIdempotent(method)) << method;
  }
}

}  // namespace
}  // namespace sluice::filters::router
