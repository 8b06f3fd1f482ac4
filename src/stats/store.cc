#include "sluice/stats/store.h"

#include <algorithm>
#include <utility>

#include "sluice/base/check.h"

namespace sluice::stats {

struct Store::Entry {
  Kind kind;
  uint32_t index = 0;  // into each slot's cells: counters and gauges
  std::string name;
  std::string text;
  uint64_t baseline = 0;                                  // counters: what a reset hides
  std::vector<std::unique_ptr<HistogramCells>> per_slot;  // histograms
  std::unique_ptr<HistogramView> flushed;  // histograms: `cumulative` as of the last flush
};

// The cells of one slot, in chunks that start on a cache line of their own and fill whole ones.
struct Store::Slot {
  struct alignas(64) Chunk {
    std::array<Cell, kChunkCells> cells{};
  };
  std::vector<std::unique_ptr<Chunk>> chunks;
};

Store::Store(uint32_t slots, NameFilter wanted)
    : slots_(slots), wanted_(std::move(wanted)), cells_(slots) {
  SLUICE_CHECK(slots > 0);
  for (auto& slot : cells_) slot = std::make_unique<Slot>();
}

Store::~Store() = default;

Store::Entry& Store::Find(Kind kind, std::string_view name) {
  auto& names = names_[static_cast<size_t>(kind)];
  const auto found = names.find(name);
  if (found != names.end()) return *found->second;
  if (wanted_ && !wanted_(name)) {
    Entry*& unwanted = unwanted_[static_cast<size_t>(kind)];
    if (unwanted == nullptr) unwanted = &Make(kind, {});
    return *unwanted;
  }
  Entry& entry = Make(kind, name);
  names.emplace(entry.name, &entry);
  return entry;
}

Store::Entry& Store::Make(Kind kind, std::string_view name) {
  Entry& entry = entries_.emplace_back();
  entry.kind = kind;
  entry.name = name;
  if (kind == Kind::kCounter || kind == Kind::kGauge) entry.index = next_index_++;
  if (kind == Kind::kHistogram) {
    entry.per_slot.resize(slots_);
    entry.flushed = std::make_unique<HistogramView>();
  }
  return entry;
}

Cell* Store::CellOf(const Entry& entry, uint32_t slot) {
  SLUICE_CHECK(slot < slots_);
  auto& chunks = cells_[slot]->chunks;
  const uint32_t chunk = entry.index / kChunkCells;
  if (chunk >= chunks.size()) chunks.resize(chunk + 1);
  if (chunks[chunk] == nullptr) chunks[chunk] = std::make_unique<Slot::Chunk>();
  return &chunks[chunk]->cells[entry.index % kChunkCells];
}

Counter Store::BindCounter(std::string_view name, uint32_t slot) {
  const std::lock_guard lock(mutex_);
  return Counter(CellOf(Find(Kind::kCounter, name), slot));
}

Gauge Store::BindGauge(std::string_view name, uint32_t slot) {
  const std::lock_guard lock(mutex_);
  return Gauge(CellOf(Find(Kind::kGauge, name), slot));
}

Histogram Store::BindHistogram(std::string_view name, uint32_t slot) {
  const std::lock_guard lock(mutex_);
  SLUICE_CHECK(slot < slots_);
  auto& cells = Find(Kind::kHistogram, name).per_slot[slot];
  if (cells == nullptr) cells = std::make_unique<HistogramCells>();
  return Histogram(cells.get());
}

void Store::SetText(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  Find(Kind::kText, name).text = value;
}

uint64_t Store::Raw(const Entry& entry, uint32_t slot) const {
  const auto& chunks = cells_[slot]->chunks;
  const uint32_t chunk = entry.index / kChunkCells;
  if (chunk >= chunks.size() || chunks[chunk] == nullptr) return 0;
  return chunks[chunk]->cells[entry.index % kChunkCells].load(std::memory_order_relaxed);
}

uint64_t Store::SumCounter(const Entry& entry) const {
  uint64_t sum = 0;
  for (uint32_t slot = 0; slot < slots_; ++slot) sum += Raw(entry, slot);
  return sum;
}

void Store::Merge(const Entry& entry, StatView& view) const {
  switch (entry.kind) {
    case Kind::kText:
      view.text = entry.text;
      view.used = !entry.text.empty();
      break;
    case Kind::kCounter: {
      const uint64_t sum = SumCounter(entry);
      view.value = sum - entry.baseline;
      view.used = sum != 0;
      break;
    }
    case Kind::kGauge: {
      int64_t sum = 0;
      for (uint32_t slot = 0; slot < slots_; ++slot) {
        const uint64_t raw = Raw(entry, slot);
        view.used = view.used || raw != 0;
        sum += Gauge::Decode(raw);
      }
      // The slots are not read at one instant: a sum may be seen below 0 for a moment.
      view.value = sum < 0 ? 0 : static_cast<uint64_t>(sum);
      break;
    }
    case Kind::kHistogram:
      view.histogram = std::make_unique<HistogramView>();
      for (const auto& cells : entry.per_slot) {
        if (cells != nullptr) view.histogram->cumulative.Add(*cells);
      }
      view.histogram->interval = entry.flushed->interval;
      view.used = view.histogram->cumulative.count() != 0;
      break;
  }
}

std::vector<StatView> Store::Collect(const NameFilter& filter) const {
  std::vector<StatView> views;
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (&entry == unwanted_[static_cast<size_t>(entry.kind)]) continue;
    if (filter && !filter(entry.name)) continue;
    StatView& view = views.emplace_back();
    view.kind = entry.kind;
    view.name = entry.name;
    Merge(entry, view);
  }
  std::sort(views.begin(), views.end(), [](const StatView& a, const StatView& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.name < b.name;
  });
  return views;
}

uint64_t Store::CounterValue(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto& names = names_[static_cast<size_t>(Kind::kCounter)];
  const auto found = names.find(name);
  return found == names.end() ? 0 : SumCounter(*found->second) - found->second->baseline;
}

uint64_t Store::GaugeValue(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto& names = names_[static_cast<size_t>(Kind::kGauge)];
  const auto found = names.find(name);
  if (found == names.end()) return 0;
  StatView view;
  Merge(*found->second, view);
  return view.value;
}

void Store::ResetCounters() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.kind == Kind::kCounter) entry.baseline = SumCounter(entry);
  }
}

void Store::FlushIntervals() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.kind != Kind::kHistogram) continue;
    HistogramSnapshot now;
    for (const auto& cells : entry.per_slot) {
      if (cells != nullptr) now.Add(*cells);
    }
    entry.flushed->interval = now.Since(entry.flushed->cumulative);
    entry.flushed->cumulative = std::move(now);
  }
}

}  // namespace sluice::stats
