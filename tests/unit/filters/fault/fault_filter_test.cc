#include "fault_filter.h"

#include <map>
#include <tuple>

#include <gtest/gtest.h>

#include "sluice/route/route_entry.h"
#include "sluice/stats/store.h"
#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::fault {
namespace {

using filter::FilterStatus;
using namespace std::chrono_literals;

struct Values final : match::RuntimeSnapshot {
  std::map<std::string, uint64_t, std::less<>> values;
  std::optional<match::Fraction> FindFraction(std::string_view key) const override {
    const auto percent = FindInteger(key);
    if (!percent) return std::nullopt;
    return match::Fraction{static_cast<uint32_t>(*percent), 100};
  }
  std::optional<uint64_t> FindInteger(std::string_view key) const override {
    const auto found = values.find(key);
    return found == values.end() ? std::nullopt : std::optional<uint64_t>(found->second);
  }
};

class FaultFilterTest : public ::testing::Test {
 protected:
  filter::HttpFilter& Make(const std::string& yaml, uint64_t random = 0) {
    hosts_.clear();  // the filters of the config before look at it as they go
    fault_ = std::make_unique<Fault>(test::ParseConfig<HttpFaultConfig>(yaml));
    shared_ = std::make_unique<FaultShared>(FaultShared{
        *fault_, budget_, 0, stats::Make<FaultStats>(store_.MainScope("http.p.fault")), &runtime_});
    clusters_ = std::make_unique<DownstreamClusters>(store_.MainScope("http.p.fault"),
                                                     shared_->stats.downstream_clusters_overflow);
    shared_->clusters = clusters_.get();
    return Again(random);
  }
  // Another stream of the same worker.
  filter::HttpFilter& Again(uint64_t random = 0) {
    auto& host = *hosts_.emplace_back(std::make_unique<test::FilterHost>());
    host.worker_context = &worker_;
    return host.Adopt(host.arena().New<FaultFilter>(*shared_, FaultDice{random, random, random}));
  }
  test::FilterHost& host() { return *hosts_.back(); }
  FilterStatus Request(filter::HttpFilter& filter) {
    return filter.OnRequestHead(host().request_head(), true);
  }
  uint64_t Counter(const std::string& name) { return store_.CounterValue("http.p.fault." + name); }
  void Pass(Duration time) {
    clock_.Advance(time);
    loop_.RunOnce(Duration::zero());
  }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{1};
  alignas(64) char nothing_[64] = {};
  filter::WorkerContext worker_{loop_,
                                store_,
                                0,
                                1,
                                reinterpret_cast<upstream::ClusterSet&>(nothing_),
                                reinterpret_cast<filter::AsyncClient&>(nothing_)};
  SharedBudget budget_{UINT64_MAX, 1};
  Values runtime_;
  std::unique_ptr<Fault> fault_;
  std::unique_ptr<FaultShared> shared_;
  std::unique_ptr<DownstreamClusters> clusters_;
  std::vector<std::unique_ptr<test::FilterHost>> hosts_;
};

TEST_F(FaultFilterTest, AbortsWithTheStatus) {
  auto& filter = Make("abort: {http_status: 503, percentage: {numerator: 100}}");
  EXPECT_EQ(Request(filter), FilterStatus::kStop);
  ASSERT_EQ(host().replies.size(), 1U);
  EXPECT_EQ(host().replies[0].reply.status, 503U);
  EXPECT_EQ(host().replies[0].body, "fault filter abort");
  EXPECT_EQ(host().replies[0].reply.details, "fault_filter_abort");
  EXPECT_TRUE(host().info().flags.Has(stream::ResponseFlag::kFaultInjected));
  EXPECT_EQ(Counter("aborts_injected"), 1U);
  EXPECT_EQ(store_.GaugeValue("http.p.fault.active_faults"), 1U);
  hosts_.clear();
  EXPECT_EQ(store_.GaugeValue("http.p.fault.active_faults"), 0U);
}

TEST_F(FaultFilterTest, AbortsWithTheGrpcStatus) {
  auto& filter = Make("abort: {grpc_status: 14, percentage: {numerator: 100}}");
  EXPECT_EQ(Request(filter), FilterStatus::kStop);
  EXPECT_EQ(host().replies.at(0).reply.grpc_status, 14U);
}

TEST_F(FaultFilterTest, DelaysThenGoesOn) {
  auto& filter = Make("delay: {fixed_delay: 2s, percentage: {numerator: 100}}");
  EXPECT_EQ(Request(filter), FilterStatus::kStopAllWatermark);
  EXPECT_TRUE(host().info().flags.Has(stream::ResponseFlag::kDelayInjected));
  Pass(1999ms);
  EXPECT_TRUE(host().calls.empty());
  Pass(10ms);
  EXPECT_EQ(host().calls, std::vector<std::string>{"continue-request"});
  EXPECT_EQ(Counter("delays_injected"), 1U);
}

TEST_F(FaultFilterTest, DelaysThenAborts) {
  auto& filter = Make(
      "{delay: {fixed_delay: 1s, percentage: {numerator: 100}}, abort: {http_status: 400, "
      "percentage: {numerator: 100}}}");
  EXPECT_EQ(Request(filter), FilterStatus::kStopAllWatermark);
  Pass(1100ms);
  EXPECT_EQ(host().calls, std::vector<std::string>{"reply 400"});
  EXPECT_EQ(store_.GaugeValue("http.p.fault.active_faults"), 1U);
}

TEST_F(FaultFilterTest, AStreamThatEndsWhileDelayedIsForgotten) {
  auto& filter = Make("delay: {fixed_delay: 1s, percentage: {numerator: 100}}");
  EXPECT_EQ(Request(filter), FilterStatus::kStopAllWatermark);
  hosts_.clear();
  Pass(2s);
  EXPECT_EQ(store_.GaugeValue("http.p.fault.active_faults"), 0U);
}

TEST_F(FaultFilterTest, OnlyTheShareOfRequests) {
  const std::string yaml =
      "abort: {http_status: 503, percentage: {numerator: 5, denominator: TEN_THOUSAND}}";
  EXPECT_EQ(Request(Make(yaml, 10'004)), FilterStatus::kStop);
  EXPECT_EQ(Request(Make(yaml, 10'005)), FilterStatus::kContinue);
  EXPECT_EQ(Request(Make("abort: {http_status: 503}")), FilterStatus::kContinue);
}

TEST_F(FaultFilterTest, HeadersControlAndLowerButNeverRaiseTheShare) {
  const std::string yaml =
      "{delay: {header_delay: {}, percentage: {numerator: 50}}, abort: {header_abort: {}, "
      "percentage: {numerator: 50}}}";
  auto& delayed = Make(yaml, 20);
  host().request_head().Add("x-envoy-fault-delay-request", "100");
  EXPECT_EQ(Request(delayed), FilterStatus::kStopAllWatermark);
  Pass(101ms);
  EXPECT_EQ(host().calls, std::vector<std::string>{"continue-request"});

  auto& aborted = Make(yaml, 20);
  host().request_head().Add("x-envoy-fault-abort-request", "418");
  EXPECT_EQ(Request(aborted), FilterStatus::kStop);
  EXPECT_EQ(host().replies.at(0).reply.status, 418U);

  auto& grpc = Make(yaml, 20);
  host().request_head().Add("x-envoy-fault-abort-grpc-request", "5");
  EXPECT_EQ(Request(grpc), FilterStatus::kStop);
  EXPECT_EQ(host().replies.at(0).reply.grpc_status, 5U);

  auto& lowered = Make(yaml, 20);
  host().request_head().Add("x-envoy-fault-abort-request", "418");
  host().request_head().Add("x-envoy-fault-abort-request-percentage", "10");
  EXPECT_EQ(Request(lowered), FilterStatus::kContinue);

  auto& raised = Make(yaml, 60);
  host().request_head().Add("x-envoy-fault-abort-request", "418");
  host().request_head().Add("x-envoy-fault-abort-request-percentage", "100");
  EXPECT_EQ(Request(raised), FilterStatus::kContinue);

  for (const char* nonsense : {"", "-1", "99", "600", "abc"}) {
    auto& filter = Make(yaml, 20);
    host().request_head().Add("x-envoy-fault-abort-request", nonsense);
    EXPECT_EQ(Request(filter), FilterStatus::kContinue) << nonsense;
  }
}

TEST_F(FaultFilterTest, OnlyRequestsThatTheConfigMeans) {
  const std::string abort = "abort: {http_status: 503, percentage: {numerator: 100}}";
  auto& by_header = Make("{" + abort + ", headers: [{name: x-fault}]}");
  EXPECT_EQ(Request(by_header), FilterStatus::kContinue);
  host().request_head().Add("x-fault", "1");
  EXPECT_EQ(Request(by_header), FilterStatus::kStop);

  auto& by_node = Make("{" + abort + ", downstream_nodes: [canary]}");
  EXPECT_EQ(Request(by_node), FilterStatus::kContinue);
  host().request_head().Add("x-envoy-downstream-service-node", "canary");
  EXPECT_EQ(Request(by_node), FilterStatus::kStop);

  auto& by_cluster = Make("{" + abort + ", upstream_cluster: a}");
  EXPECT_EQ(Request(by_cluster), FilterStatus::kContinue);
  route::RouteEntry entry;
  entry.cluster.name = "a";
  host().route_entry = &entry;
  EXPECT_EQ(Request(by_cluster), FilterStatus::kStop);
}

TEST_F(FaultFilterTest, TheRoutesConfigReplacesTheFilters) {
  auto& filter = Make("abort: {http_status: 503, percentage: {numerator: 100}}");
  const Fault other(test::ParseConfig<HttpFaultConfig>(
      "abort: {http_status: 404, percentage: {numerator: 100}}"));
  host().config = &other;
  EXPECT_EQ(Request(filter), FilterStatus::kStop);
  EXPECT_EQ(host().replies.at(0).reply.status, 404U);
}

TEST_F(FaultFilterTest, NoMoreActiveFaultsThanAllowed) {
  auto& first =
      Make("{abort: {http_status: 503, percentage: {numerator: 100}}, max_active_faults: 1}");
  EXPECT_EQ(Request(first), FilterStatus::kStop);
  EXPECT_EQ(Request(Again()), FilterStatus::kContinue);
  EXPECT_EQ(Counter("faults_overflow"), 1U);
  hosts_.clear();
  EXPECT_EQ(Request(Again()), FilterStatus::kStop);
  runtime_.values["fault.http.max_active_faults"] = 2;
  EXPECT_EQ(Request(Again()), FilterStatus::kStop);
  EXPECT_EQ(Request(Again()), FilterStatus::kContinue);
  EXPECT_EQ(Counter("faults_overflow"), 2U);
}

// 100 KiB a second are 5 KiB a slice.
TEST_F(FaultFilterTest, ResponsesGoNoFasterThanTheLimit) {
  auto& filter =
      Make("response_rate_limit: {fixed_limit: {limit_kbps: 100}, percentage: {numerator: 100}}");
  EXPECT_EQ(Request(filter), FilterStatus::kContinue);
  EXPECT_TRUE(filter.WantsBodies());
  ByteChain small;
  small.Append(std::string(1024, 'a'));
  EXPECT_EQ(filter.OnResponseData(small, false), FilterStatus::kContinue);
  ByteChain large;
  large.Append(std::string(20480, 'b'));
  EXPECT_EQ(filter.OnResponseData(large, true), FilterStatus::kStopAllWatermark);
  EXPECT_EQ(host().injected_response.size(), 4096U);
  host().held_response.Append(std::move(large));
  for (size_t slices = 1; slices <= 3; ++slices) {
    Pass(50ms);
    EXPECT_EQ(host().injected_response.size(), 4096 + slices * 5120);
    EXPECT_TRUE(host().calls.empty());
  }
  Pass(50ms);
  EXPECT_EQ(host().injected_response.size(), 20480U);
  EXPECT_EQ(host().calls, std::vector<std::string>{"continue-response"});
  EXPECT_EQ(Counter("response_rl_injected"), 1U);
  EXPECT_EQ(store_.GaugeValue("http.p.fault.active_faults"), 1U);
}

TEST_F(FaultFilterTest, ARequestMaySayHowSlowItsResponseShallBe) {
  const std::string yaml = "response_rate_limit: {header_limit: {}, percentage: {numerator: 50}}";
  for (const auto& [kib, percentage, random, slow] : {std::tuple{"10", "50", 20, true},
                                                      {"10", "10", 20, false},
                                                      {"10", "100", 60, false},
                                                      {"0", "50", 20, false},
                                                      {"", "50", 20, false},
                                                      {"x", "50", 20, false}}) {
    auto& filter = Make(yaml, static_cast<uint64_t>(random));
    host().request_head().Add("x-envoy-fault-throughput-response", kib);
    host().request_head().Add("x-envoy-fault-throughput-response-percentage", percentage);
    EXPECT_EQ(Request(filter), FilterStatus::kContinue);
    EXPECT_EQ(filter.WantsBodies(), slow) << kib << ' ' << percentage << ' ' << random;
  }
  runtime_.values["fault.http.rate_limit.response_percent"] = 0;
  auto& filter = Make(yaml, 0);
  host().request_head().Add("x-envoy-fault-throughput-response", "10");
  Request(filter);
  EXPECT_FALSE(filter.WantsBodies());
}

TEST_F(FaultFilterTest, LeavesMetadataForTheLog) {
  auto& filter = Make(
      "{abort: {http_status: 503, percentage: {numerator: 100}}, filter_metadata: {why: test}}");
  Request(filter);
  const Value* metadata = host().info().FindMetadata("envoy.filters.http.fault");
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(*metadata->Find("why")->AsString(), "test");
}

TEST(FaultConfigTest, NonsenseIsRefused) {
  for (const char* yaml :
       {"{}", "abort: {}", "abort: {http_status: 600}", "abort: {http_status: 199}",
        "abort: {http_status: 503, grpc_status: 1}", "delay: {}", "delay: {fixed_delay: 0s}",
        "{abort: {http_status: 503}, response_rate_limit: {}}",
        "response_rate_limit: {fixed_limit: {limit_kbps: 0}}",
        "response_rate_limit: {fixed_limit: {}}"}) {
    EXPECT_NE(test::ProblemsOf<HttpFaultConfig>(yaml), "") << yaml;
  }
}

TEST_F(FaultFilterTest, ClustersThatRequestsComeFromAreToldApart) {
  constexpr std::string_view kFrom = "x-envoy-downstream-service-cluster";
  const std::string yaml = "{abort: {http_status: 503, percentage: {numerator: 0}}}";
  runtime_.values = {{"fault.http.shop.abort.abort_percent", 100},
                     {"fault.http.shop.abort.http_status", 418}};
  auto& shop = Make(yaml);
  host().request_head().Add(kFrom, "shop");
  EXPECT_EQ(Request(shop), FilterStatus::kStop);
  EXPECT_EQ(host().replies.at(0).reply.status, 418U);
  auto& other = Again();
  host().request_head().Add(kFrom, "other");
  EXPECT_EQ(Request(other), FilterStatus::kContinue);
  EXPECT_EQ(Counter("shop.aborts_injected"), 1U);
  EXPECT_EQ(Counter("other.aborts_injected"), 0U);
  EXPECT_EQ(Counter("aborts_injected"), 1U);
  // The key of all holds for those without one of their own.
  runtime_.values["fault.http.abort.abort_percent"] = 100;
  runtime_.values["fault.http.shop.abort.abort_percent"] = 0;
  auto& spared = Again();
  host().request_head().Add(kFrom, "shop");
  EXPECT_EQ(Request(spared), FilterStatus::kContinue);
  auto& again = Again();
  host().request_head().Add(kFrom, "other");
  EXPECT_EQ(Request(again), FilterStatus::kStop);
  EXPECT_EQ(Counter("other.aborts_injected"), 1U);
}

TEST_F(FaultFilterTest, DownstreamClustersMayBeIgnored) {
  runtime_.values = {{"fault.http.shop.abort.abort_percent", 0}};
  auto& filter = Make(
      "{abort: {http_status: 503, percentage: {numerator: 100}}, "
      "disable_downstream_cluster_stats: true}");
  host().request_head().Add("x-envoy-downstream-service-cluster", "shop");
  EXPECT_EQ(Request(filter), FilterStatus::kStop);
  EXPECT_EQ(Counter("shop.aborts_injected"), 0U);
}

TEST_F(FaultFilterTest, DownstreamClustersHaveALimit) {
  Make("{abort: {http_status: 503}}");
  EXPECT_EQ(clusters_->For(""), nullptr);
  EXPECT_EQ(clusters_->For("a b"), nullptr);
  EXPECT_EQ(clusters_->For(std::string(129, 'a')), nullptr);
  for (size_t i = 0; i < DownstreamClusters::kMost; ++i) {
    EXPECT_NE(clusters_->For("c" + std::to_string(i)), nullptr);
  }
  EXPECT_EQ(Counter("downstream_clusters_overflow"), 0U);
  EXPECT_EQ(clusters_->For("one-more"), nullptr);
  EXPECT_NE(clusters_->For("c0"), nullptr);
  EXPECT_EQ(Counter("downstream_clusters_overflow"), 1U);
}

}  // namespace
}  // namespace sluice::filters::fault
