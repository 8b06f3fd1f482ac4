#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "render_internal.h"

namespace sluice::stats {
namespace {

// Names and label names: everything but letters, digits and '_' becomes '_'.
void AppendName(std::string& out, std::string_view name) {
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out.push_back(plain ? c : '_');
  }
}

void AppendLabel(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out.push_back(',');
  AppendName(out, name);
  out.append("=\"");
  for (const char c : value) {
    if (c == '\n') {
      out.append("\\n");
      continue;
    }
    if (c == '\\' || c == '"') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

void AppendBuckets(std::string& out, std::string_view name, const std::string& labels,
                   const HistogramSnapshot& histogram, std::span<const double> bounds) {
  const auto counts = histogram.Cumulative(bounds);
  const std::string_view comma = labels.empty() ? "" : ",";
  auto to = std::back_inserter(out);
  for (size_t i = 0; i < bounds.size(); ++i) {
    fmt::format_to(to, "{}_bucket{{{}{}le=\"{:.32g}\"}} {}\n", name, labels, comma, bounds[i],
                   counts[i]);
  }
  fmt::format_to(to, "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, labels, comma, histogram.count());
}

void AppendQuantiles(std::string& out, std::string_view name, const std::string& labels,
                     const HistogramSnapshot& histogram) {
  const auto values = histogram.Quantiles();
  const std::string_view comma = labels.empty() ? "" : ",";
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{{{}{}quantile=\"{:g}\"}} ", name, labels, comma,
                   kQuantiles[i]);
    out.append(std::isnan(values[i]) ? std::string("NaN") : fmt::format("{:.32g}", values[i]));
    out.push_back('\n');
  }
}

void AppendHistogram(std::string& out, std::string_view name, const std::string& labels,
                     const HistogramView& histogram, bool summary) {
  if (summary) {
    AppendQuantiles(out, name, labels, histogram.interval);
  } else {
    AppendBuckets(out, name, labels, histogram.cumulative, histogram.bounds);
  }
  fmt::format_to(std::back_inserter(out), "{0}_sum{{{1}}} {2}\n{0}_count{{{1}}} {3}\n", name,
                 labels, histogram.cumulative.sum(), histogram.cumulative.count());
}

struct Sample {
  const StatView* view;
  std::vector<Tag> tags;
};

// What a sample says of itself goes before what is said of all.
void AppendFixed(std::string& labels, const std::vector<Tag>& own, const Tagging* tagging) {
  if (tagging == nullptr) return;
  for (const Tag& tag : tagging->fixed) {
    const auto same = [&](const Tag& other) { return other.name == tag.name; };
    if (std::ranges::none_of(own, same)) AppendLabel(labels, tag.name, tag.value);
  }
}

std::string_view TypeName(Kind kind, bool summary) {
  if (kind == Kind::kCounter) return "counter";
  if (kind == Kind::kHistogram) return summary ? "summary" : "histogram";
  return "gauge";
}

void AppendFamily(std::string& out, std::string_view family, Kind kind,
                  const std::vector<Sample>& samples, const RenderOptions& options) {
  std::string name = "envoy_";
  AppendName(name, family);
  const bool summary = options.buckets == HistogramBuckets::kSummary;
  fmt::format_to(std::back_inserter(out), "# TYPE {} {}\n", name, TypeName(kind, summary));
  std::string labels;
  for (const Sample& sample : samples) {
    labels.clear();
    AppendFixed(labels, sample.tags, options.tagging);
    for (const Tag& tag : sample.tags) AppendLabel(labels, tag.name, tag.value);
    if (kind == Kind::kHistogram) {
      AppendHistogram(out, name, labels, *sample.view->histogram, summary);
      continue;
    }
    if (kind == Kind::kText) AppendLabel(labels, "text_value", sample.view->text);
    fmt::format_to(std::back_inserter(out), "{}{{{}}} {}\n", name, labels, sample.view->value);
  }
}

}  // namespace

// Counters, then gauges, then text readouts if asked for, then histograms; a family's samples stay
// together, whatever the names of the stats they come from.
std::string RenderPrometheus(const std::vector<StatView>& views, const RenderOptions& options) {
  std::string out;
  for (const Kind kind : {Kind::kCounter, Kind::kGauge, Kind::kText, Kind::kHistogram}) {
    if (kind == Kind::kText && !options.text_readouts) continue;
    std::map<std::string, std::vector<Sample>> families;
    for (const StatView& view : views) {
      if (view.kind != kind) continue;
      TaggedName tagged = options.tagging == nullptr
                              ? ExtractTags(view.name)
                              : ExtractTags(view.name, options.tagging->rules);
      families[std::move(tagged.family)].push_back({&view, std::move(tagged.tags)});
    }
    for (const auto& [family, samples] : families) {
      AppendFamily(out, family, kind, samples, options);
    }
  }
  return out;
}

}  // namespace sluice::stats
