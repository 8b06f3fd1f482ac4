// What workers tell of a host for passive health: counts in cells of their own, and failures in a
// row in one atomic a host, because they are in a row over all workers. Part of the host's record.
//
// A worker that sees the last failure in a row posts it to main, once until main has dealt with it,
// so that a host's failures cannot flood the main loop.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace sluice::upstream {

class HostRecord;

enum class ConsecutiveKind : uint8_t { k5xx, kGateway, kLocalOrigin };
inline constexpr size_t kConsecutiveKinds = 3;

// What happened before a response, or in place of one.
enum class LocalOutcome : uint8_t {
  kConnected,       // a response is to follow
  kConnectedFinal,  // there is nothing more to come: TCP
  kConnectFailed,
  kTimeout,
};

struct OutlierSums {
  uint64_t total = 0;
  uint64_t success = 0;
};

// Of a cluster, as /clusters shows it; -1: not known.
struct OutlierRates {
  double average = -1;
  double threshold = -1;
};

// What the workers need of a cluster's detection. Main's; outlives the workers.
struct OutlierWatch {
  bool split = false;
  std::array<std::atomic<uint32_t>, kConsecutiveKinds> thresholds{};  // main writes
  // Any thread.
  std::function<void(std::shared_ptr<const HostRecord>, ConsecutiveKind)> report;
};

class OutlierCells {
 public:
  explicit OutlierCells(uint32_t slots) : slots_(slots), cells_(std::make_unique<Cells[]>(slots)) {}

  void AddExternal(uint32_t slot, bool success) { Add(cells_[slot].external, success); }
  void AddLocal(uint32_t slot, bool success) { Add(cells_[slot].local, success); }
  OutlierSums Sum(bool local) const;

  // True when this failure is the one that reaches the threshold.
  bool Fail(ConsecutiveKind kind, uint32_t threshold) {
    return InARow(kind).fetch_add(1, std::memory_order_relaxed) + 1 == threshold;
  }
  // Writes only where there was a failure: the line stays shared among workers while all is well.
  void Succeed(ConsecutiveKind kind) {
    std::atomic<uint32_t>& row = InARow(kind);
    if (row.load(std::memory_order_relaxed) != 0) row.store(0, std::memory_order_relaxed);
  }
  void Forget() {
    for (std::atomic<uint32_t>& row : in_a_row_) row.store(0, std::memory_order_relaxed);
  }

 private:
  using Cell = std::atomic<uint64_t>;
  struct Count {
    Cell total{0};
    Cell success{0};
  };
  struct alignas(64) Cells {
    Count external;
    Count local;
  };
  static void Inc(Cell& cell) {
    cell.store(cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  static void Add(Count& count, bool success) {
    Inc(count.total);
    if (success) Inc(count.success);
  }
  std::atomic<uint32_t>& InARow(ConsecutiveKind kind) {
    return in_a_row_[static_cast<size_t>(kind)];
  }

  uint32_t slots_;
  std::unique_ptr<Cells[]> cells_;
  std::array<std::atomic<uint32_t>, kConsecutiveKinds> in_a_row_{};
};

}  // namespace sluice::upstream
