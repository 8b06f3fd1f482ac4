// A worker's half of the router: its counters, and what must live longer than a stream.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "route_stats.h"
#include "router_config.h"
#include "shadow.h"
#include "sluice/filter/http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/match/runtime.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster.h"

namespace sluice::filters::router {

// http.<stat_prefix>.*
struct RouterStats {
  explicit RouterStats(const stats::Scope& scope);
  stats::Counter no_cluster;
  stats::Counter no_route;
  stats::Counter rq_direct_response;
  stats::Counter rq_redirect;
  stats::Counter rq_reset_after_downstream_response_started;
  stats::Counter rq_total;
  stats::Counter passthrough_internal_redirect_bad_location;
  stats::Counter passthrough_internal_redirect_no_route;
  stats::Counter passthrough_internal_redirect_predicate;
  stats::Counter passthrough_internal_redirect_too_many_redirects;
  stats::Counter passthrough_internal_redirect_unsafe_scheme;
  stats::Counter alt_stat_name_overflow;
};

// upstream.maintenance_mode.<cluster>, a runtime value, for each cluster that has been asked for.
class MaintenanceModes {
 public:
  bool Includes(upstream::ClusterId id, std::string_view cluster, uint64_t random,
                const match::RuntimeSnapshot* runtime);

 private:
  std::vector<match::RuntimeFraction> modes_;  // by cluster id; without a key: not asked for yet
};

class RouterWorker final : public filter::HttpFilterWorker {
 public:
  RouterWorker(const RouterConfig& config, filter::WorkerContext& worker,
               const stats::Scope& manager);
  ~RouterWorker() override;

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const RouterConfig& config() const { return config_; }
  filter::WorkerContext& context() { return context_; }
  RouterStats& stats() { return stats_; }
  RouteStats& route_stats() { return route_stats_; }
  Shadow& Keep(std::unique_ptr<Shadow> shadow);
  void Bury(Shadow& shadow);
  AltStats& alt_stats() { return alt_stats_; }
  bool InMaintenance(upstream::Cluster& cluster);

 private:
  const RouterConfig& config_;
  filter::WorkerContext& context_;
  RouterStats stats_;
  RouteStats route_stats_;
  std::vector<std::unique_ptr<Shadow>> shadows_;
  AltStats alt_stats_;
  MaintenanceModes maintenance_;
};

class RouterFactory final : public filter::HttpFilterFactory {
 public:
  explicit RouterFactory(std::shared_ptr<const RouterConfig> config) : config_(std::move(config)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const RouterConfig>& config, const config::Where& where,
      filter::LoadContext& ctx);

  // filter::HttpFilterFactory
  bool terminal() const override { return true; }
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override;

 private:
  std::shared_ptr<const RouterConfig> config_;
};

}  // namespace sluice::filters::router
