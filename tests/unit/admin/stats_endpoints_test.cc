#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fake_host.h"
#include "sluice/admin/endpoints.h"

namespace sluice::admin {
namespace {

class StatsEndpointsTest : public testing::Test {
 protected:
  StatsEndpointsTest() {
    stats::Scope scope = host_.store.MainScope();
    scope.MakeCounter("cluster.a.upstream_rq_200").Add(3);
    scope.MakeCounter("cluster.a.upstream_rq_total");
    scope.MakeGauge("server.live").Set(1);
    scope.MakeHistogram("cluster.a.upstream_rq_time").Record(5);
    scope.SetText("text", "v");
  }
  Response Get(std::string_view target) { return admin_.Handle(ParseRequest("GET", target, "")); }

  FakeHost host_;
  Endpoints admin_{host_};
};

TEST_F(StatsEndpointsTest, TextIsTheDefault) {
  EXPECT_TRUE(
      Get("/stats").body.starts_with("text: \"v\"\n"
                                     "cluster.a.upstream_rq_200: 3\n"
                                     "cluster.a.upstream_rq_total: 0\n"
                                     "server.live: 1\n"
                                     "cluster.a.upstream_rq_time: P0(nan,5) "))
      << Get("/stats").body;
  EXPECT_EQ(Get("/stats?format=text").body, Get("/stats").body);
}

TEST_F(StatsEndpointsTest, ParametersNarrowTheList) {
  EXPECT_EQ(Get("/stats?usedonly&type=Counters").body, "cluster.a.upstream_rq_200: 3\n");
  EXPECT_EQ(Get("/stats?filter=live%24").body, "server.live: 1\n");
  EXPECT_EQ(Get("/stats?filter=^a").body, "");
  EXPECT_EQ(Get("/stats?type=TextReadouts").body, "text: \"v\"\n");
  EXPECT_EQ(Get("/stats?hidden=only").body, "");
}

TEST_F(StatsEndpointsTest, JsonHasItsContentType) {
  const Response response = Get("/stats?format=json&type=Gauges");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"stats":[{"name":"server.live","value":1}]})");
}

TEST_F(StatsEndpointsTest, PrometheusUnderBothItsNames) {
  const std::string expected =
      "# TYPE envoy_cluster_upstream_rq counter\n"
      "envoy_cluster_upstream_rq{envoy_response_code=\"200\",envoy_cluster_name=\"a\"} 3\n";
  EXPECT_EQ(Get("/stats/prometheus?usedonly&type=Counters").body, expected);
  EXPECT_EQ(Get("/stats?format=prometheus&usedonly&type=Counters").body, expected);
}

TEST_F(StatsEndpointsTest, NonsenseIs400InWords) {
  EXPECT_EQ(Get("/stats?format=xml").status, 400u);
  EXPECT_EQ(Get("/stats?filter=(").status, 400u);
  EXPECT_EQ(Get("/stats?filter=(").body, "Invalid re2 regex");
  EXPECT_EQ(Get("/stats?type=Cogs").body, "invalid &type= param");
  EXPECT_EQ(Get("/stats?histogram_buckets=wide").status, 400u);
  EXPECT_EQ(Get("/stats/prometheus?histogram_buckets=detailed").status, 400u);
}

TEST_F(StatsEndpointsTest, ResetCountersStartsAgain) {
  EXPECT_EQ(admin_.Handle(ParseRequest("POST", "/reset_counters", "")).body, "OK\n");
  EXPECT_EQ(host_.store.CounterValue("cluster.a.upstream_rq_200"), 0u);
  EXPECT_EQ(host_.store.GaugeValue("server.live"), 1u);
}

}  // namespace
}  // namespace sluice::admin
