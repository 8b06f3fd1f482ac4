#include "sluice/base/shared_budget.h"

#include <algorithm>
#include <limits>

#include "sluice/base/check.h"

namespace sluice {
namespace {

// "No limit" is written as the largest integer; halved, sums of cells cannot overflow.
uint64_t Clamp(uint64_t limit) {
  return std::min<uint64_t>(limit, std::numeric_limits<int64_t>::max() / 2);
}

}  // namespace

SharedBudget::SharedBudget(uint64_t limit, uint32_t slots)
    : limit_(Clamp(limit)), slots_(slots), cells_(std::make_unique<Cell[]>(slots)) {
  SLUICE_CHECK(slots > 0);
  const uint64_t total = Clamp(limit);
  for (uint32_t i = 0; i < slots; ++i) {
    const uint64_t share = total / slots + (i < total % slots ? 1 : 0);
    cells_[i].free.store(static_cast<int64_t>(share), std::memory_order_relaxed);
  }
}

bool SharedBudget::TakeFromOthers(uint32_t slot) {
  for (uint32_t step = 1; step <= slots_; ++step) {
    std::atomic<int64_t>& cell = cells_[(slot + step) % slots_].free;
    int64_t have = cell.load(std::memory_order_relaxed);
    while (have > 0) {
      if (cell.compare_exchange_weak(have, have - 1, std::memory_order_relaxed)) return true;
    }
  }
  return false;
}

bool SharedBudget::PayDebt() {
  int64_t debt = debt_.load(std::memory_order_relaxed);
  while (debt > 0) {
    if (debt_.compare_exchange_weak(debt, debt - 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void SharedBudget::SetLimit(uint64_t limit) {
  const uint64_t next = Clamp(limit);
  const uint64_t before = limit_.exchange(next, std::memory_order_relaxed);
  if (next >= before) {
    int64_t more = static_cast<int64_t>(next - before);
    while (more > 0 && PayDebt()) --more;
    cells_[0].free.fetch_add(more, std::memory_order_relaxed);
    return;
  }
  int64_t excess = static_cast<int64_t>(before - next);
  for (uint32_t i = 0; i < slots_ && excess > 0; ++i) {
    int64_t have = cells_[i].free.load(std::memory_order_relaxed);
    while (have > 0) {
      const int64_t take = std::min(have, excess);
      if (!cells_[i].free.compare_exchange_weak(have, have - take, std::memory_order_relaxed)) {
        continue;
      }
      excess -= take;
      break;
    }
  }
  debt_.fetch_add(excess, std::memory_order_relaxed);
}

uint64_t SharedBudget::FreeSum() const {
  int64_t sum = 0;
  for (uint32_t i = 0; i < slots_; ++i) sum += cells_[i].free.load(std::memory_order_relaxed);
  return sum < 0 ? 0 : static_cast<uint64_t>(sum);
}

uint64_t SharedBudget::used() const {
  const int64_t out = static_cast<int64_t>(limit()) + debt_.load(std::memory_order_relaxed) -
                      static_cast<int64_t>(FreeSum());
  return out < 0 ? 0 : static_cast<uint64_t>(out);
}

uint64_t SharedBudget::remaining() const { return FreeSum(); }

}  // namespace sluice
