// /stats, /stats/prometheus, /reset_counters, /contention.
#include <optional>
#include <string>
#include <utility>

#include "sluice/match/regex.h"
#include "sluice/stats/render.h"
#include "tables.h"

namespace sluice::admin {
namespace {

using stats::Format;
using stats::HistogramBuckets;
using stats::Type;

template <typename Enum>
struct Named {
  std::string_view name;
  Enum value;
};

constexpr Named<Format> kFormats[] = {
    {"text", Format::kText}, {"json", Format::kJson}, {"prometheus", Format::kPrometheus}};
constexpr Named<Type> kTypes[] = {{"All", Type::kAll},
                                  {"Counters", Type::kCounters},
                                  {"Gauges", Type::kGauges},
                                  {"Histograms", Type::kHistograms},
                                  {"TextReadouts", Type::kTextReadouts}};
constexpr Named<HistogramBuckets> kBuckets[] = {{"none", HistogramBuckets::kNone},
                                                {"summary", HistogramBuckets::kSummary},
                                                {"cumulative", HistogramBuckets::kCumulative},
                                                {"disjoint", HistogramBuckets::kDisjoint},
                                                {"detailed", HistogramBuckets::kDetailed}};

// Leaves `out` when the parameter is not given; false when it has no known value.
template <typename Enum, size_t kSize>
bool Choose(const Request& request, std::string_view param, const Named<Enum> (&names)[kSize],
            Enum& out) {
  const auto given = request.Param(param);
  if (!given) return true;
  for (const Named<Enum>& known : names) {
    if (known.name != *given) continue;
    out = known.value;
    return true;
  }
  return false;
}

Response Bad(std::string words) { return TextResponse(std::move(words), 400); }

Response Render(const Request& request, AdminHost& host, Format format) {
  stats::RenderOptions options;
  options.format = format;
  options.tagging = &host.StatTags();
  options.bounds = [&host](std::string_view name) { return host.HistogramBounds(name); };
  options.used_only = request.Param("usedonly").has_value();
  options.text_readouts = request.Param("text_readouts").has_value();
  if (!Choose(request, "type", kTypes, options.type)) return Bad("invalid &type= param");
  if (!Choose(request, "histogram_buckets", kBuckets, options.buckets)) {
    return Bad("usage: /stats?histogram_buckets=(none|cumulative|disjoint|detailed|summary)\n");
  }
  const bool page = request.Param("format") == "html";
  if (!page && !Choose(request, "format", kFormats, options.format)) {
    return Bad("usage: /stats?format=(html|json|prometheus|text)\n\n");
  }
  if (options.format == Format::kPrometheus && (options.buckets == HistogramBuckets::kDisjoint ||
                                                options.buckets == HistogramBuckets::kDetailed)) {
    return Bad("unsupported prometheus histogram bucket mode");
  }
  std::optional<match::Regex> filter;
  if (const auto pattern = request.Param("filter")) {
    Result<match::Regex> compiled = match::Regex::Compile(*pattern);
    if (!compiled) return Bad("Invalid re2 regex");
    filter = std::move(*compiled);
    options.filter = [&](std::string_view name) { return filter->PartialMatch(name); };
  }
  // None of ours is hidden: "only" those is nothing.
  if (request.Param("hidden") == "only") options.filter = [](std::string_view) { return false; };
  std::string body = stats::Render(host.FreshStats(), options);
  if (page) return StatsPage(request, body);
  if (options.format == Format::kJson) return JsonResponse(std::move(body));
  return TextResponse(std::move(body));
}

Response Stats(const Request& request, AdminHost& host) {
  return Render(request, host, Format::kText);
}

Response Prometheus(const Request& request, AdminHost& host) {
  return Render(request, host, Format::kPrometheus);
}

Response ResetCounters(const Request& /*request*/, AdminHost& host) {
  host.FreshStats().ResetCounters();
  return TextResponse("OK\n");
}

Response Contention(const Request& /*request*/, AdminHost& /*host*/) {
  return TextResponse("Mutex contention tracing is not enabled.");
}

}  // namespace

std::vector<Endpoint> StatsEndpoints() {
  const Parameter used{"usedonly",
                       "Only include stats that have been written by system since restart"};
  const Parameter filter{"filter", "Regular expression (Google re2) for filtering stats"};
  const Parameter text{"text_readouts",
                       "Render text_readouts as new gauges with value 0 (increases Prometheus data "
                       "size)"};
  return {
      {.path = "/stats",
       .help = "print server stats",
       .params = {used,
                  filter,
                  {"format", "Format to use", "html, text, json, prometheus"},
                  {"type", "Stat types to include.",
                   "All, Counters, Histograms, Gauges, TextReadouts"},
                  {"histogram_buckets", "Histogram bucket display mode",
                   "none, cumulative, disjoint, detailed, summary"},
                  {"hidden", "Hidden stats to show", "include, only, exclude"},
                  text},
       .handle = Stats},
      {.path = "/stats/prometheus",
       .help = "print server stats in prometheus format",
       .params = {used,
                  text,
                  filter,
                  {"histogram_buckets", "Histogram bucket display mode", "cumulative, summary"}},
       .handle = Prometheus},
      {.path = "/reset_counters",
       .help = "reset all counters to zero",
       .mutates = true,
       .params = {},
       .handle = ResetCounters},
      {.path = "/contention",
       .help = "dump current mutex contention stats (if enabled)",
       .params = {},
       .handle = Contention},
  };
}

}  // namespace sluice::admin
