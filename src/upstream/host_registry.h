// The hosts that workers find by themselves (ORIGINAL_DST), so that all workers count on one record
// for one address and the admin sees them.
//
// Owned by main's side of the cluster; any thread. The lock is taken when a worker meets an address
// for the first time and when somebody looks, never for a request.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "sluice/upstream/host.h"

namespace sluice::upstream {

class HostRegistry {
 public:
  explicit HostRegistry(uint32_t slots) : slots_(slots) {}

  HostEntry FindOrMake(const net::Address& address);
  // Those that anybody still has, in the order of their texts.
  std::vector<HostEntry> List();

 private:
  struct Known {
    std::weak_ptr<const HostRecord> record;
    std::weak_ptr<const Endpoint> endpoint;
  };

  const uint32_t slots_;
  std::mutex mutex_;
  std::unordered_map<net::Address, Known> hosts_;
};

}  // namespace sluice::upstream
