#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "render_internal.h"

namespace sluice::stats {
namespace {

int Phase(Kind kind) { return kind == Kind::kText ? 0 : kind == Kind::kHistogram ? 2 : 1; }

void AppendQuantiles(std::string& out, const HistogramView& histogram) {
  const auto interval = histogram.interval.Quantiles();
  const auto cumulative = histogram.cumulative.Quantiles();
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}P{:g}({},{})", i == 0 ? "" : " ",
                   100 * kQuantiles[i], interval[i], cumulative[i]);
  }
}

template <typename Counts>
void AppendBounds(std::string& out, std::span<const double> bounds, const Counts& interval,
                  const Counts& cumulative) {
  for (size_t i = 0; i < bounds.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}B{:g}({},{})", i == 0 ? "" : " ", bounds[i],
                   interval[i], cumulative[i]);
  }
}

void AppendDetail(std::string& out, const HistogramSnapshot& histogram) {
  const char* separator = "";
  for (const auto& bucket : histogram.Buckets()) {
    fmt::format_to(std::back_inserter(out), "{}{},{}:{}", separator, bucket.lower, bucket.width,
                   bucket.count);
    separator = ", ";
  }
}

void AppendHistogram(std::string& out, const HistogramView& histogram, HistogramBuckets buckets) {
  if (histogram.cumulative.count() == 0) {
    out.append(": No recorded values\n");
    return;
  }
  switch (buckets) {
    case HistogramBuckets::kNone:
    case HistogramBuckets::kSummary:
      out.append(": ");
      AppendQuantiles(out, histogram);
      break;
    case HistogramBuckets::kCumulative:
      out.append(": ");
      AppendBounds(out, histogram.bounds, histogram.interval.Cumulative(histogram.bounds),
                   histogram.cumulative.Cumulative(histogram.bounds));
      break;
    case HistogramBuckets::kDisjoint:
      out.append(": ");
      AppendBounds(out, histogram.bounds, histogram.interval.Disjoint(histogram.bounds),
                   histogram.cumulative.Disjoint(histogram.bounds));
      break;
    case HistogramBuckets::kDetailed:
      out.append(":\n  totals=");
      AppendDetail(out, histogram.cumulative);
      out.append("\n  intervals=");
      AppendDetail(out, histogram.interval);
      out.append("\n  summary=");
      AppendQuantiles(out, histogram);
      break;
  }
  out.push_back('\n');
}

}  // namespace

std::vector<const StatView*> InAdminOrder(const std::vector<StatView>& views) {
  std::vector<const StatView*> order;
  order.reserve(views.size());
  for (const StatView& view : views) order.push_back(&view);
  std::stable_sort(order.begin(), order.end(), [](const StatView* a, const StatView* b) {
    const int phase_a = Phase(a->kind);
    const int phase_b = Phase(b->kind);
    return phase_a != phase_b ? phase_a < phase_b : a->name < b->name;
  });
  return order;
}

std::string RenderText(const std::vector<StatView>& views, HistogramBuckets buckets) {
  std::string out;
  for (const StatView* view : InAdminOrder(views)) {
    out.append(view->name);
    switch (view->kind) {
      case Kind::kText: out.append(": \"").append(view->text).append("\"\n"); break;
      case Kind::kCounter:
      case Kind::kGauge: out.append(": ").append(std::to_string(view->value)).append("\n"); break;
      case Kind::kHistogram: AppendHistogram(out, *view->histogram, buckets); break;
    }
  }
  return out;
}

}  // namespace sluice::stats
