#include "lua_filter.h"

#include <gtest/gtest.h>

#include "lua_worker.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/process_state.h"
#include "sluice/stats/store.h"
#include "support/filter_host.h"

namespace sluice::filters::lua {
namespace {

using filter::FilterStatus;

// Keeps the last call; whether its ticket is still there says `open`.
class OneCall final : public filter::AsyncClient {
 public:
  struct Ticket final : filter::AsyncTicket {
    explicit Ticket(int& open_count) : open(open_count) { ++open; }
    ~Ticket() override { --open; }
    int& open;
  };
  bool HasCluster(std::string_view name) const override { return name == "known"; }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest,
                                            filter::AsyncStreamEvents&) override {
    return nullptr;
  }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest sent,
                                            filter::AsyncEvents& to) override {
    request = std::move(sent);
    events = &to;
    return std::make_unique<Ticket>(open);
  }
  int open = 0;
  filter::AsyncRequest request;
  filter::AsyncEvents* events = nullptr;
};

class LuaFilterTest : public ::testing::Test {
 protected:
  void Make(const std::string& text) {
    auto plan = std::make_shared<Plan>();
    plan->script = ScriptSource{"test", text};
    plan->limits.max_instructions = 1'000'000;
    plan->process = &process_;
    worker_ = std::make_unique<LuaWorker>(std::move(plan), worker_context_,
                                          stats::Scope(store_, 0, "http.front"));
    host_ = NewStream();
  }
  // A filter that is destroyed with its host.
  std::unique_ptr<test::FilterHost> NewStream() {
    auto host = std::make_unique<test::FilterHost>();
    host->worker_context = &worker_context_;
    host->Adopt(worker_->Create(host->arena()));
    for (const auto& [name, value] :
         {std::pair(":method", "POST"), std::pair(":path", "/"), std::pair(":authority", "test")}) {
      host->request_head().Add(name, value);
    }
    return host;
  }
  FilterStatus Head(bool end = false) {
    return host_->filter().OnRequestHead(host_->request_head(), end);
  }
  FilterStatus Data(std::string_view text, bool end) {
    ByteChain data;
    data.Append(text);
    const FilterStatus status = host_->filter().OnRequestData(data, end);
    if (status != FilterStatus::kContinue) host_->held_request.Append(data.ToString());
    return status;
  }
  std::string Field(std::string_view name) {
    return std::string(host_->request_head().Get(name).value_or("(none)"));
  }
  uint64_t Errors() { return store_.CounterValue("http.front.lua.errors"); }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{1};
  filter::ProcessState process_;
  OneCall calls_;
  alignas(16) char no_clusters_[16] = {};  // nobody looks inside
  filter::WorkerContext worker_context_{
      loop_, store_, 0, 1, reinterpret_cast<upstream::ClusterSet&>(no_clusters_), calls_};
  std::unique_ptr<LuaWorker> worker_;
  std::unique_ptr<test::FilterHost> host_;
};

constexpr const char* kCall =
    "h:httpCall('known', {[':method'] = 'GET', [':path'] = '/', [':authority'] = 'a'}, nil, 1000)";

TEST_F(LuaFilterTest, StreamThatDiesWhileItsScriptWaitsDropsTheCall) {
  Make("function envoy_on_request(h) " + std::string(kCall) + " error('never') end");
  EXPECT_EQ(Head(), FilterStatus::kStopAllWatermark);
  EXPECT_EQ(calls_.open, 1);
  host_.reset();
  EXPECT_EQ(calls_.open, 0);
  EXPECT_EQ(Errors(), 0U);
}

TEST_F(LuaFilterTest, AnotherAnswerEndsTheWaitForACall) {
  Make("function envoy_on_request(h) " + std::string(kCall) + " error('never') end");
  Head();
  host_->SendLocalReply({.status = 408, .body = {}, .details = "timeout"});
  EXPECT_EQ(calls_.open, 0);
  EXPECT_EQ(Errors(), 0U);
}

TEST_F(LuaFilterTest, CallThatIsAnsweredLetsTheRequestGoOn) {
  Make("function envoy_on_request(h) local headers, body = " + std::string(kCall) +
       " h:headers():add('x-got', headers[':status'] .. body) end");
  Head();
  calls_.events->OnResponse({201, {}, "yes", {}});
  EXPECT_EQ(Field("x-got"), "201yes");
  EXPECT_EQ(host_->calls, std::vector<std::string>({"clear-route", "continue-request"}));
  EXPECT_EQ(calls_.open, 0);
}

