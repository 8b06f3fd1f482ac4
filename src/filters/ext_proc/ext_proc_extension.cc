#include <memory>
#include <utility>

#include "ext_proc_filter.h"
#include "ext_proc_worker.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::ext_proc {

ExtProcWorker::ExtProcWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                             const stats::Scope& manager)
    : plan_(std::move(plan)),
      worker_(worker),
      stats_(stats::Make<ExtProcStats>(manager.Sub(plan_->stat_prefix))) {}

filter::HttpFilter* ExtProcWorker::Create(Arena& arena) {
  return arena.New<ExtProcFilter>(*this, worker_.loop);
}

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const ExtProcConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    auto plan = CompilePlan(*config, where, ctx);
    return plan == nullptr ? nullptr : std::make_unique<Factory>(std::move(plan));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<ExtProcWorker>(plan_, worker, manager);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, ExtProcPerRouteConfig::Schema().type(),
                             &ExtProcPerRouteConfig::Schema) {}
  std::shared_ptr<const void> CompileIn(const config::TypedConfig& config,
                                        const route::FilterRouteContext& context) const override {
    return CompileRoute(*config.As<ExtProcPerRouteConfig>(), config.where(), context);
  }
  std::shared_ptr<const void> Merge(const std::shared_ptr<const void>& outer,
                                    const std::shared_ptr<const void>& inner) const override {
    return std::make_shared<const RoutePlan>(MergeRoutes(
        *static_cast<const RoutePlan*>(outer.get()), *static_cast<const RoutePlan*>(inner.get())));
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            ExtProcConfig, Factory>;
  return std::make_unique<Extension>(filter::kHttpFilters, kType, &ExtProcConfig::Schema,
                                     std::vector<std::string_view>{"envoy.filters.http.ext_proc"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::ext_proc
