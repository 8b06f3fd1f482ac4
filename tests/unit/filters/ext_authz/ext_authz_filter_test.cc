#include "ext_authz_filter.h"

#include <gtest/gtest.h>

#include "sluice/filter/async_client.h"
#include "sluice/filter/process_state.h"
#include "sluice/stats/store.h"
#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::ext_authz {
namespace {

using filter::FilterStatus;
using namespace std::chrono_literals;

// Matchers are moved, not copied: no list in braces makes them.
match::StringMatchers Names(std::initializer_list<const char*> names) {
  match::StringMatchers out;
  for (const char* name : names) out.push_back(match::StringMatcher::Exact(name));
  return out;
}

// Keeps the call; whether its ticket is still there says `open`.
class OneCall final : public filter::AsyncClient {
 public:
  struct Ticket final : filter::AsyncTicket {
    explicit Ticket(bool& open) : open_(open) { open_ = true; }
    ~Ticket() override { open_ = false; }
    bool& open_;
  };
  bool HasCluster(std::string_view) const override { return false; }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest,
                                            filter::AsyncStreamEvents&) override {
    return nullptr;
  }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest sent,
                                            filter::AsyncEvents& to) override {
    ++calls;
    request = std::move(sent);
    events = &to;
    return std::make_unique<Ticket>(open);
  }
  void Answer(uint32_t status, std::vector<std::pair<std::string, std::string>> head = {},
              std::string body = {}) {
    events->OnResponse({status, std::move(head), std::move(body), {}});
  }
  int calls = 0;
  bool open = false;
  filter::AsyncRequest request;
  filter::AsyncEvents* events = nullptr;
};

class ExtAuthzFilterTest : public ::testing::Test {
 protected:
  ExtAuthzFilterTest() {
    plan_.cluster = "authz";
    plan_.timeout = 1s;
    plan_.stat_prefix = "ext_authz";
    plan_.process = &process_;
    plan_.service = HttpService{};
    route_.cluster.name = "web";
    route_.cluster.id = 3;
    host_.worker_context = &worker_context_;
    host_.route_entry = &route_;
    for (const auto& [name, value] :
         {std::pair(":method", "POST"), std::pair(":path", "/"), std::pair(":authority", "test")}) {
      host_.request_head().Add(name, value);
    }
  }
  void Make() {
    worker_ =
        std::make_unique<ExtAuthzWorker>(std::make_shared<const Plan>(std::move(plan_)),
                                         worker_context_, stats::Scope(store_, 0, "http.front"));
    filter_ = &host_.Adopt(worker_->Create(host_.arena()));
  }
  FilterStatus Head(bool end = true) {
    if (filter_ == nullptr) Make();
    return filter_->OnRequestHead(host_.request_head(), end);
  }
  FilterStatus Data(std::string_view text, bool end) {
    ByteChain data;
    data.Append(text);
    const FilterStatus status = filter_->OnRequestData(data, end);
    if (status != FilterStatus::kContinue) host_.held_request.Append(data.ToString());
    return status;
  }
  uint64_t Counter(const std::string& name) { return store_.CounterValue(name); }
  HttpService& http() { return std::get<HttpService>(plan_.service); }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{1};
  OneCall client_;
  alignas(16) char no_clusters_[16] = {};  // nobody looks inside
  filter::WorkerContext worker_context_{
      loop_, store_, 0, 1, reinterpret_cast<upstream::ClusterSet&>(no_clusters_), client_};
  filter::ProcessState process_;
  Plan plan_;
  route::RouteEntry route_;
  std::unique_ptr<ExtAuthzWorker> worker_;
  test::FilterHost host_;
  filter::HttpFilter* filter_ = nullptr;
};

TEST_F(ExtAuthzFilterTest, AnAllowedRequestGoesOnOnce) {
  EXPECT_EQ(Head(), FilterStatus::kStopAllWatermark);
  EXPECT_TRUE(client_.open);
  EXPECT_TRUE(host_.calls.empty());
  client_.Answer(200);
  EXPECT_EQ(host_.calls, std::vector<std::string>{"continue-request"});
  EXPECT_FALSE(client_.open);
  EXPECT_EQ(Counter("http.front.ext_authz.ok"), 1u);
  EXPECT_EQ(Counter("cluster.web.ext_authz.ok"), 1u);
}

