// Log-linear histograms with two decimal digits (10 % wide buckets at worst), as circllhist makes
// them: 0, then 1..9, then ninety buckets for each power of ten.
//
// HistogramCells belong to one worker, which alone records; anyone may read. A HistogramSnapshot is
// a merged copy for main and the admin port. Memory: 800 bytes, plus 720 for each power of ten that
// was ever seen.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::stats {

class HistogramCells {
 public:
  HistogramCells() = default;
  ~HistogramCells();
  HistogramCells(const HistogramCells&) = delete;
  HistogramCells& operator=(const HistogramCells&) = delete;

  void Record(uint64_t value) {
    const auto [block, offset] = Locate(value);
    std::atomic<uint64_t>* cells = blocks_[block].load(std::memory_order_relaxed);
    if (cells == nullptr) [[unlikely]]
      cells = AddBlock(block);
    Bump(cells[offset], 1);
    Bump(sum_, value);
  }

  // Block 0 holds 0..99 one by one; block n holds 10^(n+1)..10^(n+2)-1 in ninety buckets.
  static constexpr uint32_t kBlocks = 19;
  static constexpr uint32_t kFirstBlockCells = 100;
  static constexpr uint32_t kBlockCells = 90;

  static constexpr std::array<uint64_t, 20> kPow10 = [] {
    std::array<uint64_t, 20> powers{};
    uint64_t power = 1;
    for (uint64_t& p : powers) {
      p = power;
      power *= 10;
    }
    return powers;
  }();

  struct Place {
    uint32_t block;
    uint32_t offset;
  };
  static Place Locate(uint64_t value) {
    if (value < 100) return {0, static_cast<uint32_t>(value)};
    const auto bits = static_cast<uint32_t>(std::bit_width(value));
    uint32_t digits = (bits * 1233) >> 12;  // log10 from log2, at most one too high
    digits -= static_cast<uint32_t>(value < kPow10[digits]);
    const uint64_t unit = kPow10[digits - 1];
    const uint64_t leading = (value >> 32) == 0
                                 ? static_cast<uint32_t>(value) / static_cast<uint32_t>(unit)
                                 : value / unit;
    return {digits - 1, static_cast<uint32_t>(leading) - 10};
  }

 private:
  friend class HistogramSnapshot;

  static void Bump(std::atomic<uint64_t>& cell, uint64_t by) {
    cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::atomic<uint64_t>* AddBlock(uint32_t block);

  std::array<std::atomic<std::atomic<uint64_t>*>, kBlocks> blocks_{};
  std::atomic<uint64_t> sum_{0};
};

// Percentiles and bucket bounds as the admin port shows them.
inline constexpr std::array<double, 10> kQuantiles = {0,    0.25, 0.5,   0.75,  0.9,
                                                      0.95, 0.99, 0.995, 0.999, 1};
inline constexpr std::array<double, 19> kBucketBounds = {
    0.5,  1,    5,     10,    25,    50,     100,    250,     500,    1000,
    2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000};

class HistogramSnapshot {
 public:
  struct Bucket {
    double lower = 0;
    double width = 0;
    uint64_t count = 0;
    bool operator==(const Bucket&) const = default;
  };

  void Add(const HistogramCells& cells);
  // What came since `before`, an earlier snapshot of the same histogram.
  HistogramSnapshot Since(const HistogramSnapshot& before) const;

  uint64_t count() const { return count_; }
  uint64_t sum() const { return sum_; }
  std::vector<Bucket> Buckets() const;  // those that are not empty
  // NaN when nothing was recorded.
  std::array<double, kQuantiles.size()> Quantiles() const;
  // For each bound, how many values lie in buckets that end at or below it.
  std::vector<uint64_t> Cumulative(std::span<const double> bounds = kBucketBounds) const;
  std::vector<uint64_t> Disjoint(std::span<const double> bounds = kBucketBounds) const;

 private:
  struct Entry {
    uint32_t key;  // block * kFirstBlockCells + offset: ordered as the values are
    uint64_t count;
  };
  static Bucket BucketOf(const Entry& entry);

  std::vector<Entry> entries_;  // by key
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
};

}  // namespace sluice::stats