TEST_F(LuaFilterTest, BodyAfterACallTakesWhatIsHeld) {
  Make("function envoy_on_request(h) " + std::string(kCall) +
       " h:headers():add('x-got', h:body():getBytes(0, 2)) end");
  Head();
  calls_.events->OnFailure({});
  EXPECT_EQ(host_->calls, std::vector<std::string>({"take-request"}));
  EXPECT_EQ(Data("ab", false), FilterStatus::kStop);
  EXPECT_EQ(Data("cd", true), FilterStatus::kContinue);
  EXPECT_EQ(Field("x-got"), "ab");
}

TEST_F(LuaFilterTest, BodyOverTheLimitIsLeftToTheChain) {
  Make("function envoy_on_request(h) h:body() error('never') end");
  Head();
  host_->limit = 3;
  EXPECT_EQ(Data("ab", false), FilterStatus::kStop);
  EXPECT_EQ(Data("cd", true), FilterStatus::kStop);
  EXPECT_EQ(Errors(), 0U);
}

TEST_F(LuaFilterTest, ObjectsOfOtherStreamsAreDeadAlsoWhileTheirsWaits) {
  Make(
      "local kept function envoy_on_request(h) "
      "if kept == nil then kept = h h:body() else kept:headers() end end");
  Head();
  auto second = NewStream();
  EXPECT_EQ(second->filter().OnRequestHead(second->request_head(), true), FilterStatus::kContinue);
  EXPECT_EQ(Errors(), 1U);
  EXPECT_EQ(Data("x", true), FilterStatus::kContinue);  // the first one still works
  EXPECT_EQ(Errors(), 1U);
}

TEST_F(LuaFilterTest, ObjectsOutliveNothingAfterTheEnd) {
  Make(
      "local kept function envoy_on_request(h) "
      "if kept then kept:logInfo('x') end kept = h end");
  Head();
  host_ = NewStream();
  Head();
  EXPECT_EQ(Errors(), 1U);
}

TEST_F(LuaFilterTest, FunctionsOfOneTypeDoNotTakeAnother) {
  Make(
      "function envoy_on_request(h) "
      "local ok, why = pcall(h.headers, h:headers()) assert(not ok and why:find('handle')) "
      "assert(not pcall(h.headers)) assert(not pcall(h.headers, io.stdout)) "
      "assert(not pcall(h.headers, {})) assert(not pcall(setmetatable, h, {})) "
      "assert(getmetatable(h) == 'not for scripts') end");
  Head();
  EXPECT_EQ(Errors(), 0U);
}

TEST_F(LuaFilterTest, ReplyIsSentOnceAndNothingRunsAfterIt) {
  Make(
      "function envoy_on_request(h) pcall(h.respond, h, {[':status'] = '403'}, 'no') "
      "error('never') end");
  EXPECT_EQ(Head(), FilterStatus::kStop);
  ASSERT_EQ(host_->replies.size(), 1U);
  EXPECT_EQ(host_->replies[0].reply.status, 403U);
  EXPECT_EQ(host_->replies[0].body, "no");
  EXPECT_EQ(Errors(), 0U);
}

TEST_F(LuaFilterTest, WhatIsLeftOutsideOfTheStateIsBounded) {
  for (const char* loop : {"h:headers():replace('x-a', long)", "h:headers():add('x-a', 'x')",
                           "h:streamInfo():dynamicMetadata():set('a', tostring(i), long)"}) {
    const uint64_t before = Errors();
    Make("local long = string.rep('x', 1e6) function envoy_on_request(h) for i = 1, 1e6 do " +
         std::string(loop) + " end end");
    Head();
    EXPECT_EQ(Errors(), before + 1) << loop;
    EXPECT_EQ(store_.CounterValue("http.front.lua.over_instructions"), 0U) << loop;
  }
}

TEST_F(LuaFilterTest, CopiesOfTheBodyCountAsMemory) {
  Make(
      "function envoy_on_request(h) local body, kept = h:body(), {} for i = 1, 1e6 do "
      "kept[i] = body:getBytes(0, 900000 - i) end end");
  host_->limit = size_t{2} << 20;
  Head();
  Data(std::string(size_t{1} << 20, 'x'), true);
  EXPECT_EQ(store_.CounterValue("http.front.lua.over_memory"), 1U);
}

TEST_F(LuaFilterTest, FailedRunsLeaveTheNextOnesAlone) {
  Make("function envoy_on_request(h) while h:headers():get('x-spin') do end end");
  host_->request_head().Add("x-spin", "1");
  EXPECT_EQ(Head(), FilterStatus::kContinue);
  EXPECT_EQ(Errors(), 1U);
  EXPECT_EQ(store_.CounterValue("http.front.lua.over_instructions"), 1U);
  host_ = NewStream();
  Head();
  EXPECT_EQ(Errors(), 1U);
  EXPECT_EQ(store_.CounterValue("http.front.lua.executions"), 2U);
}

}  // namespace
}  // namespace sluice::filters::lua