TEST_F(ExtAuthzFilterTest, NoAnswerRefuses) {
  plan_.status_on_error = 503;
  Head();
  client_.events->OnFailure({ErrorCode::kTimeout, Origin::kUpstream, Retry::kNo, "", nullptr});
  EXPECT_EQ(host_.calls, std::vector<std::string>{"reply 503"});
  EXPECT_EQ(host_.replies[0].reply.details, "ext_authz_error");
  EXPECT_TRUE(host_.info().flags.Has(stream::ResponseFlag::kUnauthorizedExternalService));
  EXPECT_EQ(Counter("http.front.ext_authz.error"), 1u);
}

TEST_F(ExtAuthzFilterTest, NoAnswerPassesWithFailureModeAllow) {
  plan_.failure_mode_allow = true;
  plan_.failure_mode_header = true;
  Head();
  client_.Answer(500);
  EXPECT_EQ(host_.calls, std::vector<std::string>{"continue-request"});
  EXPECT_EQ(host_.request_head().Get("x-envoy-auth-failure-mode-allowed"), "true");
  EXPECT_EQ(Counter("http.front.ext_authz.failure_mode_allowed"), 1u);
}

TEST_F(ExtAuthzFilterTest, TheCallGoesWithTheStream) {
  {
    test::FilterHost host;
    host.worker_context = &worker_context_;
    host.route_entry = &route_;
    Make();
    filter::HttpFilter& filter = host.Adopt(worker_->Create(host.arena()));
    EXPECT_EQ(filter.OnRequestHead(host.request_head(), true), FilterStatus::kStopAllWatermark);
    EXPECT_TRUE(client_.open);
  }
  EXPECT_FALSE(client_.open);
}

TEST_F(ExtAuthzFilterTest, AReplyOfSomebodyElseEndsTheCall) {
  Head();
  filter_->OnResponseHead(host_.response_head(), true);
  EXPECT_FALSE(client_.open);
}

TEST_F(ExtAuthzFilterTest, TunnelsAndRequestsWithoutBodyAreNotHeldForOne) {
  plan_.body.max_bytes = 10;
  host_.request_head().Add("upgrade", "websocket");
  EXPECT_EQ(Head(false), FilterStatus::kStopAllWatermark);
  EXPECT_FALSE(filter_->WantsBodies());
  EXPECT_EQ(client_.calls, 1);
}

TEST_F(ExtAuthzFilterTest, AnHttpServiceIsNotAskedToConnect) {
  host_.request_head().Set(http::HeaderId::kMethod, "CONNECT");
  EXPECT_EQ(Head(false), FilterStatus::kStop);
  EXPECT_EQ(client_.calls, 0);
  EXPECT_EQ(host_.calls, std::vector<std::string>{"reply 403"});
}

TEST_F(ExtAuthzFilterTest, HoldsABodyUntilItIsWhole) {
  plan_.body.max_bytes = 10;
  EXPECT_EQ(Head(false), FilterStatus::kStop);
  EXPECT_EQ(host_.limit, 10u);
  EXPECT_TRUE(filter_->WantsBodies());
  EXPECT_EQ(Data("01234", false), FilterStatus::kStop);
  EXPECT_EQ(client_.calls, 0);
  EXPECT_EQ(Data("56789", true), FilterStatus::kStopAllWatermark);
  EXPECT_EQ(client_.request.body, "0123456789");
  EXPECT_FALSE(filter_->WantsBodies());
}

TEST_F(ExtAuthzFilterTest, ABodyOverTheLimitIsLeftToTheChain) {
  plan_.body.max_bytes = 4;
  Head(false);
  EXPECT_EQ(Data("01234", true), FilterStatus::kStop);
  EXPECT_EQ(client_.calls, 0);
}

