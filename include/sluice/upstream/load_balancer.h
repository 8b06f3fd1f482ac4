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
#include <string_view>
#include <vector>

#include "sluice/match/metadata_criteria.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

// Says of a host whether a retry should rather go elsewhere (previous_hosts, canary, metadata).
class HostFilter {
 public:
  virtual ~HostFilter() = default;
  virtual bool Avoid(const Host& host) const = 0;
};

struct ZoneSplit;

// What is known of the request or connection that is to be placed. Lives for the call.
struct LbContext {
  std::optional<uint64_t> hash;  // of the route's hash_policy
  const net::Address* downstream_remote = nullptr;
  const net::Address* downstream_local = nullptr;  // ORIGINAL_DST, PROXY headers
  std::string_view proxied_tlvs;                   // PROXY headers
  bool local_restored = false;                     // it is where the client wanted to go
  uint64_t downstream_connection_id = 0;           // for connection_pool_per_downstream_connection
  const match::MetadataCriteria* metadata = nullptr;  // metadata_match of the route
  std::optional<net::Address> override_host;          // ORIGINAL_DST header, stateful sessions
  bool override_strict = false;                       // that host or none
  std::string_view name;                              // of the host, for clusters that go by it
  const HostFilter* avoid = nullptr;
  uint32_t max_avoid_attempts = 1;  // host_selection_retry_max_attempts
};

// The hosts of one priority that may be picked.
struct HostView {
  std::span<Host* const> all;
  std::span<Host* const> healthy;
  std::span<Host* const> degraded;
  std::span<Host* const> excluded;            // not to be counted before their first health check
  std::span<const LocalityEntry> localities;  // of all priorities
  const ZoneSplit* zones = nullptr;           // null: not zone aware
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
