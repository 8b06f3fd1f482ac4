#include "network_rbac_filter.h"

#include <utility>

#include "sluice/base/log.h"
#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::network_rbac {

using filter::NetworkStatus;

namespace {

constexpr std::string_view kName = "envoy.filters.network.rbac";

struct Plan {
  std::optional<rbac::Engine> rules;
  std::optional<rbac::Engine> shadow;
  std::string stat_prefix;
  std::string shadow_prefix;
  Enforcement enforcement;
  Duration delay_deny;
};

class Filter final : public filter::NetworkFilter {
 public:
  Filter(const Plan& plan, RbacStats& stats) : plan_(plan), stats_(stats) {}

  // filter::NetworkFilter
  NetworkStatus OnData(ByteChain& data, bool end) override;
  bool transparent() const override {
    return state_ == State::kAllowed && plan_.enforcement == Enforcement::kOneTimeOnFirstByte;
  }

 private:
  enum class State : uint8_t { kUndecided, kAllowed, kDenied };

  void Shadow(const rbac::Subject& subject);
  NetworkStatus Deny(std::string_view policy);

  const Plan& plan_;
  RbacStats& stats_;
  State state_ = State::kUndecided;
  std::unique_ptr<Timer> delay_;
  std::string details_;
};

NetworkStatus Filter::OnData(ByteChain& /*data*/, bool /*end*/) {
  if (state_ == State::kDenied) return NetworkStatus::kStop;
  const bool once = plan_.enforcement == Enforcement::kOneTimeOnFirstByte;
  if (state_ == State::kAllowed && once) return NetworkStatus::kContinue;
  if (plan_.shadow) Shadow({host().info(), nullptr, nullptr, stats_.of_shadow_matcher});
  if (!plan_.rules) {
    state_ = State::kAllowed;
    return NetworkStatus::kContinue;
  }
  const rbac::Verdict verdict =
      plan_.rules->Decide({host().info(), nullptr, nullptr, stats_.of_matcher});
  rbac::NoteForLogs(verdict, host().info());
  if (!verdict.allowed) return Deny(verdict.policy);
  if (state_ == State::kUndecided) stats_.allowed.Inc();
  state_ = State::kAllowed;
  return NetworkStatus::kContinue;
}

// For access logs: %DYNAMIC_METADATA(envoy.filters.network.rbac:shadow_engine_result)%.
void Filter::Shadow(const rbac::Subject& subject) {
  const rbac::Verdict verdict = plan_.shadow->Decide(subject);
  (verdict.allowed ? stats_.shadow_allowed : stats_.shadow_denied).Inc();
  ValueStruct& metadata = host().info().dynamic_metadata(kName);
  if (!verdict.policy.empty()) {
    metadata[plan_.shadow_prefix + "shadow_effective_policy_id"] = Value(verdict.policy);
  }
  metadata[plan_.shadow_prefix + "shadow_engine_result"] =
      Value(verdict.allowed ? "allowed" : "denied");
}

NetworkStatus Filter::Deny(std::string_view policy) {
  state_ = State::kDenied;
  stats_.denied.Inc();
  details_ =
      "rbac_access_denied_matched_policy[" + std::string(policy.empty() ? "none" : policy) + "]";
  SLUICE_LOG(kRbac, kDebug, "[C{}] {}", host().connection().id(), details_);
  if (plan_.delay_deny == Duration::zero()) {
    host().Close(net::CloseKind::kOrderly, details_);
    return NetworkStatus::kStop;
  }
  host().connection().PauseReading();
  delay_ = std::make_unique<Timer>(host().worker().loop,
                                   [this] { host().Close(net::CloseKind::kOrderly, details_); });
  delay_->Arm(plan_.delay_deny);
  return NetworkStatus::kStop;
}

class Worker final : public filter::NetworkFilterWorker {
 public:
  Worker(const Plan& plan, filter::WorkerContext& worker)
      : plan_(plan),
        stats_(stats::Scope(worker.stats, worker.slot, plan.stat_prefix + ".rbac"),
               plan.shadow_prefix) {
    if (plan.rules) stats_.of_matcher = plan.rules->MakeCounters(worker.stats, worker.slot);
    if (plan.shadow)
      stats_.of_shadow_matcher = plan.shadow->MakeCounters(worker.stats, worker.slot);
  }
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<Filter>(plan_, stats_);
  }

 private:
  const Plan& plan_;
  RbacStats stats_;
};

class Factory final : public filter::NetworkFilterFactory {
 public:
  explicit Factory(Plan plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const NetworkRbacConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    constexpr auto kScene = match_tree::Scene::kConnection;
    return std::make_unique<Factory>(Plan{
        rbac::MakeEngine(config->rules, config->matcher, kScene, where, ctx.problems),
        rbac::MakeEngine(config->shadow_rules, config->shadow_matcher, kScene, where, ctx.problems),
        config->stat_prefix, config->shadow_rules_stat_prefix, config->enforcement_type,
        config->delay_deny});
  }
  // filter::NetworkFilterFactory
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override {
    return std::make_unique<Worker>(plan_, worker);
  }

 private:
  Plan plan_;
};

}  // namespace

RbacStats::RbacStats(const stats::Scope& scope, const std::string& shadow_prefix)
    : allowed(scope.MakeCounter("allowed")),
      denied(scope.MakeCounter("denied")),
      shadow_allowed(scope.MakeCounter(shadow_prefix + "shadow_allowed")),
      shadow_denied(scope.MakeCounter(shadow_prefix + "shadow_denied")) {}

const config::EnumTable& ConfigEnum(Enforcement) {
  static const config::EnumTable table(
      "envoy.extensions.filters.network.rbac.v3.RBAC.EnforcementType",
      {{"ONE_TIME_ON_FIRST_BYTE", 0}, {"CONTINUOUS", 1}});
  return table;
}

const config::Message& NetworkRbacConfig::Schema() {
  using C = NetworkRbacConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.network.rbac.v3.RBAC", "Lets connections through by rules.",
      {config::Field("rules", &C::rules, "The rules; without them everything passes."),
       config::Field("matcher", &C::matcher,
                     "In place of rules: what comes to no action is denied."),
       config::Field("shadow_rules", &C::shadow_rules, "Rules that only count."),
       config::Field("shadow_matcher", &C::shadow_matcher, "In place of shadow_rules."),
       config::Field("shadow_rules_stat_prefix", &C::shadow_rules_stat_prefix,
                     "Put before the names of the shadow rules' counters."),
       config::Field("stat_prefix", &C::stat_prefix, "Prefix of the counters.")
           .Required()
           .NonEmpty(),
       config::Field("enforcement_type", &C::enforcement_type, "Once, or at every read."),
       config::Field("delay_deny", &C::delay_deny, "Holds a refused connection so long.")});
  return message;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              NetworkRbacConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.rbac.v3.RBAC",
      &NetworkRbacConfig::Schema, std::vector<std::string_view>{kName});
}

}  // namespace sluice::filters::network_rbac
