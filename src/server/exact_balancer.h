// exact_balance: each accepted socket goes to the worker that has the fewest connections of the
// listener. Made by the listener manager, asked by all workers; the one lock of a connection's
// life, paid only by listeners that ask for it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "sluice/listener/listener.h"
#include "worker.h"

namespace sluice::server {

class ExactBalancer final : public listener::Balancer {
 public:
  ExactBalancer(std::shared_ptr<const listener::ListenerPlan> plan,
                const std::vector<std::unique_ptr<Worker>>& workers)
      : plan_(std::move(plan)), workers_(workers), open_(workers.size()) {}

  // listener::Balancer
  bool PassOn(uint32_t from_slot, net::AcceptedSocket& socket) override;
  void Gone(uint32_t slot) override;

 private:
  std::shared_ptr<const listener::ListenerPlan> plan_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  std::mutex mutex_;
  std::vector<size_t> open_;
};

}  // namespace sluice::server
