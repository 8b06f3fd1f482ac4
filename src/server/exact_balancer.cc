#include "exact_balancer.h"

#include <algorithm>
#include <utility>

namespace sluice::server {

bool ExactBalancer::PassOn(uint32_t from_slot, net::AcceptedSocket& socket) {
  size_t to = 0;
  {
    std::lock_guard lock(mutex_);
    const auto least = std::min_element(open_.begin(), open_.end());
    to = static_cast<size_t>(least - open_.begin());
    if (open_[from_slot - 1] == *least) to = from_slot - 1;  // at equal numbers, stay
    ++open_[to];
  }
  if (to == from_slot - 1) return false;
  workers_[to]->Post([plan = plan_, taken = std::move(socket)](Worker& worker) mutable {
    worker.Take(*plan, std::move(taken));
  });
  return true;
}

void ExactBalancer::Gone(uint32_t slot) {
  std::lock_guard lock(mutex_);
  --open_[slot - 1];
}

}  // namespace sluice::server
