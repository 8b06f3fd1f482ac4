// One listener of the manager: what it was made from, and what belongs to it. Private to the two
// files of the manager; main thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "listener_manager.h"
#include "sluice/listener/build.h"

namespace sluice::server {

struct ListenerManager::Entry {
  std::shared_ptr<const listener::ListenerConfig> config;
  bool dynamic = false;
  uint32_t instance = 0;  // by which a successor finds the sockets of port 0 again
  // Of a dynamic listener: they come and go with it. Others' are the server's.
  filter::MainServices services;
  filter::WorkerServices worker_services;
  std::shared_ptr<const listener::ListenerPlan> plan;
  std::vector<listener::SocketPlan> socket_plans;
  std::unique_ptr<ExactBalancer> balancer;
  std::vector<net::ListenLease> leases;
  bool accepting = false;
  // Once retired: workers that have still to let go of the sockets, and of the connections.
  size_t acceptors = 0;
  size_t holders = 0;
};

}  // namespace sluice::server
