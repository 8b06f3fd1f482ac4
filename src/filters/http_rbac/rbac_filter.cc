#include "rbac_filter.h"

#include <algorithm>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/route/filter_config.h"
#include "sluice/route/route_entry.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::http_rbac {

using config::Field;
using config::Message;
using filter::FilterStatus;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.rbac.v3.RBAC";
constexpr std::string_view kName = "envoy.filters.http.rbac";

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const Rules& rules, const stats::Scope& manager) : rules_(rules), stats_(manager, rules) {}
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<RbacFilter>(rules_, stats_);
  }

 private:
  const Rules& rules_;
  RbacStats stats_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  Factory(const HttpRbacConfig& config, config::Problems& problems) : rules_(config, problems) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const HttpRbacConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    return std::make_unique<Factory>(*config, ctx.problems);
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& /*worker*/,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<Worker>(rules_, manager);
  }

 private:
  Rules rules_;
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, HttpRbacPerRouteConfig::Schema().type(),
                             &HttpRbacPerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    const auto& given = config.As<HttpRbacPerRouteConfig>()->rbac;
    if (!given) return std::make_shared<const Rules>(HttpRbacConfig{}, problems);
    return std::make_shared<const Rules>(*given, problems);
  }
};

}  // namespace

const Message& HttpRbacConfig::Schema() {
  using C = HttpRbacConfig;
  static const auto message =
      Message::Of<C>(
          kType, "Lets requests through by rules; answers 403 to the others.",
          {Field("rules", &C::rules, "The rules; without them everything passes."),
           Field("rules_stat_prefix", &C::rules_stat_prefix,
                 "Put before the names of the counters: http.<prefix>.rbac.<this>allowed."),
           Field("matcher", &C::matcher, "In place of rules: what comes to no action is denied."),
           Field("shadow_rules", &C::shadow_rules, "Rules that only count."),
           Field("shadow_matcher", &C::shadow_matcher, "In place of shadow_rules."),
           Field("shadow_rules_stat_prefix", &C::shadow_rules_stat_prefix,
                 "The same for the counters of the shadow rules."),
           Field("track_per_rule_stats", &C::track_per_rule_stats,
                 "Counters for each policy of the filter: "
                 "http.<prefix>.rbac.policy.<name>.allowed.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& HttpRbacPerRouteConfig::Schema() {
  using C = HttpRbacPerRouteConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.rbac.v3.RBACPerRoute", "The rules of these routes.",
      {Field("rbac", &C::rbac, "In place of the filter's; no rules at all unless set.")});
  return message;
}

Rules::Rules(const HttpRbacConfig& config, config::Problems& problems)
    : enforced(rbac::MakeEngine(config.rules, config.matcher, match_tree::Scene::kRequest,
                                config.where, problems)),
      shadow(rbac::MakeEngine(config.shadow_rules, config.shadow_matcher,
                              match_tree::Scene::kRequest, config.where, problems)),
      stat_prefix(config.rules_stat_prefix),
      shadow_stat_prefix(config.shadow_rules_stat_prefix),
      track_policies(config.track_per_rule_stats) {}

RbacStats::RbacStats(const stats::Scope& manager, const Rules& rules) {
  const stats::Scope scope = manager.Sub("rbac");
  allowed = scope.MakeCounter(rules.stat_prefix + "allowed");
  denied = scope.MakeCounter(rules.stat_prefix + "denied");
  shadow_allowed = scope.MakeCounter(rules.shadow_stat_prefix + "shadow_allowed");
  shadow_denied = scope.MakeCounter(rules.shadow_stat_prefix + "shadow_denied");
  const auto of = [&](const std::optional<rbac::Engine>& engine) {
    return engine ? engine->MakeCounters(manager.store(), manager.slot())
                  : std::vector<stats::Counter>();
  };
  of_matcher = of(rules.enforced);
  of_shadow_matcher = of(rules.shadow);
  if (!rules.track_policies) return;
  const stats::Scope each = scope.Sub("policy");
  if (rules.enforced) {
    for (const std::string_view name : rules.enforced->policy_names()) {
      const stats::Scope one = each.Sub(name);
      policies.push_back({one.MakeCounter(rules.stat_prefix + "allowed"),
                          one.MakeCounter(rules.stat_prefix + "denied")});
    }
  }
  if (!rules.shadow) return;
  for (const std::string_view name : rules.shadow->policy_names()) {
    const stats::Scope one = each.Sub(name);
    shadow_policies.push_back({one.MakeCounter(rules.shadow_stat_prefix + "shadow_allowed"),
                               one.MakeCounter(rules.shadow_stat_prefix + "shadow_denied")});
  }
}

namespace {

// A route's own rules have other policies, which are not counted one by one.
void CountPolicy(std::vector<RbacStats::OfPolicy>& counters, const rbac::Verdict& verdict) {
  if (verdict.index >= counters.size()) return;
  RbacStats::OfPolicy& one = counters[verdict.index];
  (verdict.allowed ? one.allowed : one.denied).Inc();
}

}  // namespace

FilterStatus RbacFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const auto* of_route = static_cast<const Rules*>(host().route_config());
  const Rules& rules = of_route != nullptr ? *of_route : rules_;
  const route::RouteEntry* route = host().route();
  rbac::Subject subject{host().info(), &head, route != nullptr ? route->metadata_values : nullptr};
  const bool own = &rules == &rules_;
  if (own) subject.counters = stats_.of_shadow_matcher;
  if (rules.shadow) Shadow(*rules.shadow, subject);
  if (!rules.enforced) return FilterStatus::kContinue;
  if (own) subject.counters = stats_.of_matcher;
  const rbac::Verdict verdict = rules.enforced->Decide(subject);
  rbac::NoteForLogs(verdict, host().info());
  if (own) CountPolicy(stats_.policies, verdict);
  if (verdict.allowed) {
    stats_.allowed.Inc();
    return FilterStatus::kContinue;
  }
  stats_.denied.Inc();
  Deny(verdict.policy);
  return FilterStatus::kStop;
}

// For access logs: %DYNAMIC_METADATA(envoy.filters.http.rbac:shadow_engine_result)%.
void RbacFilter::Shadow(const rbac::Engine& engine, const rbac::Subject& subject) {
  const rbac::Verdict verdict = engine.Decide(subject);
  if (rules_.shadow && &engine == &*rules_.shadow) CountPolicy(stats_.shadow_policies, verdict);
  (verdict.allowed ? stats_.shadow_allowed : stats_.shadow_denied).Inc();
  ValueStruct& metadata = host().info().dynamic_metadata(kName);
  if (!verdict.policy.empty()) {
    metadata[rules_.shadow_stat_prefix + "shadow_effective_policy_id"] = Value(verdict.policy);
  }
  metadata[rules_.shadow_stat_prefix + "shadow_engine_result"] =
      Value(verdict.allowed ? "allowed" : "denied");
}

void RbacFilter::Deny(std::string_view policy) {
  std::string details = "rbac_access_denied_matched_policy[";
  details.append(policy.empty() ? "none" : policy).append("]");
  std::ranges::replace_if(
      details, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }, '_');
  host().SendLocalReply(
      {.status = 403, .body = "RBAC: access denied", .details = host().arena().Copy(details)});
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HttpRbacConfig, Factory>;
  return std::make_unique<Extension>(filter::kHttpFilters, kType, &HttpRbacConfig::Schema,
                                     std::vector<std::string_view>{kName});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::http_rbac
