#include "sluice/upstream/connection_place.h"

#include <utility>

#include "sluice/upstream/cluster.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

ConnectionPlace ConnectionPlace::Take(Host& host, Priority priority) {
  Cluster& cluster = host.cluster();
  ConnectionPlace place;
  if (SharedBudget* own = host.record().connections(priority)) {
    place.host_ = BudgetToken::Take(*own, cluster.slot());
    if (!place.host_) return {};
  }
  place.cluster_ = BudgetToken::Take(cluster.breaker(priority).connections, cluster.slot());
  if (!place.cluster_) return {};
  return place;
}

}  // namespace sluice::upstream
