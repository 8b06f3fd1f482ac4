#include <memory>
#include <utility>

#include "lua_plan.h"
#include "lua_worker.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::lua {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.lua.v3.Lua";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const LuaConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    auto plan = CompilePlan(*config, where, ctx);
    return plan == nullptr ? nullptr : std::make_unique<Factory>(std::move(plan));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<LuaWorker>(plan_, worker, manager);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, LuaPerRouteConfig::Schema().type(),
                             &LuaPerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    return CompileRoute(*config.As<LuaPerRouteConfig>(), problems);
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            LuaConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &LuaConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.lua", "envoy.lua"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::lua
