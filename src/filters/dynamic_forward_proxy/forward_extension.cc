#include <fmt/format.h>

#include "forward_filter.h"
#include "sluice/config/parse.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/chars.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::dynamic_forward_proxy {
namespace {

constexpr std::string_view kType =
    "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig";

using Planned = filter::PlannedHttpFilter<ForwardFilter, ForwardConfig>;

struct Extension final : filter::HttpFilterExtension {
  using HttpFilterExtension::HttpFilterExtension;
  std::unique_ptr<filter::HttpFilterFactory> Make(const config::TypedConfig& config,
                                                  filter::LoadContext& ctx) const override {
    const auto own = config.Share<ForwardConfig>();
    const upstream::DnsCacheConfig& cache = own->dns_cache_config;
    const upstream::DnsCacheConfig* other = ctx.clusters.FindDnsCache(cache.name);
    if (other != nullptr && !config::Equal(*other, cache)) {
      ctx.problems.Add(cache.where,
                       fmt::format("the DNS cache '{}' has other settings in a cluster, line {}",
                                   cache.name, other->where.mark.line));
    }
    return Planned::Make(own, config.where(), ctx);
  }
};

struct RouteExtension final : route::FilterRouteExtension {
  using FilterRouteExtension::FilterRouteExtension;
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& /*problems*/) const override {
    auto compiled = std::make_shared<ForwardRouteConfig>(*config.As<ForwardRouteConfig>());
    for (char& c : compiled->host_rewrite_header) c = http::ToLowerAscii(c);
    return compiled;
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &ForwardConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.dynamic_forward_proxy"});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<RouteExtension>(kType, ForwardRouteConfig::Schema().type(),
                                          &ForwardRouteConfig::Schema);
}

}  // namespace sluice::filters::dynamic_forward_proxy
