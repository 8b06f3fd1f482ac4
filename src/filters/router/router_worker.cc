#include "router_worker.h"

#include <algorithm>
#include <utility>

#include "router_filter.h"
#include "sluice/base/random.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::router {

RouterStats::RouterStats(const stats::Scope& scope)
    : no_cluster(scope.MakeCounter("no_cluster")),
      no_route(scope.MakeCounter("no_route")),
      rq_direct_response(scope.MakeCounter("rq_direct_response")),
      rq_redirect(scope.MakeCounter("rq_redirect")),
      rq_reset_after_downstream_response_started(
          scope.MakeCounter("rq_reset_after_downstream_response_started")),
      rq_total(scope.MakeCounter("rq_total")),
      passthrough_internal_redirect_bad_location(
          scope.MakeCounter("passthrough_internal_redirect_bad_location")),
      passthrough_internal_redirect_no_route(
          scope.MakeCounter("passthrough_internal_redirect_no_route")),
      passthrough_internal_redirect_predicate(
          scope.MakeCounter("passthrough_internal_redirect_predicate")),
      passthrough_internal_redirect_too_many_redirects(
          scope.MakeCounter("passthrough_internal_redirect_too_many_redirects")),
      passthrough_internal_redirect_unsafe_scheme(
          scope.MakeCounter("passthrough_internal_redirect_unsafe_scheme")),
      alt_stat_name_overflow(scope.MakeCounter("alt_stat_name_overflow")) {}

bool MaintenanceModes::Includes(upstream::ClusterId id, std::string_view cluster, uint64_t random,
                                const match::RuntimeSnapshot* runtime) {
  if (id.value >= modes_.size()) modes_.resize(id.value + 1);
  match::RuntimeFraction& mode = modes_[id.value];
  if (mode.key.empty()) {
    mode.default_value = {0, 100};
    mode.key.append("upstream.maintenance_mode.").append(cluster);
  }
  return mode.Includes(random, runtime);
}

RouterWorker::RouterWorker(const RouterConfig& config, filter::WorkerContext& worker,
                           const stats::Scope& manager)
    : config_(config),
      context_(worker),
      stats_(manager),
      route_stats_(worker.stats, worker.slot),
      alt_stats_(worker.stats, worker.slot, stats_.alt_stat_name_overflow) {}

RouterWorker::~RouterWorker() = default;

bool RouterWorker::InMaintenance(upstream::Cluster& cluster) {
  return maintenance_.Includes(cluster.id(), cluster.name(), FastRandom(), context_.runtime);
}

filter::HttpFilter* RouterWorker::Create(Arena& arena) { return arena.New<RouterFilter>(*this); }

Shadow& RouterWorker::Keep(std::unique_ptr<Shadow> shadow) {
  shadows_.push_back(std::move(shadow));
  return *shadows_.back();
}

void RouterWorker::Bury(Shadow& shadow) {
  const auto found = std::ranges::find(shadows_, &shadow, &std::unique_ptr<Shadow>::get);
  if (found == shadows_.end()) return;
  std::swap(*found, shadows_.back());
  context_.loop.DeferDelete(std::move(shadows_.back()));
  shadows_.pop_back();
}

std::unique_ptr<filter::HttpFilterFactory> RouterFactory::Make(
    const std::shared_ptr<const RouterConfig>& config, const config::Where& /*where*/,
    filter::LoadContext& /*ctx*/) {
  return std::make_unique<RouterFactory>(config);
}

std::unique_ptr<filter::HttpFilterWorker> RouterFactory::MakeWorker(
    filter::WorkerContext& worker, const stats::Scope& manager) const {
  return std::make_unique<RouterWorker>(*config_, worker, manager);
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            RouterConfig, RouterFactory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, "envoy.extensions.filters.http.router.v3.Router", &RouterConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.router", "envoy.router"});
}

}  // namespace sluice::filters::router
