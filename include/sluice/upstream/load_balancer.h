// Which host takes the next request or connection.
//
// One per Cluster and worker. A balancer is told of each version of the hosts and picks among them;
// it keeps no reference past the next Update. Hard rule: Pick allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sluice/upstream/host.h"

namespace sluice::upstream {

// Says of a host whether a retry should rather go elsewhere (previous_hosts, canary, metadata).
class HostFilter {
 public:
  virtual ~HostFilter() = default;
  virtual bool Avoid(const Host& host) const = 0;
};

class MetadataCriteria;  // metadata_match of a route, compiled; the subset balancer's

// What is known of the request or connection that is to be placed. Lives for the call.
struct LbContext {
  std::optional<uint64_t> hash;  // of the route's hash_policy
  const net::Address* downstream_remote = nullptr;
  const net::Address* downstream_local = nullptr;  // ORIGINAL_DST, PROXY headers
  uint64_t downstream_connection_id = 0;           // for connection_pool_per_downstream_connection
  const MetadataCriteria* metadata = nullptr;
  std::optional<net::Address> override_host;  // ORIGINAL_DST header, stateful sessions
  const HostFilter* avoid = nullptr;
  uint32_t max_avoid_attempts = 1;  // host_selection_retry_max_attempts
};

// The hosts of one priority that may be picked.
struct HostView {
  std::span<Host* const> all;
  std::span<Host* const> healthy;
  std::span<Host* const> degraded;
};

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;
  // One view for each priority. Spans live until the next Update.
  virtual void Update(std::span<const HostView> priorities) = 0;
  // Null when there is nobody to send to.
  virtual Host* Pick(const LbContext& context) = 0;
};

}  // namespace sluice::upstream