TEST_F(ExtAuthzFilterTest, TheBeginningIsEnoughWhenPartialIsAllowed) {
  plan_.body.max_bytes = 4;
  plan_.body.partial = true;
  Head(false);
  EXPECT_EQ(host_.limit, 1000u);
  EXPECT_EQ(Data("012", false), FilterStatus::kStop);
  EXPECT_EQ(Data("345", false), FilterStatus::kStopAllWatermark);
  EXPECT_EQ(client_.request.body, "0123");
  client_.Answer(200);
  EXPECT_EQ(Data("678", true), FilterStatus::kContinue);
}

TEST_F(ExtAuthzFilterTest, TheRouteIsChosenAgainOnlyAfterAChange) {
  plan_.clear_route_cache = true;
  http().to_upstream = Names({"x-a"});
  Head();
  client_.Answer(200, {{"x-b", "1"}});
  EXPECT_EQ(host_.calls, std::vector<std::string>{"continue-request"});
  host_.calls.clear();
  filter_->OnRequestHead(host_.request_head(), true);
  client_.Answer(200, {{"x-a", "1"}});
  EXPECT_EQ(host_.calls, (std::vector<std::string>{"clear-route", "continue-request"}));
  EXPECT_EQ(host_.request_head().Get("x-a"), "1");
}

TEST_F(ExtAuthzFilterTest, MetadataComesWithHowLongItTook) {
  http().to_metadata = Names({"x-m"});
  Head();
  clock_.Advance(7ms);
  loop_.RunOnce({});
  client_.Answer(200, {{"x-m", "v"}});
  const Value* metadata = host_.info().FindMetadata("envoy.filters.http.ext_authz");
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(*metadata->Find("x-m"), Value("v"));
  EXPECT_EQ(*metadata->Find("ext_authz_duration"), Value(7.0));
}

TEST_F(ExtAuthzFilterTest, MetadataThatIsNotWantedIsCounted) {
  plan_.take_metadata = false;
  http().to_metadata = Names({"x-m"});
  Head();
  client_.Answer(200, {{"x-m", "v"}});
  EXPECT_EQ(host_.info().FindMetadata("envoy.filters.http.ext_authz"), nullptr);
  EXPECT_EQ(Counter("http.front.ext_authz.ignored_dynamic_metadata"), 1u);
}

TEST_F(ExtAuthzFilterTest, OnlyRequestsWithTheMetadataAreAskedAbout) {
  plan_.enabled_metadata = match::Compile(test::ParseConfig<match::MetadataMatcherConfig>(
      "{filter: f, path: [{key: ask}], value: {bool_match: true}}"));
  EXPECT_EQ(Head(), FilterStatus::kContinue);
  EXPECT_EQ(Counter("http.front.ext_authz.disabled"), 1u);
  host_.info().dynamic_metadata("f")["ask"] = Value(true);
  EXPECT_EQ(Head(), FilterStatus::kStopAllWatermark);
  EXPECT_EQ(client_.calls, 1);
}

TEST_F(ExtAuthzFilterTest, RefusalsCountAsTheClustersAnswers) {
  Head();
  client_.Answer(401);
  EXPECT_EQ(host_.calls, std::vector<std::string>{"reply 401"});
  EXPECT_EQ(host_.replies[0].reply.details, "ext_authz_denied");
  EXPECT_EQ(Counter("cluster.web.upstream_rq_401"), 1u);
  EXPECT_EQ(Counter("cluster.web.upstream_rq_4xx"), 1u);
  EXPECT_EQ(Counter("cluster.web.upstream_rq_completed"), 1u);
}

TEST(RoutePlanTest, InnerLevelsAddToTheContextAndDecideTheRest) {
  RoutePlan outer;
  outer.disabled = true;
  outer.context = {{"a", "outer"}, {"b", "outer"}};
  RoutePlan inner;
  inner.context = {{"a", "inner"}};
  inner.body.emplace();
  const RoutePlan merged = MergeRoutes(outer, inner);
  EXPECT_FALSE(merged.disabled);
  EXPECT_TRUE(merged.body.has_value());
  EXPECT_EQ(merged.context, (std::map<std::string, std::string>{{"a", "inner"}, {"b", "outer"}}));
}

}  // namespace
}  // namespace sluice::filters::ext_authz
