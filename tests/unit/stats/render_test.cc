#include "sluice/stats/render.h"

#include <string>

#include <gtest/gtest.h>

namespace sluice::stats {
namespace {

class RenderTest : public testing::Test {
 protected:
  RenderTest() {
    Scope scope = store_.MainScope();
    scope.MakeCounter("cluster.a.upstream_rq_200").Add(7);
    scope.MakeCounter("cluster.a.upstream_rq_503");
    scope.MakeCounter("cluster.b.upstream_rq_200").Add(1);
    scope.MakeGauge("cluster.a.membership_total").Set(2);
    scope.MakeHistogram("http.in.downstream_rq_time");
    scope.SetText("control_plane.identifier", "it \"is\"");
  }

  std::string With(Format format, bool used_only = false) {
    RenderOptions options;
    options.format = format;
    options.used_only = used_only;
    return Render(store_, options);
  }

  Store store_{2};
};

TEST_F(RenderTest, TextListsReadoutsThenNumbersThenHistograms) {
  EXPECT_EQ(With(Format::kText),
            "control_plane.identifier: \"it \"is\"\"\n"
            "cluster.a.membership_total: 2\n"
            "cluster.a.upstream_rq_200: 7\n"
            "cluster.a.upstream_rq_503: 0\n"
            "cluster.b.upstream_rq_200: 1\n"
            "http.in.downstream_rq_time: No recorded values\n");
}

TEST_F(RenderTest, UsedOnlyLeavesOutWhatWasNeverWritten) {
  EXPECT_EQ(With(Format::kText, true),
            "control_plane.identifier: \"it \"is\"\"\n"
            "cluster.a.membership_total: 2\n"
            "cluster.a.upstream_rq_200: 7\n"
            "cluster.b.upstream_rq_200: 1\n");
}

TEST_F(RenderTest, TextShowsIntervalAndCumulativePercentiles) {
  store_.MainScope().MakeHistogram("http.in.downstream_rq_time").Record(1);
  RenderOptions options;
  options.type = Type::kHistograms;
  EXPECT_EQ(Render(store_, options),
            "http.in.downstream_rq_time: P0(nan,1) P25(nan,1.025) P50(nan,1.05) P75(nan,1.075) "
            "P90(nan,1.09) P95(nan,1.095) P99(nan,1.099) P99.5(nan,1.0995) P99.9(nan,1.0999) "
            "P100(nan,1.1)\n");
  store_.FlushIntervals();
  options.buckets = HistogramBuckets::kDetailed;
  EXPECT_TRUE(Render(store_, options)
                  .starts_with("http.in.downstream_rq_time:\n  totals=1,0.1:1\n  "
                               "intervals=1,0.1:1\n  summary=P0(1,1) "));
  options.buckets = HistogramBuckets::kCumulative;
  EXPECT_TRUE(Render(store_, options)
                  .starts_with("http.in.downstream_rq_time: B0.5(0,0) B1(0,0) B5(1,1) B10(1,1) "));
  options.buckets = HistogramBuckets::kDisjoint;
  EXPECT_TRUE(Render(store_, options)
                  .starts_with("http.in.downstream_rq_time: B0.5(0,0) B1(0,0) B5(1,1) B10(0,0) "));
}

TEST_F(RenderTest, JsonHasOneHistogramObjectAtTheEnd) {
  const std::string json = With(Format::kJson);
  EXPECT_TRUE(
      json.starts_with(R"({"stats":[{"name":"control_plane.identifier","value":"it \"is\""},)"
                       R"({"name":"cluster.a.membership_total","value":2},)"))
      << json;
  EXPECT_NE(json.find(R"({"histograms":{"supported_quantiles":[0,25,50,75,90,95,99,99.5,99.9,100],)"
                      R"("computed_quantiles":[{"name":"http.in.downstream_rq_time","values":[)"
                      R"({"cumulative":null,"interval":null},)"),
            std::string::npos)
      << json;
  EXPECT_TRUE(json.ends_with("]}]}}]}")) << json;
}

