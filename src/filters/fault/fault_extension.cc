// From the configuration to the filters of each worker.
#include <utility>

#include "fault_filter.h"
#include "sluice/base/random.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::fault {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.fault.v3.HTTPFault";

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(FaultShared shared, const stats::Scope& scope)
      : shared_(shared), clusters_(scope, shared.stats.downstream_clusters_overflow) {
    shared_.clusters = &clusters_;
  }
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<FaultFilter>(shared_, FaultDice{FastRandom(), FastRandom(), FastRandom()});
  }

 private:
  FaultShared shared_;
  DownstreamClusters clusters_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  Factory(const HttpFaultConfig& config, uint32_t slots)
      : fault_(config), active_(std::make_unique<SharedBudget>(UINT64_MAX, slots)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const HttpFaultConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    return std::make_unique<Factory>(*config, ctx.stats.slots());
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    const stats::Scope scope = manager.Sub("fault");
    return std::make_unique<Worker>(
        FaultShared{fault_, *active_, worker.slot, stats::Make<FaultStats>(scope), worker.runtime},
        scope);
  }

 private:
  Fault fault_;
  std::unique_ptr<SharedBudget> active_;  // counts; what changes here is safe for all threads
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension() : FilterRouteExtension(kType, kType, &HttpFaultConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    const auto& fault = *config.As<HttpFaultConfig>();
    if (fault.max_active_faults) {
      problems.Add(fault.where, "max_active_faults counts over all routes",
                   "set it on the filter in http_filters");
      return nullptr;
    }
    return std::make_shared<const Fault>(fault);
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HttpFaultConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &HttpFaultConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.fault", "envoy.fault"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::fault
