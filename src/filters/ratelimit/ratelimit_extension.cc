#include <memory>
#include <utility>

#include "ratelimit_filter.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::ratelimit {
namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.ratelimit.v3.RateLimit";

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const HttpRateLimitConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    auto plan = CompilePlan(*config, where, ctx);
    return plan == nullptr ? nullptr : std::make_unique<Factory>(std::move(plan));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<RateLimitWorker>(plan_, worker);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, RateLimitPerRouteConfig::Schema().type(),
                             &RateLimitPerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& /*problems*/) const override {
    const auto& parsed = *config.As<RateLimitPerRouteConfig>();
    auto plan = std::make_shared<RoutePlan>();
    plan->virtual_host = parsed.vh_rate_limits;
    plan->own_rules = route::RateLimits(parsed.rate_limits);
    plan->domain = parsed.domain;
    return std::shared_ptr<const RoutePlan>(std::move(plan));
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HttpRateLimitConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &HttpRateLimitConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.ratelimit", "envoy.rate_limit"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::ratelimit
