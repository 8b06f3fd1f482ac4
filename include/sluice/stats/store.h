// Every stat of the process: names, the cells of each slot, and the merged view of them.
//
// Owned by the server, outlives all handles; cells never move and never go. The mutex guards names
// and is taken at load, on the first use of a stat made late, and by readers; never by a handle.
// Slot 0 is main's, slot n + 1 is worker n's; no two slots share a cache line.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/stats/histogram.h"
#include "sluice/stats/stats.h"

namespace sluice::stats {

enum class Kind : uint8_t { kText, kCounter, kGauge, kHistogram };

struct HistogramView {
  HistogramSnapshot cumulative;
  HistogramSnapshot interval;  // between the last two calls of FlushIntervals
  std::span<const double> bounds = kBucketBounds;
};

// One stat, merged over the slots. The name stays valid as long as the store.
struct StatView {
  Kind kind = Kind::kCounter;
  bool used = false;  // ever written
  std::string_view name;
  uint64_t value = 0;
  std::string text;
  std::unique_ptr<HistogramView> histogram;
};

class Store {
 public:
  using NameFilter = std::function<bool(std::string_view)>;
  // A stat whose name is not `wanted` is counted, but never shown (stats_config.stats_matcher).
  explicit Store(uint32_t slots, NameFilter wanted = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  uint32_t slots() const { return slots_; }
  Scope MainScope(std::string prefix = {}) { return {*this, 0, std::move(prefix)}; }

  // Binding by full name; Scope's Make calls end here.
  Counter BindCounter(std::string_view name, uint32_t slot);
  Gauge BindGauge(std::string_view name, uint32_t slot);
  Histogram BindHistogram(std::string_view name, uint32_t slot);
  void SetText(std::string_view name, std::string_view value);

  // Reading, from any thread. Sorted by name within a kind; kinds in the order of the enum.
  std::vector<StatView> Collect(const NameFilter& filter = {}) const;
  uint64_t CounterValue(std::string_view name) const;  // 0 when unknown
  uint64_t GaugeValue(std::string_view name) const;

  // Counters start again from 0 for readers; histograms and gauges go on, as in Envoy.
  void ResetCounters();
  // Closes an interval of all histograms; main calls it every stats_flush_interval.
  void FlushIntervals();

 private:
  struct Entry;
  struct Slot;
  static constexpr uint32_t kChunkCells = 512;
  static constexpr size_t kKinds = 4;

  Entry& Find(Kind kind, std::string_view name);
  Entry& Make(Kind kind, std::string_view name);
  Cell* CellOf(const Entry& entry, uint32_t slot);
  uint64_t Raw(const Entry& entry, uint32_t slot) const;
  uint64_t SumCounter(const Entry& entry) const;
  void Merge(const Entry& entry, StatView& view) const;

  const uint32_t slots_;
  const NameFilter wanted_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::array<std::unordered_map<std::string_view, Entry*>, kKinds> names_;
  std::array<Entry*, kKinds> unwanted_{};  // one for all of a kind
  std::vector<std::unique_ptr<Slot>> cells_;
  uint32_t next_index_ = 0;
};

}  // namespace sluice::stats
