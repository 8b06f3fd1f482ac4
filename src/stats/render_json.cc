#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "render_internal.h"

namespace sluice::stats {
namespace {

void AppendNumber(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("null");
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

void AppendSupported(std::string& out) {
  const char* separator = "[";
  for (const double quantile : kQuantiles) {
    fmt::format_to(std::back_inserter(out), "{}{:g}", separator, quantile * 100);
    separator = ",";
  }
  out.push_back(']');
}

void AppendQuantiles(std::string& out, const HistogramView& histogram) {
  const auto interval = histogram.interval.Quantiles();
  const auto cumulative = histogram.cumulative.Quantiles();
  const char* separator = "[";
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    out.append(separator).append("{\"cumulative\":");
    AppendNumber(out, cumulative[i]);
    out.append(",\"interval\":");
    AppendNumber(out, interval[i]);
    out.push_back('}');
    separator = ",";
  }
  out.push_back(']');
}

void AppendDetail(std::string& out, const HistogramSnapshot& histogram) {
  out.push_back('[');
  const char* separator = "";
  for (const auto& bucket : histogram.Buckets()) {
    fmt::format_to(std::back_inserter(out), "{}{{\"lower_bound\":{},\"width\":{},\"count\":{}}}",
                   separator, bucket.lower, bucket.width, bucket.count);
    separator = ",";
  }
  out.push_back(']');
}

void AppendBounds(std::string& out, const HistogramView& histogram, bool disjoint) {
  const std::span<const double> bounds = histogram.bounds;
  const auto interval =
      disjoint ? histogram.interval.Disjoint(bounds) : histogram.interval.Cumulative(bounds);
  const auto cumulative =
      disjoint ? histogram.cumulative.Disjoint(bounds) : histogram.cumulative.Cumulative(bounds);
  const char* separator = "[";
  for (size_t i = 0; i < bounds.size(); ++i) {
    fmt::format_to(std::back_inserter(out),
                   "{}{{\"upper_bound\":{},\"interval\":{},\"cumulative\":{}}}", separator,
                   bounds[i], interval[i], cumulative[i]);
    separator = ",";
  }
  out.push_back(']');
}

// What stands before the list of histograms, and what closes it.
struct Frame {
  std::string open;
  const char* close;
};

Frame FrameOf(HistogramBuckets buckets) {
  Frame frame{"{\"histograms\":", "]}}"};
  switch (buckets) {
    case HistogramBuckets::kNone:
    case HistogramBuckets::kSummary:
      frame.open.append("{\"supported_quantiles\":");
      AppendSupported(frame.open);
      frame.open.append(",\"computed_quantiles\":[");
      break;
    case HistogramBuckets::kDetailed:
      frame.open.append("{\"supported_percentiles\":");
      AppendSupported(frame.open);
      frame.open.append(",\"details\":[");
      break;
    case HistogramBuckets::kCumulative:
    case HistogramBuckets::kDisjoint:
      frame.open.push_back('[');
      frame.close = "]}";
      break;
  }
  return frame;
}

void AppendHistogram(std::string& out, const StatView& view, HistogramBuckets buckets) {
  out.append("{\"name\":");
  AppendJsonString(out, view.name);
  switch (buckets) {
    case HistogramBuckets::kNone:
    case HistogramBuckets::kSummary:
      out.append(",\"values\":");
      AppendQuantiles(out, *view.histogram);
      break;
    case HistogramBuckets::kDetailed:
      out.append(",\"totals\":");
      AppendDetail(out, view.histogram->cumulative);
      out.append(",\"intervals\":");
      AppendDetail(out, view.histogram->interval);
      out.append(",\"percentiles\":");
      AppendQuantiles(out, *view.histogram);
      break;
    case HistogramBuckets::kCumulative:
    case HistogramBuckets::kDisjoint:
      out.append(",\"buckets\":");
      AppendBounds(out, *view.histogram, buckets == HistogramBuckets::kDisjoint);
      break;
  }
  out.push_back('}');
}

void AppendPlain(std::string& out, const StatView& view) {
  out.append("{\"name\":");
  AppendJsonString(out, view.name);
  out.append(",\"value\":");
  if (view.kind == Kind::kText) {
    AppendJsonString(out, view.text);
  } else {
    out.append(std::to_string(view.value));
  }
  out.push_back('}');
}

}  // namespace

std::string RenderJson(const std::vector<StatView>& views, HistogramBuckets buckets) {
  const Frame frame = FrameOf(buckets);
  std::string out = "{\"stats\":[";
  bool first = true;
  bool in_histograms = false;
  for (const StatView* view : InAdminOrder(views)) {
    if (!first) out.push_back(',');
    first = false;
    if (view->kind != Kind::kHistogram) {
      AppendPlain(out, *view);
      continue;
    }
    if (!in_histograms) out.append(frame.open);
    in_histograms = true;
    AppendHistogram(out, *view, buckets);
  }
  if (in_histograms) out.append(frame.close);
  out.append("]}");
  return out;
}

}  // namespace sluice::stats
