#include <gtest/gtest.h>

#include "local_ratelimit_filter.h"
#include "sluice/filter/async_client.h"
#include "sluice/stats/store.h"
#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::local_ratelimit {
namespace {

using filter::FilterStatus;
using namespace std::chrono_literals;

constexpr const char* kBucket =
    "stat_prefix: rl, token_bucket: {max_tokens: 2, tokens_per_fill: 1, fill_interval: 1s}, ";
constexpr const char* kOn =
    "filter_enabled: {default_value: {numerator: 100}}, "
    "filter_enforced: {default_value: {numerator: 100}}, ";

class NoAsyncClient final : public filter::AsyncClient {
 public:
  bool HasCluster(std::string_view) const override { return false; }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest,
                                            filter::AsyncStreamEvents&) override {
    return nullptr;
  }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest, filter::AsyncEvents&) override {
    return nullptr;
  }
};

class LocalRateLimitTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Limit> Compile(const std::string& fields) {
    config::Problems problems;
    auto limit =
        CompileLimit(test::ParseConfig<LocalRateLimitConfig>("{" + fields + "}"), {}, problems);
    EXPECT_TRUE(problems.ok()) << problems.Text();
    return limit;
  }
  void Make(const std::string& fields) {
    limit_ = Compile(fields);
    filter_worker_ = std::make_unique<LimitWorker>(*limit_, worker_, process_);
  }
  FilterStatus Request(const Limit* route_limit = nullptr) {
    loop_.RunOnce({});
    host_ = std::make_unique<test::FilterHost>();
    host_->worker_context = &worker_;
    host_->config = route_limit;
    filter::HttpFilter& filter = host_->Adopt(filter_worker_->Create(host_->arena()));
    return filter.OnRequestHead(host_->request_head(), true);
  }
  uint64_t Counter(const std::string& name) {
    return store_.CounterValue("rl.http_local_rate_limit." + name);
  }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{1};
  NoAsyncClient async_client_;
  alignas(16) char no_clusters_[16] = {};  // nobody looks inside
  filter::WorkerContext worker_{
      loop_, store_, 0, 1, reinterpret_cast<upstream::ClusterSet&>(no_clusters_), async_client_};
  filter::ProcessState process_;
  std::shared_ptr<const Limit> limit_;
  std::unique_ptr<LimitWorker> filter_worker_;
  std::unique_ptr<test::FilterHost> host_;
};

TEST_F(LocalRateLimitTest, OverTheLimitIs429UntilTheBucketFills) {
  Make(std::string(kBucket) + kOn +
       "response_headers_to_add: [{header: {key: x-limited, value: 'yes'}}]");
  EXPECT_EQ(Request(), FilterStatus::kContinue);
  EXPECT_EQ(Request(), FilterStatus::kContinue);
  EXPECT_EQ(Request(), FilterStatus::kStop);
  ASSERT_EQ(host_->replies.size(), 1u);
  EXPECT_EQ(host_->replies[0].reply.status, 429u);
  EXPECT_EQ(host_->replies[0].body, "local_rate_limited");
  EXPECT_EQ(host_->response_head().Get("x-limited"), "yes");
  EXPECT_TRUE(host_->info().flags.Has(stream::ResponseFlag::kRateLimited));
  clock_.Advance(1s);
  EXPECT_EQ(Request(), FilterStatus::kContinue);
  EXPECT_EQ(Request(), FilterStatus::kStop);
  EXPECT_EQ(Counter("enabled"), 5u);
  EXPECT_EQ(Counter("ok"), 3u);
  EXPECT_EQ(Counter("rate_limited"), 2u);
  EXPECT_EQ(Counter("enforced"), 2u);
}

TEST_F(LocalRateLimitTest, NothingHappensUnlessEnabled) {
  Make(kBucket);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Request(), FilterStatus::kContinue);
  EXPECT_EQ(Counter("enabled"), 0u);
}

TEST_F(LocalRateLimitTest, NotEnforcedIsToldToUpstream) {
  Make(std::string(kBucket) +
       "filter_enabled: {default_value: {numerator: 100}}, "
       "request_headers_to_add_when_not_enforced: [{header: {key: x-over, value: '1'}}]");
  for (int i = 0; i < 2; ++i) Request();
  EXPECT_EQ(host_->request_head().Get("x-over"), std::nullopt);
  EXPECT_EQ(Request(), FilterStatus::kContinue);
  EXPECT_EQ(host_->request_head().Get("x-over"), "1");
  EXPECT_EQ(Counter("rate_limited"), 1u);
  EXPECT_EQ(Counter("enforced"), 0u);
}

TEST_F(LocalRateLimitTest, RouteHasABucketOfItsOwn) {
  Make(std::string(kBucket) + kOn);
  const auto own = Compile(
      "stat_prefix: own, token_bucket: {max_tokens: 1, fill_interval: 60s}, "
      "status: {code: 503}, rate_limited_as_resource_exhausted: true, " +
      std::string(kOn));
  EXPECT_EQ(Request(own.get()), FilterStatus::kContinue);
  EXPECT_EQ(Request(own.get()), FilterStatus::kStop);
  EXPECT_EQ(host_->replies[0].reply.status, 503u);
  EXPECT_EQ(host_->replies[0].reply.grpc_status, 8u);
  EXPECT_EQ(Request(), FilterStatus::kContinue);
  EXPECT_EQ(store_.CounterValue("own.http_local_rate_limit.enforced"), 1u);
  EXPECT_EQ(Counter("ok"), 1u);
}

TEST_F(LocalRateLimitTest, StatusBelow400Is429AndDescriptorsAreRefused) {
  EXPECT_EQ(Compile(std::string(kBucket) + "status: {code: 200}")->status, 429u);
  EXPECT_NE(test::ProblemsOf<LocalRateLimitConfig>("{stat_prefix: a, descriptors: [{}]}"), "");
  EXPECT_NE(test::ProblemsOf<LocalRateLimitConfig>(
                "{stat_prefix: a, token_bucket: {max_tokens: 1, fill_interval: 1ms}}"),
            "");
}

}  // namespace
}  // namespace sluice::filters::local_ratelimit
