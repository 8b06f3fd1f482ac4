#include "sluice/stats/store.h"

#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/stats/table.h"

namespace sluice::stats {
namespace {

const StatView* FindView(const std::vector<StatView>& views, std::string_view name) {
  for (const StatView& view : views) {
    if (view.name == name) return &view;
  }
  return nullptr;
}

TEST(StoreTest, CountersAreSummedOverSlots) {
  Store store(3);
  Scope(store, 1, "cluster.a").MakeCounter("upstream_cx_total").Add(5);
  Scope(store, 2, "cluster.a").MakeCounter("upstream_cx_total").Inc();
  EXPECT_EQ(store.CounterValue("cluster.a.upstream_cx_total"), 6u);
}

TEST(StoreTest, SameNameBindsTheSameCell) {
  Store store(2);
  Counter first = Scope(store, 1, "x").MakeCounter("y");
  Counter again = Scope(store, 1, "").MakeCounter("x.y");
  first.Add(2);
  again.Add(3);
  EXPECT_EQ(first.value(), 5u);
}

TEST(StoreTest, CellsOfTwoSlotsShareNoCacheLineAndNeverMove) {
  Store store(2);
  std::vector<Counter> handles;
  for (int i = 0; i < 5000; ++i) {
    handles.push_back(Scope(store, 1, "n").MakeCounter(std::to_string(i)));
    handles.back().Add(static_cast<uint64_t>(i));
  }
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(store.CounterValue("n." + std::to_string(i)), static_cast<uint64_t>(i));
  }
}

TEST(StoreTest, GaugeMayGoBelowZeroInOneSlot) {
  Store store(3);
  Gauge up = Scope(store, 1, "").MakeGauge("active");
  Gauge down = Scope(store, 2, "").MakeGauge("active");
  up.Add(3);
  down.Dec();
  EXPECT_EQ(store.GaugeValue("active"), 2u);
  EXPECT_EQ(down.value(), -1);
  down.Dec();
  down.Dec();
  down.Dec();
  EXPECT_EQ(store.GaugeValue("active"), 0u);  // never shown below zero
}

TEST(StoreTest, UsedMeansEverWritten) {
  Store store(2);
  Scope scope(store, 1, "s");
  scope.MakeCounter("untouched");
  scope.MakeGauge("untouched_gauge");
  Gauge back_at_zero = scope.MakeGauge("back_at_zero");
  back_at_zero.Inc();
  back_at_zero.Dec();
  scope.MakeCounter("counted").Inc();
  scope.MakeHistogram("empty");
  store.ResetCounters();
  const auto views = store.Collect();
  EXPECT_FALSE(FindView(views, "s.untouched")->used);
  EXPECT_FALSE(FindView(views, "s.untouched_gauge")->used);
  EXPECT_TRUE(FindView(views, "s.back_at_zero")->used);
  EXPECT_EQ(FindView(views, "s.back_at_zero")->value, 0u);
  EXPECT_TRUE(FindView(views, "s.counted")->used);
  EXPECT_FALSE(FindView(views, "s.empty")->used);
}

TEST(StoreTest, ResetHidesWhatWasCountedAndGoesOn) {
  Store store(2);
  Counter counter = Scope(store, 1, "").MakeCounter("c");
  counter.Add(10);
  store.ResetCounters();
  EXPECT_EQ(store.CounterValue("c"), 0u);
  counter.Inc();
  EXPECT_EQ(store.CounterValue("c"), 1u);
}

TEST(StoreTest, NamesAreCleanedAsEnvoyDoes) {
  Store store(1);
  EXPECT_EQ(store.MainScope("listener").Sub("0.0.0.0:8080").prefix(), "listener.0.0.0.0_8080");
  EXPECT_EQ(store.MainScope().Sub("http://a:1").prefix(), "http_a_1");
  EXPECT_EQ(store.MainScope("tcp").Sub(".ingress.").prefix(), "tcp.ingress");
}

TEST(StoreTest, CollectSortsByNameWithinKindAndFilters) {
  Store store(1);
  Scope scope = store.MainScope();
  scope.MakeCounter("b");
  scope.MakeCounter("a");
  scope.SetText("t", "v");
  const auto all = store.Collect();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].text, "v");
  EXPECT_EQ(all[1].name, "a");
  EXPECT_EQ(all[2].name, "b");
  EXPECT_EQ(store.Collect([](std::string_view name) { return name == "b"; }).size(), 1u);
}

struct EchoStats {
  Counter echoed;
  Gauge active;
  Histogram length_ms;
  static constexpr Field<EchoStats> kFields[] = {
      {&EchoStats::echoed, "echoed", "Bytes sent back"},
      {&EchoStats::active, "active", "Connections open now"},
      {&EchoStats::length_ms, "length_ms", "How long they lived"},
  };
};

TEST(TableTest, MakeBindsEveryMember) {
  Store store(2);
  EchoStats stats = Make<EchoStats>(Scope(store, 1, "echo"));
  stats.echoed.Add(7);
  stats.active.Inc();
  stats.length_ms.Record(3);
  EXPECT_EQ(store.CounterValue("echo.echoed"), 7u);
  EXPECT_EQ(store.GaugeValue("echo.active"), 1u);
  EXPECT_EQ(FindView(store.Collect(), "echo.length_ms")->histogram->cumulative.count(), 1u);
}

TEST(TableTest, DescribeMakesAReference) {
  std::string out;
  Describe<EchoStats>(out, "echo");
  EXPECT_NE(out.find("| `echoed` | counter | Bytes sent back |"), std::string::npos);
}

// Run under tsan: workers count, make stats late, and record, while main reads and resets.
TEST(StoreTest, WorkersCountWhileMainReads) {
  constexpr uint32_t kWorkers = 2;
  constexpr int kRounds = 20000;
  Store store(kWorkers + 1);
  std::vector<std::thread> workers;
  for (uint32_t slot = 1; slot <= kWorkers; ++slot) {
    workers.emplace_back([&store, slot] {
      Scope scope(store, slot, "w");
      Counter counter = scope.MakeCounter("count");
      Histogram histogram = scope.MakeHistogram("time");
      for (int i = 0; i < kRounds; ++i) {
        counter.Inc();
        histogram.Record(static_cast<uint64_t>(i));
        if (i % 1000 == 0) scope.MakeCounter("late_" + std::to_string(i)).Inc();
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    store.FlushIntervals();
    EXPECT_LE(store.CounterValue("w.count"), kWorkers * uint64_t{kRounds});
    store.Collect();
  }
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(store.CounterValue("w.count"), kWorkers * uint64_t{kRounds});
  EXPECT_EQ(store.CounterValue("w.late_1000"), kWorkers);
  EXPECT_EQ(FindView(store.Collect(), "w.time")->histogram->cumulative.count(),
            kWorkers * uint64_t{kRounds});
}

TEST(StoreTest, UnwantedStatsCountAndAreNeverSeen) {
  Store store(2, [](std::string_view name) { return name != "a.b"; });
  const Scope scope = store.MainScope("a");
  Counter unwanted = scope.MakeCounter("b");
  Counter wanted = scope.MakeCounter("c");
  scope.MakeGauge("b").Inc();
  scope.MakeHistogram("b").Record(1);
  scope.SetText("b", "x");
  unwanted.Inc();
  wanted.Inc();
  store.FlushIntervals();
  const auto views = store.Collect();
  ASSERT_EQ(views.size(), 1u);
  EXPECT_EQ(views[0].name, "a.c");
  EXPECT_EQ(store.CounterValue("a.b"), 0u);
}

}  // namespace
}  // namespace sluice::stats
