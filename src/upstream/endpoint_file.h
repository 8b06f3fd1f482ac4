// The endpoints of a cluster from a file (EDS): read at load, and again when it changes. Owned by
// main's side of the cluster; main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "assignment.h"
#include "sluice/config/problems.h"
#include "sluice/discovery/file_subscription.h"
#include "sluice/discovery/in_use.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {

class EndpointFile {
 public:
  EndpointFile(discovery::Host& host, const ClusterConfig& cluster, const std::string& stat_prefix);

  // At load. False when there were problems.
  bool Load(config::Problems& problems) { return file_.Load(problems); }
  // What was loaded, and what comes later; from the loop.
  using OnPlan = std::function<void(AssignmentPlan)>;
  AssignmentPlan Start(OnPlan on_plan);

 private:
  bool Take(const config::Resources& resources, config::Problems& problems);

  discovery::Host& host_;
  const std::string name_;
  AssignmentPlan first_;
  bool found_ = false;
  OnPlan on_plan_;
  discovery::InUse<LoadAssignmentConfig> shown_;
  discovery::FileSubscription file_;
};

}  // namespace sluice::upstream
