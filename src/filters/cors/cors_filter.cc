#include "cors_filter.h"

#include <memory>
#include <utility>

#include "sluice/base/random.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::cors {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kAllowPrivateNetwork = "access-control-allow-private-network";
constexpr std::string_view kRequestPrivateNetwork = "access-control-request-private-network";

bool Allows(const route::CorsPolicy& policy, std::string_view origin) {
  for (const match::StringMatcher& matcher : policy.allow_origins) {
    if (matcher.Matches("*") || matcher.Matches(origin)) return true;
  }
  return false;
}

void SetIfAny(http::HeaderMap& head, HeaderId id, std::string_view value) {
  if (!value.empty()) head.SetView(id, value);
}

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const stats::Scope& manager, const match::RuntimeSnapshot* runtime)
      : stats_(stats::Make<CorsStats>(manager.Sub("cors"))), runtime_(runtime) {}
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<CorsFilter>(stats_, FastRandom(), runtime_);
  }

 private:
  CorsStats stats_;
  const match::RuntimeSnapshot* runtime_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(const match::RuntimeSnapshot* runtime) : runtime_(runtime) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const CorsConfig>& /*config*/, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    return std::make_unique<Factory>(ctx.runtime);
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& /*worker*/,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<Worker>(manager, runtime_);
  }

 private:
  const match::RuntimeSnapshot* runtime_;  // the server's; lives as long as the process
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(route::kCorsFilterType,
                             "envoy.extensions.filters.http.cors.v3.CorsPolicy",
                             &route::CorsPolicyConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& /*problems*/) const override {
    return std::make_shared<const route::CorsPolicy>(*config.As<route::CorsPolicyConfig>());
  }
};

}  // namespace

const config::Message& CorsConfig::Schema() {
  static const auto message = config::Message::Of<CorsConfig>(
      route::kCorsFilterType, "Cross-origin requests; policies are on virtual hosts and routes.",
      {});
  return message;
}

FilterStatus CorsFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const auto* policy = static_cast<const route::CorsPolicy*>(host().route_config());
  const std::string_view origin = head.Get(HeaderId::kOrigin).value_or("");
  if (policy == nullptr || origin.empty()) return FilterStatus::kContinue;
  const bool enabled = policy->enabled.Includes(random_, runtime_);
  if (!enabled && !policy->shadow.Includes(random_, runtime_)) return FilterStatus::kContinue;
  const bool allowed = Allows(*policy, origin);
  (allowed ? stats_.origin_valid : stats_.origin_invalid).Inc();
  if (!enabled) return FilterStatus::kContinue;
  if (allowed) {
    policy_ = policy;
    origin_ = origin;
  }
  const bool preflight = head.Get(HeaderId::kMethod) == "OPTIONS" &&
                         !head.Get(HeaderId::kAccessControlRequestMethod).value_or("").empty();
  if (!preflight || (!allowed && policy->forward_not_matching_preflights)) {
    return FilterStatus::kContinue;
  }
  return Preflight(head, allowed);
}

// An origin that is not allowed gets an answer without any of the fields: the browser refuses.
FilterStatus CorsFilter::Preflight(const http::HeaderMap& head, bool allowed) {
  private_network_ = allowed && policy_->allow_private_network_access &&
                     head.Get(kRequestPrivateNetwork) == "true";
  filter::LocalReply reply{.status = 200, .body = {}, .details = "cors_response"};
  if (allowed) {
    reply.edit = [](http::HeaderMap& response, void* context) {
      const auto& self = *static_cast<CorsFilter*>(context);
      SetIfAny(response, HeaderId::kAccessControlAllowMethods, self.policy_->allow_methods);
      SetIfAny(response, HeaderId::kAccessControlAllowHeaders, self.policy_->allow_headers);
      SetIfAny(response, HeaderId::kAccessControlMaxAge, self.policy_->max_age);
      if (self.private_network_) response.AddView(kAllowPrivateNetwork, "true");
    };
    reply.edit_context = this;
  }
  host().SendLocalReply(reply);
  return FilterStatus::kStop;
}

// Also of the answer to a preflight, which comes this way.
FilterStatus CorsFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  if (policy_ == nullptr) return FilterStatus::kContinue;
  head.SetView(HeaderId::kAccessControlAllowOrigin, origin_);
  if (policy_->allow_credentials) head.SetView(HeaderId::kAccessControlAllowCredentials, "true");
  SetIfAny(head, HeaderId::kAccessControlExposeHeaders, policy_->expose_headers);
  return FilterStatus::kContinue;
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            CorsConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, route::kCorsFilterType, &CorsConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.cors", "envoy.cors"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::cors
