#include <string>
#include <string_view>

#include "sluice/stats/stats.h"
#include "sluice/stats/store.h"
#include "sluice/stats/table.h"

namespace sluice::stats {
namespace {

// Where handles count that were never bound. Shared by all threads; nobody reads it.
Cell g_sink;
HistogramCells g_histogram_sink;

// As Envoy does with names that users wrote: "://", ":/" and ":" become '_', outer dots go.
void AppendClean(std::string& out, std::string_view name) {
  while (name.starts_with('.')) name.remove_prefix(1);
  while (name.ends_with('.')) name.remove_suffix(1);
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c != ':') {
      out.push_back(c == '\0' ? '_' : c);
      continue;
    }
    out.push_back('_');
    while (i + 1 < name.size() && name[i + 1] == '/') ++i;
  }
}

}  // namespace

Counter::Counter() : cell_(&g_sink) {}
Gauge::Gauge() : cell_(&g_sink) {}
Histogram::Histogram() : cells_(&g_histogram_sink) {}

std::string Scope::FullName(std::string_view name) const {
  std::string full = prefix_;
  full.reserve(prefix_.size() + 1 + name.size());
  if (!full.empty() && !name.empty()) full.push_back('.');
  AppendClean(full, name);
  return full;
}

Scope Scope::Sub(std::string_view name) const { return {*store_, slot_, FullName(name)}; }

Counter Scope::MakeCounter(std::string_view name) const {
  return store_->BindCounter(FullName(name), slot_);
}

Gauge Scope::MakeGauge(std::string_view name) const {
  return store_->BindGauge(FullName(name), slot_);
}

Histogram Scope::MakeHistogram(std::string_view name) const {
  return store_->BindHistogram(FullName(name), slot_);
}

void Scope::SetText(std::string_view name, std::string_view value) const {
  store_->SetText(FullName(name), value);
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kText: return "text";
    case Kind::kCounter: return "counter";
    case Kind::kGauge: return "gauge";
    case Kind::kHistogram: return "histogram";
  }
  return "";
}

void DescribeOne(std::string& out, std::string_view name, Kind kind, std::string_view help) {
  out.append("| `").append(name).append("` | ").append(KindName(kind));
  out.append(" | ").append(help).append(" |\n");
}

}  // namespace sluice::stats
