// Work of a configured extension on every worker that belongs to no listener. Made on main before
// the worker runs; lives on the worker's thread, and dies there before what it works with.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sluice/filter/worker_context.h"

namespace sluice::filter {

class WorkerService {
 public:
  virtual ~WorkerService() = default;
  // The worker ends, its connections are gone: what is still to be sent is sent now. While it is
  // busy with that, the worker waits for a moment.
  virtual void OnWorkerEnd() {}
  virtual bool Busy() const { return false; }
};

class WorkerServiceFactory {
 public:
  virtual ~WorkerServiceFactory() = default;
  virtual std::unique_ptr<WorkerService> Make(WorkerContext& worker) const = 0;
};

// Of one configuration; owned by the server.
class WorkerServices {
 public:
  void Add(std::unique_ptr<const WorkerServiceFactory> factory) {
    factories_.push_back(std::move(factory));
  }
  std::vector<std::unique_ptr<WorkerService>> Make(WorkerContext& worker) const {
    std::vector<std::unique_ptr<WorkerService>> made;
    for (const auto& factory : factories_) made.push_back(factory->Make(worker));
    return made;
  }

 private:
  std::vector<std::unique_ptr<const WorkerServiceFactory>> factories_;
};

}  // namespace sluice::filter
