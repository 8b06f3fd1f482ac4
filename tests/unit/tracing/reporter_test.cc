#include "reporter.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/stats/store.h"

namespace sluice::tracing {
namespace {

using std::chrono::milliseconds;

class FakeClient final : public filter::AsyncClient {
 public:
  struct Ticket final : filter::AsyncTicket {
    explicit Ticket(int& open_tickets) : open(open_tickets) { ++open; }
    ~Ticket() override { --open; }
    int& open;
  };

  // filter::AsyncClient
  bool HasCluster(std::string_view name) const override { return name == "collector"; }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest request,
                                            filter::AsyncEvents& events) override {
    sent.push_back(std::move(request));
    waiting.push_back(&events);
    return std::make_unique<Ticket>(open);
  }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest,
                                            filter::AsyncStreamEvents&) override {
    return nullptr;
  }

  void Answer(size_t at, uint32_t status) {
    filter::AsyncResponse response;
    response.status = status;
    std::exchange(waiting[at], nullptr)->OnResponse(std::move(response));
  }

  std::vector<filter::AsyncRequest> sent;
  std::vector<filter::AsyncEvents*> waiting;
  int open = 0;
};

class Brackets final : public ReportFormat {
 public:
  // ReportFormat
  std::string MakeBody(std::string spans) const override { return "[" + spans + "]"; }
  bool Accepted(const filter::AsyncResponse& response) const override {
    return response.status == 202;
  }
};

class Runtime final : public match::RuntimeSnapshot {
 public:
  // match::RuntimeSnapshot
  std::optional<match::Fraction> FindFraction(std::string_view) const override { return {}; }
  std::optional<uint64_t> FindInteger(std::string_view key) const override {
    const auto found = numbers.find(key);
    return found == numbers.end() ? std::nullopt : std::optional(found->second);
  }
  std::map<std::string, uint64_t, std::less<>> numbers;
};

class ReporterTest : public ::testing::Test {
 protected:
  ReporterTest() {
    options_.cluster = "collector";
    options_.head = {{":path", "/spans"}};
    options_.flush_interval_ms = {5000, "interval"};
    options_.min_flush_spans = {3, "least"};
    options_.request_timeout_ms = {1000, ""};
    options_.max_spans = 10;
  }

  void Add(Reporter& reporter, std::string_view span) {
    reporter.Add([&](std::string& out) { out.append(span); });
  }
  uint64_t Count(const std::string& name) { return store_.CounterValue("tracing.x." + name); }
  void Pass(Duration time) {
    clock_.Advance(time);
    loop_.RunOnce(Duration::zero());
  }

  ManualClock clock_;
  EventLoop loop_{clock_};
  stats::Store store_{1};
  FakeClient client_;
  Runtime runtime_;
  alignas(16) char no_clusters_[16] = {};  // nobody looks inside
  filter::WorkerContext worker_{
      loop_,   store_,   0, 1, reinterpret_cast<upstream::ClusterSet&>(no_clusters_),
      client_, &runtime_};
  Brackets format_;
  ReportOptions options_;
};

TEST_F(ReporterTest, EnoughSpansAreOneReport) {
  Reporter reporter(options_, format_, worker_, "tracing.x");
  Add(reporter, "a");
  Add(reporter, "b");
  EXPECT_TRUE(client_.sent.empty());
  Add(reporter, "c");
  ASSERT_EQ(client_.sent.size(), 1u);
  EXPECT_EQ(client_.sent[0].cluster, "collector");
  EXPECT_EQ(client_.sent[0].body, "[abc]");
  EXPECT_EQ(client_.sent[0].timeout, milliseconds(1000));
  client_.Answer(0, 202);
  EXPECT_EQ(client_.open, 0);
  EXPECT_EQ(Count("spans_sent"), 3u);
  EXPECT_EQ(Count("reports_sent"), 1u);
  runtime_.numbers["least"] = 1;
  Add(reporter, "d");
  client_.Answer(1, 500);
  EXPECT_EQ(Count("reports_dropped"), 1u);
  EXPECT_EQ(Count("timer_flushed"), 0u);
}

TEST_F(ReporterTest, FewSpansWaitForTheTimer) {
  Reporter reporter(options_, format_, worker_, "tracing.x");
  Add(reporter, "a");
  Pass(milliseconds(4999));
  EXPECT_TRUE(client_.sent.empty());
  Pass(milliseconds(2));
  ASSERT_EQ(client_.sent.size(), 1u);
  EXPECT_EQ(Count("timer_flushed"), 1u);
  Pass(milliseconds(60'000));
  EXPECT_EQ(client_.sent.size(), 1u);
  EXPECT_EQ(Count("timer_flushed"), 1u);
}

TEST_F(ReporterTest, FailuresAndClustersThatAreGoneAreCounted) {
  options_.min_flush_spans = {1, ""};
  Reporter reporter(options_, format_, worker_, "tracing.x");
  Add(reporter, "a");
  client_.waiting[0]->OnFailure(Error{});
  EXPECT_EQ(Count("reports_failed"), 1u);
  EXPECT_EQ(reporter.under_way(), 0u);
  options_.cluster = "gone";
  Add(reporter, "b");
  EXPECT_EQ(Count("reports_skipped_no_cluster"), 1u);
  EXPECT_EQ(Count("spans_sent"), 2u);
  EXPECT_EQ(client_.sent.size(), 1u);
}

TEST_F(ReporterTest, SpansWaitForASlowCollectorUpToALimit) {
  options_.min_flush_spans = {1, ""};
  Reporter reporter(options_, format_, worker_, "tracing.x");
  const size_t all = Reporter::kMaxUnderWay + options_.max_spans + 3;
  for (size_t i = 0; i < all; ++i) Add(reporter, "s");
  EXPECT_EQ(client_.sent.size(), Reporter::kMaxUnderWay);
  EXPECT_EQ(Count("spans_dropped"), 3u);
  // The timer finds no room either, and tries again.
  Pass(milliseconds(5001));
  EXPECT_EQ(client_.sent.size(), Reporter::kMaxUnderWay);
  client_.Answer(0, 202);
  ASSERT_EQ(client_.sent.size(), Reporter::kMaxUnderWay + 1);
  EXPECT_EQ(client_.sent.back().body, "[ssssssssss]");
  EXPECT_EQ(Count("spans_sent"), Reporter::kMaxUnderWay + options_.max_spans);
}

TEST_F(ReporterTest, LongSpansAreBoundedByBytes) {
  options_.min_flush_spans = {100, ""};
  Reporter reporter(options_, format_, worker_, "tracing.x");
  const std::string huge(Reporter::kMaxBytes, 'x');
  Add(reporter, huge);
  Add(reporter, "y");
  EXPECT_EQ(Count("spans_dropped"), 1u);
  reporter.Flush();
  Add(reporter, "z");
  EXPECT_EQ(Count("spans_dropped"), 1u);
}

TEST_F(ReporterTest, WhatIsUnderWayEndsWithTheReporter) {
  options_.min_flush_spans = {1, ""};
  {
    Reporter reporter(options_, format_, worker_, "tracing.x");
    Add(reporter, "a");
    EXPECT_EQ(client_.open, 1);
  }
  EXPECT_EQ(client_.open, 0);
}

}  // namespace
}  // namespace sluice::tracing
