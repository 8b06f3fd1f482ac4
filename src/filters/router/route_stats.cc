#include "route_stats.h"

#include <fmt/format.h>

#include "sluice/route/virtual_host.h"

namespace sluice::filters::router {

RequestStats::RequestStats(const stats::Scope& scope)
    : codes(scope),
      total(scope.MakeCounter("upstream_rq_total")),
      timeout(scope.MakeCounter("upstream_rq_timeout")),
      retry(scope.MakeCounter("upstream_rq_retry")),
      retry_limit_exceeded(scope.MakeCounter("upstream_rq_retry_limit_exceeded")),
      retry_overflow(scope.MakeCounter("upstream_rq_retry_overflow")),
      retry_success(scope.MakeCounter("upstream_rq_retry_success")) {}

RequestStats* RouteStats::ForVirtualCluster(const route::VirtualHost& host,
                                            const http::HeaderMap& head) {
  if (host.virtual_clusters.empty()) return nullptr;
  const size_t index = host.MatchVirtualCluster(head);
  if (index == route::VirtualHost::kOtherVirtualCluster) {
    return &Find(&host, host.name, "vcluster", "other");
  }
  const route::VirtualCluster& cluster = host.virtual_clusters[index];
  return &Find(&cluster, host.name, "vcluster", cluster.name);
}

RequestStats* RouteStats::ForRoute(const route::RouteEntry& entry) {
  if (entry.stat_prefix.empty() || entry.virtual_host == nullptr) return nullptr;
  return &Find(&entry, entry.virtual_host->name, "route", entry.stat_prefix);
}

RequestStats& RouteStats::Find(const void* key, std::string_view host, std::string_view kind,
                               std::string_view name) {
  std::unique_ptr<Known>& known = known_[key];
  const bool same = known != nullptr && std::string_view(known->name).ends_with(name) &&
                    std::string_view(known->name).starts_with(host) &&
                    known->name.size() == host.size() + kind.size() + name.size() + 2;
  if (!same) {
    std::string full = fmt::format("{}.{}.{}", host, kind, name);
    const stats::Scope scope(store_, slot_, "vhost." + full);
    known = std::make_unique<Known>(std::move(full), RequestStats(scope));
  }
  return known->stats;
}

upstream::CodeStats* AltStats::Find(std::string_view cluster, std::string_view name) {
  if (name.empty() || name.size() > kLongest) return nullptr;
  const std::string key = fmt::format("{}.{}", cluster, name);
  const auto known = known_.find(key);
  if (known != known_.end()) return &known->second;
  if (known_.size() >= kMost) {
    overflow_.Inc();
    return nullptr;
  }
  return &known_.emplace(key, stats::Scope(store_, slot_, "cluster." + key)).first->second;
}

}  // namespace sluice::filters::router
