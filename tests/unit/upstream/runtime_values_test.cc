#include "runtime_values.h"

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace sluice::upstream {
namespace {

using namespace std::chrono_literals;

struct Values final : match::RuntimeSnapshot {
  std::map<std::string, uint64_t, std::less<>> values;
  std::optional<match::Fraction> FindFraction(std::string_view /*key*/) const override {
    return std::nullopt;
  }
  std::optional<uint64_t> FindInteger(std::string_view key) const override {
    const auto found = values.find(key);
    return found == values.end() ? std::nullopt : std::optional<uint64_t>(found->second);
  }
};

TEST(RuntimeValuesTest, LimitsAreThoseOfTheClusterAndPriority) {
  Values runtime;
  runtime.values = {{"circuit_breakers.a.default.max_connections", 1},
                    {"circuit_breakers.a.high.max_requests", 2},
                    {"circuit_breakers.a.default.max_retries", uint64_t{1} << 40},
                    {"circuit_breakers.b.default.max_pending_requests", 3}};
  const BreakerLimits normal = LimitsNow({}, "a", Priority::kDefault, &runtime);
  EXPECT_EQ(normal.max_connections, 1U);
  EXPECT_EQ(normal.max_pending_requests, 1024U);
  EXPECT_EQ(normal.max_requests, 1024U);
  EXPECT_EQ(normal.max_retries, UINT32_MAX);
  EXPECT_FALSE(normal.retry_budget.has_value());
  EXPECT_EQ(LimitsNow({}, "a", Priority::kHigh, &runtime).max_requests, 2U);
  EXPECT_EQ(LimitsNow({}, "a", Priority::kHigh, nullptr).max_requests, 1024U);
}

TEST(RuntimeValuesTest, EitherPartMakesARetryBudget) {
  Values runtime;
  runtime.values = {{"circuit_breakers.a.default.retry_budget.budget_percent", 150}};
  const auto made = LimitsNow({}, "a", Priority::kDefault, &runtime).retry_budget;
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->percent, 100);
  EXPECT_EQ(made->min_concurrency, 3U);
  BreakerLimits configured;
  configured.retry_budget = BreakerLimits::RetryBudget{50, 7};
  runtime.values = {{"circuit_breakers.a.default.retry_budget.min_retry_concurrency", 9}};
  const auto kept = LimitsNow(configured, "a", Priority::kDefault, &runtime).retry_budget;
  EXPECT_EQ(kept->percent, 50);
  EXPECT_EQ(kept->min_concurrency, 9U);
}

TEST(RuntimeValuesTest, BreakersTakeOtherLimitsOn) {
  // Over-aligned, so on the heap: the address sanitizer's own stack does not keep to the alignment.
  const auto made = std::make_unique<Breaker>(BreakerLimits{}, 2);
  Breaker& breaker = *made;
  BudgetToken one = BudgetToken::Take(breaker.connections, 0);
  BreakerLimits now;
  now.max_connections = 1;
  now.max_retries = 0;
  breaker.SetLimits(now);
  EXPECT_FALSE(BudgetToken::Take(breaker.connections, 1));
  EXPECT_FALSE(breaker.TakeRetry(0));
  now.retry_budget = BreakerLimits::RetryBudget{0, 2};
  breaker.SetLimits(now);
  BudgetToken first = breaker.TakeRetry(0);
  BudgetToken second = breaker.TakeRetry(1);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(breaker.TakeRetry(0));
  breaker.SetLimits({});
  EXPECT_EQ(breaker.retry_limit(), 3U);
  EXPECT_TRUE(breaker.TakeRetry(0));
  EXPECT_TRUE(BudgetToken::Take(breaker.connections, 1));
}

TEST(RuntimeValuesTest, OutlierDetectionTakesNumbersAndTimes) {
  Values runtime;
  runtime.values = {{"outlier_detection.consecutive_5xx", 2},
                    {"outlier_detection.failure_percentage_threshold", 10},
                    {"outlier_detection.enforcing_failure_percentage", 100},
                    {"outlier_detection.interval_ms", 0},
                    {"outlier_detection.base_ejection_time_ms", 1500},
                    {"outlier_detection.max_ejection_time_ms", UINT64_MAX}};
  const OutlierDetectionConfig now = OutliersNow({}, &runtime);
  EXPECT_EQ(now.consecutive_5xx, 2U);
  EXPECT_EQ(now.consecutive_gateway_failure, 5U);
  EXPECT_EQ(now.failure_percentage_threshold, 10U);
  EXPECT_EQ(now.enforcing_failure_percentage, 100U);
  EXPECT_EQ(now.interval, 1ms);  // a sweep without an end would be no sweep
  EXPECT_EQ(now.base_ejection_time, 1500ms);
  EXPECT_GT(now.max_ejection_time, 300s);
}

TEST(RuntimeValuesTest, CheckIntervalsAreHeldBetweenTheirBounds) {
  Values runtime;
  EXPECT_EQ(CheckIntervalNow(0s, nullptr), 1ms);
  EXPECT_EQ(CheckIntervalNow(5s, &runtime), 5s);
  runtime.values = {{"health_check.min_interval", 2000}, {"health_check.max_interval", 3000}};
  EXPECT_EQ(CheckIntervalNow(1s, &runtime), 2s);
  EXPECT_EQ(CheckIntervalNow(5s, &runtime), 3s);
  runtime.values = {{"health_check.max_interval", 0}};
  EXPECT_EQ(CheckIntervalNow(5s, &runtime), 1ms);
}

TEST(RuntimeValuesTest, BalancersTakePanicAndZones) {
  Values runtime;
  const LbOptions options;
  EXPECT_EQ(LbValuesOf(options, &runtime), (LbValues{50, 100, 6}));
  runtime.values = {{"upstream.healthy_panic_threshold", 1000},
                    {"upstream.zone_routing.enabled", 0},
                    {"upstream.zone_routing.min_cluster_size", 1}};
  EXPECT_EQ(LbValuesOf(options, &runtime), (LbValues{100, 0, 1}));
}

}  // namespace
}  // namespace sluice::upstream
