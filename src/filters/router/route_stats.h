// Counters by virtual cluster (vhost.<v>.vcluster.<c>.*) and by route (vhost.<v>.route.<r>.*), made
// when they are first needed. Worker's own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sluice/http/header_map.h"
#include "sluice/route/route_entry.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::router {

struct RequestStats {
  explicit RequestStats(const stats::Scope& scope);
  upstream::CodeStats codes;
  stats::Counter total;
  stats::Counter timeout;
  stats::Counter retry;
  stats::Counter retry_limit_exceeded;
  stats::Counter retry_overflow;
  stats::Counter retry_success;
};

class RouteStats {
 public:
  RouteStats(stats::Store& store, uint32_t slot) : store_(store), slot_(slot) {}

  // Null when the virtual host has no virtual clusters.
  RequestStats* ForVirtualCluster(const route::VirtualHost& host, const http::HeaderMap& head);
  // Null when the route has no stat_prefix.
  RequestStats* ForRoute(const route::RouteEntry& entry);

 private:
  // Configurations come and go, so an address alone does not tell one from another.
  struct Known {
    std::string name;
    RequestStats stats;
  };
  RequestStats& Find(const void* key, std::string_view host, std::string_view kind,
                     std::string_view name);

  stats::Store& store_;
  uint32_t slot_;
  std::unordered_map<const void*, std::unique_ptr<Known>> known_;
};

// cluster.<c>.<alt>.upstream_rq_*: the statistics of a response once more, under the name that a
// request asked for by x-envoy-upstream-alt-stat-name. Worker's own. The names come from outside
// (if only from internal clients), so there are kMost of them at most; the rest is counted as
// overflow.
class AltStats {
 public:
  AltStats(stats::Store& store, uint32_t slot, stats::Counter& overflow)
      : store_(store), slot_(slot), overflow_(overflow) {}
  // Null when there are too many, or the name is none.
  upstream::CodeStats* Find(std::string_view cluster, std::string_view name);

  static constexpr size_t kMost = 256;
  static constexpr size_t kLongest = 256;

 private:
  stats::Store& store_;
  uint32_t slot_;
  stats::Counter& overflow_;
  std::map<std::string, upstream::CodeStats, std::less<>> known_;  // by "cluster.name"
};

}  // namespace sluice::filters::router
