// A load_assignment compiled: endpoints with their names, weights and places, before anything is
// resolved. Main thread; immutable once made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/upstream/cluster_config.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

struct EndpointPlan {
  std::string name;  // of DNS, when there is no address
  uint16_t port = 0;
  std::optional<net::Address> address;  // a literal
  std::string hostname;                 // as /clusters and auto_host_rewrite know it
  std::shared_ptr<const config::Metadata> metadata;
  std::shared_ptr<const HealthCheckTarget> health_check;  // null: nothing special
  std::shared_ptr<const stream::HostLocality> place;
  uint32_t weight = 1;
  uint32_t priority = 0;
  uint32_t locality = 0;
  uint32_t health_flags = 0;
  bool canary = false;
};

struct AssignmentPlan {
  std::vector<EndpointPlan> endpoints;
  std::vector<LocalityEntry> localities;
  uint32_t priorities = 1;
  uint32_t overprovisioning_factor = 140;
};

AssignmentPlan CompileAssignment(const std::shared_ptr<const ClusterConfig>& config,
                                 config::Problems& problems);
// The same of endpoints that are not a cluster's own; none of them has a name to resolve. `where`:
// what is wrong as a whole is said there.
AssignmentPlan CompileAssignment(const std::shared_ptr<const LoadAssignmentConfig>& config,
                                 const config::Where& where, config::Problems& problems);

}  // namespace sluice::upstream
