// circuit_breakers.<priority>.*: whether a limit is reached, and with track_remaining how much is
// left. Main thread; they are sums over all workers, so they are made when somebody looks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sluice/base/shared_budget.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/breakers.h"

namespace sluice::upstream {

class BreakerGauges {
 public:
  BreakerGauges(const stats::Scope& cluster, std::string_view priority, Breaker& breaker);
  void Refresh();

 private:
  struct Watched {
    const SharedBudget& budget;
    stats::Gauge open;
    std::optional<stats::Gauge> remaining;
  };
  static void Show(Watched& watched, uint64_t remaining);
  static constexpr size_t kRetries = 4;
  const Breaker& breaker_;
  std::array<Watched, kRetries + 1> watched_;
};

}  // namespace sluice::upstream
