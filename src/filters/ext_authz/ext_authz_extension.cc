#include <memory>
#include <utility>

#include "ext_authz_worker.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::ext_authz {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const ExtAuthzConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    auto plan = CompilePlan(*config, where, ctx);
    return plan == nullptr ? nullptr : std::make_unique<Factory>(std::move(plan));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<ExtAuthzWorker>(plan_, worker, manager);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, ExtAuthzPerRouteConfig::Schema().type(),
                             &ExtAuthzPerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& /*problems*/) const override {
    return std::make_shared<const RoutePlan>(CompileRoute(*config.As<ExtAuthzPerRouteConfig>()));
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
                                            ExtAuthzConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &ExtAuthzConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.ext_authz", "envoy.ext_authz"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::ext_authz
