#include "manager_factory.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "compile_options.h"
#include "sluice/http/chars.h"
#include "sluice/log/header_formats.h"
#include "sluice/route/build.h"

namespace sluice::downstream {
namespace {

// Builds the filter chains of one manager: http_filters first, then those of upgrades.
class PlanBuilder {
 public:
  PlanBuilder(ManagerPlan& plan, filter::LoadContext& ctx) : plan_(plan), ctx_(ctx) {}

  void AddChain(const std::vector<HttpFilterConfig>& filters, const config::Where& where) {
    ManagerPlan::Chain& chain = plan_.chains.emplace_back();
    chain.config_base = static_cast<uint32_t>(slots_.size());
    for (const HttpFilterConfig& filter : filters) AddFilter(chain, filter);
    CheckOrder(chain, filters, where);
  }

  const std::vector<route::FilterSlot>& slots() const { return slots_; }

 private:
  void AddFilter(ManagerPlan::Chain& chain, const HttpFilterConfig& config) {
    if (!config.typed_config) return;  // optional and unknown; the parser has warned
    const auto& extension = config.typed_config.Factory<filter::HttpFilterExtension>();
    ctx_.filter_name = config.name.value;
    auto factory = extension.Make(config.typed_config, ctx_);
    ctx_.filter_name = {};
    slots_.push_back({config.name.value, &extension});
    chain.filters.push_back({std::move(factory), config.disabled});
  }

  // As Envoy: exactly one terminal filter, at the end, and always on.
  void CheckOrder(const ManagerPlan::Chain& chain, const std::vector<HttpFilterConfig>& filters,
                  const config::Where& where) {
    std::vector<const HttpFilterConfig*> kept;
    for (const HttpFilterConfig& filter : filters) {
      if (filter.typed_config) kept.push_back(&filter);
    }
    if (kept.size() > filter::HttpChain::kMaxFilters) {
      ctx_.problems.Add(where, "more than 64 HTTP filters in one chain");
    }
    if (kept.empty()) {
      ctx_.problems.Add(where, "no HTTP filter is left",
                        "the last one must be terminal: envoy.filters.http.router");
    }
    for (size_t i = 0; i < kept.size(); ++i) {
      const HttpFilterConfig& filter = *kept[i];
      if (chain.filters[i].factory == nullptr) continue;  // its own problems have been added
      const bool terminal = chain.filters[i].factory->terminal();
      const std::string named = "`" + filter.name.value + "` of type " +
                                std::string(filter.typed_config.extension()->type);
      if (terminal && filter.disabled) {
        ctx_.problems.Add(filter.where, "terminal filter " + named + " cannot be disabled");
      }
      if (i + 1 == kept.size()) {
        if (!terminal) {
          ctx_.problems.Add(filter.where,
                            "non-terminal filter " + named + " is the last filter in its chain",
                            "put envoy.filters.http.router behind it");
        }
      } else if (terminal) {
        ctx_.problems.Add(filter.where,
                          "terminal filter " + named + " must be the last filter in its chain");
      }
    }
  }

  ManagerPlan& plan_;
  filter::LoadContext& ctx_;
  std::vector<route::FilterSlot> slots_;
};

void AddUpgrades(const HttpConnectionManagerConfig& config, const config::Where& where,
                 PlanBuilder& builder, ManagerPlan& plan, config::Problems& problems) {
  for (const UpgradeConfig& upgrade : config.upgrade_configs) {
    UpgradeOption option;
    for (const char c : upgrade.upgrade_type) option.type += http::ToLowerAscii(c);
    option.enabled = upgrade.enabled;
    if (plan.options.FindUpgrade(option.type) != nullptr) {
      problems.Add(where, "upgrade type `" + upgrade.upgrade_type + "` is configured twice");
    }
    if (!upgrade.filters.empty()) {
      option.chain = static_cast<uint32_t>(plan.chains.size());
      builder.AddChain(upgrade.filters, where);
    }
    plan.options.upgrades.push_back(std::move(option));
  }
}

}  // namespace

std::unique_ptr<filter::NetworkFilterFactory> ManagerFactory::Make(
    const std::shared_ptr<const HttpConnectionManagerConfig>& config, const config::Where& where,
    filter::LoadContext& ctx) {
  const size_t errors = ctx.problems.errors();
  const log::HeaderFormats formats;
  auto plan = std::make_shared<ManagerPlan>();
  CompileOptions(*config, where, formats, ctx, plan->options);
  PlanBuilder builder(*plan, ctx);
  builder.AddChain(config->http_filters, where);
  AddUpgrades(*config, where, builder, *plan, ctx.problems);

  if (config->rds) {
    plan->route_file = RouteFile::Load(*config, builder.slots(), ctx);
  } else {
    route::BuildInput input;
    input.config = {config, &*config->route_config};  // lives as long as all of it
    input.clusters = &ctx.clusters;
    input.formats = &formats;
    input.filters = builder.slots();
    plan->routes = route::BuildTable(input, ctx.problems);
  }
  if (ctx.problems.errors() != errors) return nullptr;
  return std::make_unique<ManagerFactory>(std::move(plan));
}

}  // namespace sluice::downstream
