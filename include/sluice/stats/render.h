// What /stats prints: text, JSON and Prometheus exposition in Envoy's shape and order. Pure
// functions of a Store; any thread, in practice main.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/stats/store.h"
#include "sluice/stats/tags.h"

namespace sluice::stats {

enum class Format : uint8_t { kText, kJson, kPrometheus };
enum class Type : uint8_t { kAll, kCounters, kGauges, kHistograms, kTextReadouts };
// How a histogram is shown: percentiles; Envoy's fixed bounds, growing or one by one; or every
// bucket that holds something.
enum class HistogramBuckets : uint8_t { kNone, kSummary, kCumulative, kDisjoint, kDetailed };

struct RenderOptions {
  Format format = Format::kText;
  Type type = Type::kAll;
  HistogramBuckets buckets = HistogramBuckets::kNone;
  bool used_only = false;
  bool text_readouts = false;  // Prometheus: as a gauge of value 0 with the text as a label
  Store::NameFilter filter;    // on the full name
  // The bounds of a histogram's buckets, ascending; unset: kBucketBounds.
  std::function<std::span<const double>(std::string_view)> bounds;
  const Tagging* tagging = nullptr;  // labels of Prometheus samples; null: Envoy's own
};

std::string Render(const Store& store, const RenderOptions& options);

// Appends `text` as a JSON string, quotes included.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace sluice::stats
