#include <memory>
#include <utility>

#include "jwt_worker.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::jwt_authn {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const JwtAuthenticationConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    auto plan = CompilePlan(*config, ctx);
    return plan == nullptr ? nullptr : std::make_unique<Factory>(std::move(plan));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& worker,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<JwtWorker>(plan_, worker, manager);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            JwtAuthenticationConfig, Factory>;
  return std::make_unique<Extension>(filter::kHttpFilters, kType, &JwtAuthenticationConfig::Schema,
                                     std::vector<std::string_view>{"envoy.filters.http.jwt_authn"});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<route::FilterRouteExtension>(kType, PerRouteConfig::Schema().type(),
                                                       &PerRouteConfig::Schema);
}

}  // namespace sluice::filters::jwt_authn