TEST_F(RenderTest, JsonOfBuckets) {
  store_.MainScope().MakeHistogram("http.in.downstream_rq_time").Record(20);
  RenderOptions options;
  options.format = Format::kJson;
  options.type = Type::kHistograms;
  options.buckets = HistogramBuckets::kCumulative;
  EXPECT_TRUE(Render(store_, options)
                  .starts_with(R"({"stats":[{"histograms":[{"name":"http.in.downstream_rq_time",)"
                               R"("buckets":[{"upper_bound":0.5,"interval":0,"cumulative":0},)"));
  EXPECT_TRUE(Render(store_, options).ends_with("]}]}]}"));
  options.buckets = HistogramBuckets::kDetailed;
  EXPECT_NE(Render(store_, options)
                .find(R"("totals":[{"lower_bound":20,"width":1,"count":1}],"intervals":[],)"),
            std::string::npos);
}

TEST_F(RenderTest, JsonWithoutStatsIsAnEmptyList) {
  RenderOptions options;
  options.format = Format::kJson;
  options.filter = [](std::string_view) { return false; };
  EXPECT_EQ(Render(store_, options), R"({"stats":[]})");
}

TEST_F(RenderTest, PrometheusGroupsFamiliesWithLabels) {
  RenderOptions options;
  options.format = Format::kPrometheus;
  options.type = Type::kCounters;
  EXPECT_EQ(Render(store_, options),
            "# TYPE envoy_cluster_upstream_rq counter\n"
            "envoy_cluster_upstream_rq{envoy_response_code=\"200\",envoy_cluster_name=\"a\"} 7\n"
            "envoy_cluster_upstream_rq{envoy_response_code=\"503\",envoy_cluster_name=\"a\"} 0\n"
            "envoy_cluster_upstream_rq{envoy_response_code=\"200\",envoy_cluster_name=\"b\"} 1\n");
}

TEST_F(RenderTest, PrometheusHistogramHasBucketsSumAndCount) {
  Histogram histogram = store_.MainScope().MakeHistogram("http.in.downstream_rq_time");
  histogram.Record(7);
  histogram.Record(3000);
  RenderOptions options;
  options.format = Format::kPrometheus;
  options.type = Type::kHistograms;
  const std::string out = Render(store_, options);
  EXPECT_TRUE(
      out.starts_with("# TYPE envoy_http_downstream_rq_time histogram\n"
                      "envoy_http_downstream_rq_time_bucket{"
                      "envoy_http_conn_manager_prefix=\"in\",le=\"0.5\"} 0\n"))
      << out;
  EXPECT_TRUE(out.ends_with(
      "le=\"3600000\"} 2\n"
      "envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix=\"in\","
      "le=\"+Inf\"} 2\n"
      "envoy_http_downstream_rq_time_sum{envoy_http_conn_manager_prefix=\"in\"} 3007\n"
      "envoy_http_downstream_rq_time_count{envoy_http_conn_manager_prefix=\"in\"} 2\n"))
      << out;
  options.buckets = HistogramBuckets::kSummary;
  EXPECT_NE(Render(store_, options).find("quantile=\"0.995\"} NaN\n"), std::string::npos);
}

TEST_F(RenderTest, PrometheusTextReadoutsOnlyWhenAskedFor) {
  RenderOptions options;
  options.format = Format::kPrometheus;
  options.type = Type::kTextReadouts;
  EXPECT_EQ(Render(store_, options), "");
  options.text_readouts = true;
  Tagging tagging;
  tagging.fixed = {{"zone-id", "z1"}};
  options.tagging = &tagging;
  EXPECT_EQ(Render(store_, options),
            "# TYPE envoy_control_plane_identifier gauge\n"
            "envoy_control_plane_identifier{zone_id=\"z1\",text_value=\"it \\\"is\\\"\"} 0\n");
}

}  // namespace
}  // namespace sluice::stats
