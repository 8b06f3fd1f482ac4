// What the services of the main thread work with: the main loop, and a half of the clusters like a
// worker's. Made only where there are such services. Main thread.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/filter/async_client.h"
#include "sluice/filter/worker_context.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_manager.h"

namespace sluice::server {

class MainContext {
 public:
  MainContext(EventLoop& loop, stats::Store& store, uint32_t workers,
              upstream::ClusterManager& clusters);
  // Nothing may be in flight any more (MainServices::Stop).
  ~MainContext();
  MainContext(const MainContext&) = delete;
  MainContext& operator=(const MainContext&) = delete;

  filter::WorkerContext& worker() { return context_; }

 private:
  std::unique_ptr<upstream::ClusterSet> clusters_;
  std::unique_ptr<filter::AsyncClient> async_client_;
  filter::WorkerContext context_;
};

}  // namespace sluice::server
