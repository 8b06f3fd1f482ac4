// Work of a configured extension on the main thread: polls, singletons. Made by the extension's
// factory at load, owned by the server, which outlives all workers with it. A server that has none
// pays nothing for it. Main thread, but for what an implementation says about its own calls.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sluice/filter/worker_context.h"

namespace sluice::filter {

class MainService {
 public:
  virtual ~MainService() = default;
  // Once, when the clusters have their first answers. `main` has the main loop, the store's main
  // slot, and clusters of its own; it lives until Stop.
  virtual void Start(WorkerContext& main) = 0;
  // Before the workers end: drops every timer and call. Nothing may be posted to a worker after it.
  virtual void Stop() = 0;
};

class MainServices {
 public:
  template <typename T>
  T& Add(std::unique_ptr<T> service) {
    T& added = *service;
    services_.push_back(std::move(service));
    return added;
  }
  bool empty() const { return services_.empty(); }
  void Start(WorkerContext& main) {
    for (auto& service : services_) service->Start(main);
  }
  void Stop() {
    for (auto& service : services_) service->Stop();
  }

 private:
  std::vector<std::unique_ptr<MainService>> services_;
};

}  // namespace sluice::filter
