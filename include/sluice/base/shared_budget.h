// A limit that holds across all workers: circuit breakers, connection limits.
//
// Every worker has a cell with a share of the free tokens on a cache line of its own. Taking and
// returning touch that line only; a worker whose cell is empty takes from the others'. So the limit
// is exact at any size, and no line is written by two workers until the limit is near.
// Any thread, each with its own slot. Owned by whoever owns the limit; outlives all tokens.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace sluice {

class SharedBudget {
 public:
  SharedBudget(uint64_t limit, uint32_t slots);
  SharedBudget(const SharedBudget&) = delete;
  SharedBudget& operator=(const SharedBudget&) = delete;

  bool TryTake(uint32_t slot) {
    std::atomic<int64_t>& mine = cells_[slot].free;
    int64_t have = mine.load(std::memory_order_relaxed);
    while (have > 0) {
      if (mine.compare_exchange_weak(have, have - 1, std::memory_order_relaxed)) return true;
    }
    return TakeFromOthers(slot);
  }
  void Return(uint32_t slot) {
    if (debt_.load(std::memory_order_relaxed) > 0 && PayDebt()) return;
    cells_[slot].free.fetch_add(1, std::memory_order_relaxed);
  }

  // Changes the limit (a reload). Where more tokens are out than a smaller limit allows, those that
  // come back are not given out again. One thread at a time.
  void SetLimit(uint64_t limit);
  uint64_t limit() const { return limit_.load(std::memory_order_relaxed); }
  // Sums over the cells; exact when nothing moves, for gauges otherwise.
  uint64_t used() const;
  uint64_t remaining() const;

 private:
  struct alignas(64) Cell {
    std::atomic<int64_t> free{0};
  };

  bool TakeFromOthers(uint32_t slot);
  bool PayDebt();
  uint64_t FreeSum() const;

  std::atomic<uint64_t> limit_;
  std::atomic<int64_t> debt_{0};  // tokens that must vanish when they come back
  uint32_t slots_;
  std::unique_ptr<Cell[]> cells_;
};

// One token, returned when it dies.
class BudgetToken {
 public:
  BudgetToken() = default;
  // Empty if the budget is used up.
  static BudgetToken Take(SharedBudget& budget, uint32_t slot) {
    BudgetToken token;
    if (budget.TryTake(slot)) {
      token.budget_ = &budget;
      token.slot_ = slot;
    }
    return token;
  }
  BudgetToken(BudgetToken&& other) noexcept : budget_(other.budget_), slot_(other.slot_) {
    other.budget_ = nullptr;
  }
  BudgetToken& operator=(BudgetToken&& other) noexcept {
    if (this != &other) {
      Reset();
      budget_ = other.budget_;
      slot_ = other.slot_;
      other.budget_ = nullptr;
    }
    return *this;
  }
  ~BudgetToken() { Reset(); }

  void Reset() {
    if (budget_ != nullptr) budget_->Return(slot_);
    budget_ = nullptr;
  }
  explicit operator bool() const { return budget_ != nullptr; }

 private:
  SharedBudget* budget_ = nullptr;
  uint32_t slot_ = 0;
};

}  // namespace sluice
