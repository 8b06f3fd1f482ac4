// circuit_breakers.<priority>.*: whether a limit is reached, and with track_remaining how much is
// left. Main thread; they are sums over all workers, so they are made when somebody looks.
#pragma once

#include <array>
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
    SharedBudget& budget;
    stats::Gauge open;
    std::optional<stats::Gauge> remaining;
  };
  std::array<Watched, 5> watched_;
};

}  // namespace sluice::upstream
