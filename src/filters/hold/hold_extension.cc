#include <fmt/format.h>

#include "hold_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::hold {
namespace {

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(HoldPlan plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(std::shared_ptr<const HoldConfig> config,
                                                         const config::Where& /*where*/,
                                                         filter::LoadContext& ctx) {
    const auto& cluster = config->control_plane.cluster;
    if (!ctx.clusters.FindId(*cluster)) {
      const std::string_view near = ctx.clusters.NearestName(*cluster);
      ctx.problems.Add(cluster.where, fmt::format("there is no cluster '{}'", *cluster),
                       near.empty() ? "" : fmt::format("did you mean `{}`?", near));
      return nullptr;
    }
    HoldPlan plan;
    plan.hosts = match::Compile(config->hosts);
    plan.places = std::make_unique<SharedBudget>(config->max_held, ctx.stats.slots());
    plan.control_plane = &ctx.services.Add(std::make_unique<ControlPlane>(
        config, ctx.main_loop, ctx.stats.MainScope("hold." + config->stat_prefix)));
    plan.config = std::move(config);
    return std::make_unique<Factory>(std::move(plan));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<HoldWorker>(plan_, worker);
  }

 private:
  HoldPlan plan_;
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HoldConfig, Factory>;
  return std::make_unique<Extension>(filter::kHttpFilters, "sluice.filters.http.hold.v1.Hold",
                                     &HoldConfig::Schema,
                                     std::vector<std::string_view>{"sluice.filters.http.hold"});
}

}  // namespace sluice::filters::hold
