// What a worker offers to the filters that live on it. Made once per worker; outlives them all.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"

namespace sluice::upstream {
class ClusterSet;
}

namespace sluice::match {
class RuntimeSnapshot;
}

namespace sluice::filter {

class AsyncClient;

struct WorkerContext {
  EventLoop& loop;
  stats::Store& stats;
  uint32_t slot;  // the worker's slot in the stat store
  uint32_t worker_count;
  upstream::ClusterSet& clusters;                   // router, tcp_proxy and forward proxies know it
  AsyncClient& async_client;                        // how all others reach clusters
  const match::RuntimeSnapshot* runtime = nullptr;  // the values of now; null only in tests
};

}  // namespace sluice::filter
