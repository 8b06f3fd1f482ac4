// From the configuration to the filters of each worker.
#include <utility>

#include "compressor_filter.h"
#include "sluice/config/message.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::compressor {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.compressor.v3.Compressor";
constexpr std::string_view kNoLibrary = "the library has no typed_config";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(CompressorPlan plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const CompressorConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    FactoryPtr library = MakeLibrary(config->compressor_library);
    if (library == nullptr) {
      ctx.problems.Add(where, std::string(kNoLibrary));
      return nullptr;
    }
    return std::make_unique<Factory>(CompressorPlan(*config, std::move(library)));
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<CompressorWorker>(plan_, worker.runtime, manager);
  }

 private:
  const CompressorPlan plan_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, CompressorPerRouteConfig::Schema().type(),
                             &CompressorPerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    const auto& route = *config.As<CompressorPerRouteConfig>();
    RoutePlan plan;
    if (!route.overrides) {
      plan.response_enabled = false;
      return std::make_shared<const RoutePlan>(std::move(plan));
    }
    if (const auto& response = route.overrides->response_direction_config) {
      plan.response_enabled = true;
      plan.remove_accept_encoding = response->remove_accept_encoding_header;
    }
    if (const auto& library = route.overrides->compressor_library) {
      plan.library = MakeLibrary(*library);
      if (plan.library == nullptr) {
        problems.Add(config.where(), std::string(kNoLibrary));
        return nullptr;
      }
    }
    return std::make_shared<const RoutePlan>(std::move(plan));
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            CompressorConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &CompressorConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.compressor"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::compressor
