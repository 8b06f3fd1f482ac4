// dynamic_resources: the files of listeners (LDS) and clusters (CDS) of the process. Owned by the
// server; main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/discovery/file_subscription.h"
#include "sluice/discovery/in_use.h"
#include "sluice/server/bootstrap_config.h"

namespace sluice::server {

class DynamicResources {
 public:
  template <typename T>
  using List = std::vector<std::shared_ptr<const T>>;
  // They apply all that they are given, or add to the problems and answer false.
  struct Owners {
    std::function<bool(const List<upstream::ClusterConfig>&, config::Problems&)> clusters;
    std::function<bool(const List<listener::ListenerConfig>&, config::Problems&)> listeners;
  };
  DynamicResources(discovery::Host& host, const BootstrapConfig& bootstrap, Owners owners);

  // At load, in this order. False when there were problems.
  bool LoadClusters(config::Problems& problems);
  bool LoadListeners(config::Problems& problems);
  // The listeners are open: from now on changes count.
  void Start();
  bool has_listeners() const { return lds_ != nullptr; }

 private:
  bool TakeClusters(const config::Resources& resources, config::Problems& problems);
  bool TakeListeners(const config::Resources& resources, config::Problems& problems);

  discovery::Host& host_;
  const BootstrapConfig& bootstrap_;
  const Owners owners_;
  discovery::InUse<upstream::ClusterConfig> clusters_;
  discovery::InUse<listener::ListenerConfig> listeners_;
  std::unique_ptr<discovery::FileSubscription> cds_;  // null: not configured
  std::unique_ptr<discovery::FileSubscription> lds_;  // the same
};

}  // namespace sluice::server
