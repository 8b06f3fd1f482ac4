#include "csrf_filter.h"

#include <memory>

#include "sluice/base/random.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::csrf {

using config::Field;
using config::Message;
using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.csrf.v3.CsrfPolicy";

bool ChangesSomething(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "DELETE" || method == "PATCH";
}

// "a.test:81" of "http://a.test:81/page"; what is no URL stays as it is ("null").
std::string_view HostAndPort(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return url;
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

std::string_view SourceOrigin(const http::HeaderMap& head) {
  const std::string_view origin = HostAndPort(head.Get(HeaderId::kOrigin).value_or(""));
  return !origin.empty() ? origin : HostAndPort(head.Get(HeaderId::kReferer).value_or(""));
}

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const Policy& policy, const stats::Scope& manager, const match::RuntimeSnapshot* runtime)
      : policy_(policy), stats_(stats::Make<CsrfStats>(manager.Sub("csrf"))), runtime_(runtime) {}
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<CsrfFilter>(policy_, stats_, runtime_);
  }

 private:
  const Policy& policy_;
  CsrfStats stats_;
  const match::RuntimeSnapshot* runtime_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  Factory(const CsrfPolicyConfig& config, const match::RuntimeSnapshot* runtime)
      : policy_(config), runtime_(runtime) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const CsrfPolicyConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    return std::make_unique<Factory>(*config, ctx.runtime);
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& /*worker*/,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<Worker>(policy_, manager, runtime_);
  }

 private:
  Policy policy_;
  const match::RuntimeSnapshot* runtime_;  // the server's; lives as long as the process
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension() : FilterRouteExtension(kType, kType, &CsrfPolicyConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& /*problems*/) const override {
    return std::make_shared<const Policy>(*config.As<CsrfPolicyConfig>());
  }
};

}  // namespace

const Message& CsrfPolicyConfig::Schema() {
  using C = CsrfPolicyConfig;
  static const auto message = Message::Of<C>(
      kType, "Refuses POST, PUT, DELETE and PATCH from pages of other origins.",
      {Field("filter_enabled", &C::filter_enabled, "The share of requests that is judged.")
           .Required(),
       Field("shadow_enabled", &C::shadow_enabled,
             "The share of the others that is judged and counted, but let through."),
       Field("additional_origins", &C::additional_origins,
             "host[:port] of origins that are allowed beside the request's own.")});
  return message;
}

Policy::Policy(const CsrfPolicyConfig& config)
    : enabled(match::Compile(config.filter_enabled)),
      shadow(config.shadow_enabled ? match::Compile(*config.shadow_enabled)
                                   : match::RuntimeFraction{{0, 100}, {}}),
      additional_origins(match::Compile(config.additional_origins)) {}

FilterStatus CsrfFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const auto* of_route = static_cast<const Policy*>(host().route_config());
  const Policy& policy = of_route != nullptr ? *of_route : policy_;
  if (!ChangesSomething(head.Get(HeaderId::kMethod).value_or(""))) return FilterStatus::kContinue;
  const uint64_t random = FastRandom();
  const bool enabled = policy.enabled.Includes(random, runtime_);
  if (!enabled && !policy.shadow.Includes(random, runtime_)) return FilterStatus::kContinue;
  if (Judge(policy, head) || !enabled) return FilterStatus::kContinue;
  host().SendLocalReply(
      {.status = 403, .body = "Invalid origin", .details = "csrf_origin_mismatch"});
  return FilterStatus::kStop;
}

bool CsrfFilter::Judge(const Policy& policy, const http::HeaderMap& head) {
  const std::string_view source = SourceOrigin(head);
  if (source.empty()) {
    stats_.missing_source_origin.Inc();
    stats_.request_invalid.Inc();
    return false;
  }
  const bool valid = source == head.Get(HeaderId::kAuthority).value_or("") ||
                     match::AnyMatches(policy.additional_origins, source);
  (valid ? stats_.request_valid : stats_.request_invalid).Inc();
  return valid;
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            CsrfPolicyConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &CsrfPolicyConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.csrf", "envoy.csrf"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::csrf
