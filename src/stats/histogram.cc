#include "sluice/stats/histogram.h"

#include <algorithm>
#include <limits>
#include <memory>

namespace sluice::stats {

namespace {

using Block = std::unique_ptr<std::atomic<uint64_t>[]>;

}  // namespace

HistogramCells::~HistogramCells() {
  for (auto& block : blocks_) Block(block.load(std::memory_order_relaxed)).reset();
}

std::atomic<uint64_t>* HistogramCells::AddBlock(uint32_t block) {
  // Only handles that were never bound share cells between threads; then the first one wins.
  auto cells =
      std::make_unique<std::atomic<uint64_t>[]>(block == 0 ? kFirstBlockCells : kBlockCells);
  std::atomic<uint64_t>* present = nullptr;
  if (blocks_[block].compare_exchange_strong(present, cells.get(), std::memory_order_acq_rel)) {
    return cells.release();
  }
  return present;
}

void HistogramSnapshot::Add(const HistogramCells& cells) {
  std::vector<Entry> merged;
  merged.reserve(entries_.size() + 16);
  auto mine = entries_.begin();
  for (uint32_t block = 0; block < HistogramCells::kBlocks; ++block) {
    const std::atomic<uint64_t>* values = cells.blocks_[block].load(std::memory_order_acquire);
    if (values == nullptr) continue;
    const uint32_t size =
        block == 0 ? HistogramCells::kFirstBlockCells : HistogramCells::kBlockCells;
    for (uint32_t offset = 0; offset < size; ++offset) {
      const uint64_t count = values[offset].load(std::memory_order_relaxed);
      if (count == 0) continue;
      count_ += count;
      const uint32_t key = block * HistogramCells::kFirstBlockCells + offset;
      while (mine != entries_.end() && mine->key < key) merged.push_back(*mine++);
      if (mine != entries_.end() && mine->key == key) {
        merged.push_back({key, count + mine->count});
        ++mine;
      } else {
        merged.push_back({key, count});
      }
    }
  }
  merged.insert(merged.end(), mine, entries_.end());
  entries_ = std::move(merged);
  sum_ += cells.sum_.load(std::memory_order_relaxed);
}

HistogramSnapshot HistogramSnapshot::Since(const HistogramSnapshot& before) const {
  HistogramSnapshot result;
  result.sum_ = sum_ - before.sum_;
  auto old = before.entries_.begin();
  for (const Entry& entry : entries_) {
    while (old != before.entries_.end() && old->key < entry.key) ++old;
    const bool known = old != before.entries_.end() && old->key == entry.key;
    const uint64_t count = entry.count - (known ? old->count : 0);
    if (count == 0) continue;
    result.entries_.push_back({entry.key, count});
    result.count_ += count;
  }
  return result;
}

HistogramSnapshot::Bucket HistogramSnapshot::BucketOf(const Entry& entry) {
  const uint32_t block = entry.key / HistogramCells::kFirstBlockCells;
  const uint32_t offset = entry.key % HistogramCells::kFirstBlockCells;
  if (block == 0) {
    const double width = offset == 0 ? 0 : offset < 10 ? 0.1 : 1;
    return {static_cast<double>(offset), width, entry.count};
  }
  const auto unit = static_cast<double>(HistogramCells::kPow10[block]);
  return {(offset + 10) * unit, unit, entry.count};
}

std::vector<HistogramSnapshot::Bucket> HistogramSnapshot::Buckets() const {
  std::vector<Bucket> buckets;
  buckets.reserve(entries_.size());
  for (const Entry& entry : entries_) buckets.push_back(BucketOf(entry));
  return buckets;
}

std::array<double, kQuantiles.size()> HistogramSnapshot::Quantiles() const {
  std::array<double, kQuantiles.size()> result;
  if (count_ == 0) {
    result.fill(std::numeric_limits<double>::quiet_NaN());
    return result;
  }
  size_t at = 0;
  uint64_t below = 0;
  Bucket bucket = BucketOf(entries_[0]);
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    const double rank = kQuantiles[i] * static_cast<double>(count_);
    while (rank > static_cast<double>(below + bucket.count) && at + 1 < entries_.size()) {
      below += bucket.count;
      bucket = BucketOf(entries_[++at]);
    }
    const double share = (rank - static_cast<double>(below)) / static_cast<double>(bucket.count);
    result[i] = bucket.lower + bucket.width * std::min(share, 1.0);
  }
  return result;
}

std::vector<uint64_t> HistogramSnapshot::Cumulative(std::span<const double> bounds) const {
  std::vector<uint64_t> result;
  result.reserve(bounds.size());
  size_t at = 0;
  uint64_t below = 0;
  for (const double bound : bounds) {
    for (; at < entries_.size(); ++at) {
      const Bucket bucket = BucketOf(entries_[at]);
      if (bucket.lower + bucket.width > bound) break;
      below += bucket.count;
    }
    result.push_back(below);
  }
  return result;
}

std::vector<uint64_t> HistogramSnapshot::Disjoint(std::span<const double> bounds) const {
  std::vector<uint64_t> result = Cumulative(bounds);
  for (size_t i = result.size(); i-- > 1;) result[i] -= result[i - 1];
  return result;
}

}  // namespace sluice::stats
