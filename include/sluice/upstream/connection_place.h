// A place for one connection: under the cluster's limit, and under the host's own one if it has one
// (per_host_thresholds). Given back when it is destroyed. One worker.
#pragma once

#include "sluice/base/shared_budget.h"
#include "sluice/upstream/breakers.h"

namespace sluice::upstream {

class Host;

class ConnectionPlace {
 public:
  ConnectionPlace() = default;
  // Empty when either limit is reached.
  static ConnectionPlace Take(Host& host, Priority priority);

  explicit operator bool() const { return static_cast<bool>(cluster_); }
  void Reset() {
    cluster_.Reset();
    host_.Reset();
  }

 private:
  BudgetToken cluster_;
  BudgetToken host_;
};

}  // namespace sluice::upstream
