// Counters, gauges and histograms: one cell per worker and stat, written by its owner with plain
// relaxed load + store, read by anyone. A stat's identity is its name: asking for the same name
// again (a reload, another filter chain) gives the same cells.
//
// Names are made at load on any thread through Scope; workers hold Counter/Gauge/Histogram handles,
// which are a pointer to their own cell. Nothing looks a name up on the path of a request.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/stats/histogram.h"

namespace sluice::stats {

using Cell = std::atomic<uint64_t>;

// Handles are cheap values, bound to one worker. A default-made handle counts into a sink.
class Counter {
 public:
  Counter();
  explicit Counter(Cell* cell) : cell_(cell) {}
  void Inc() { Add(1); }
  void Add(uint64_t n) {
    cell_->store(cell_->load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return cell_->load(std::memory_order_relaxed); }  // this worker's share

 private:
  Cell* cell_;
};

// The top bit of a gauge's cell says that it was ever written (what `usedonly` asks); the rest is a
// signed number, because one worker may take away what another one added.
class Gauge {
 public:
  Gauge();
  explicit Gauge(Cell* cell) : cell_(cell) {}
  void Inc() { Add(1); }
  void Dec() { Add(static_cast<uint64_t>(-1)); }
  void Add(uint64_t n) { Set(cell_->load(std::memory_order_relaxed) + n); }
  void Sub(uint64_t n) { Set(cell_->load(std::memory_order_relaxed) - n); }
  void Set(uint64_t v) { cell_->store(v | kUsed, std::memory_order_relaxed); }
  int64_t value() const { return Decode(cell_->load(std::memory_order_relaxed)); }

  static constexpr uint64_t kUsed = uint64_t{1} << 63;
  static constexpr int64_t Decode(uint64_t raw) { return static_cast<int64_t>(raw << 1) >> 1; }

 private:
  Cell* cell_;
};

class Histogram {
 public:
  Histogram();
  explicit Histogram(HistogramCells* cells) : cells_(cells) {}
  void Record(uint64_t value) { cells_->Record(value); }

 private:
  HistogramCells* cells_;
};

class Store;

// A prefix in the name space, for one slot (a worker, or main). Copies are cheap enough for load
// time; not for the data path.
class Scope {
 public:
  Scope(Store& store, uint32_t slot, std::string prefix)
      : store_(&store), slot_(slot), prefix_(std::move(prefix)) {}

  // "cluster.web" + "ssl" -> "cluster.web.ssl". As in Envoy, a colon becomes '_' ("0.0.0.0:80").
  Scope Sub(std::string_view name) const;
  Counter MakeCounter(std::string_view name) const;
  Gauge MakeGauge(std::string_view name) const;
  // Milliseconds, unless the name says otherwise.
  Histogram MakeHistogram(std::string_view name) const;
  void SetText(std::string_view name, std::string_view value) const;  // text readout
  // The same names for another worker.
  Scope ForSlot(uint32_t slot) const { return {*store_, slot, prefix_}; }
  const std::string& prefix() const { return prefix_; }
  uint32_t slot() const { return slot_; }
  Store& store() const { return *store_; }

 private:
  std::string FullName(std::string_view name) const;

  Store* store_;
  uint32_t slot_;
  std::string prefix_;
};

}  // namespace sluice::stats
