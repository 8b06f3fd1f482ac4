#include "sluice/rbac/engine.h"

#include <algorithm>
#include <utility>

#include "rules.h"

namespace sluice::rbac {
namespace {

class Policies final : public Engine::Rules {
 public:
  explicit Policies(const RbacConfig& config) : action_(config.action) {
    for (const auto& [name, policy] : config.policies) {
      policies_.push_back({name, CompileAny(policy.permissions), CompileAny(policy.principals)});
    }
  }
  // Engine::Rules
  Verdict Decide(const Subject& subject) const override {
    for (size_t i = 0; i < policies_.size(); ++i) {
      const Policy& policy = policies_[i];
      if (!policy.permission->Matches(subject) || !policy.principal->Matches(subject)) continue;
      return {action_ != Action::kDeny, policy.name, i, Hint(true)};
    }
    return {action_ != Action::kAllow, {}, Verdict::kNone, Hint(false)};
  }
  std::vector<std::string_view> names() const override {
    std::vector<std::string_view> names;
    for (const Policy& policy : policies_) names.push_back(policy.name);
    return names;
  }
  std::vector<stats::Counter> MakeCounters(stats::Store& /*store*/,
                                           uint32_t /*slot*/) const override {
    return {};
  }

 private:
  struct Policy {
    std::string name;
    std::unique_ptr<Rule> permission;
    std::unique_ptr<Rule> principal;
  };

  std::optional<bool> Hint(bool matched) const {
    return action_ == Action::kLog ? std::optional(matched) : std::nullopt;
  }

  Action action_;
  std::vector<Policy> policies_;  // in the order of their names, as Envoy tries them
};

class Matcher final : public Engine::Rules {
 public:
  Matcher(const match_tree::MatcherConfig& config, match_tree::Scene scene,
          config::Problems& problems)
      : tree_(config, scene, problems) {
    for (const config::TypedConfig& each : tree_.actions()) {
      if (const auto* action = each.As<ActionConfig>()) {
        actions_.push_back(*action);
      } else {
        problems.Add(each.where(), std::string(each.extension()->type) + " is no action of rbac",
                     "envoy.config.rbac.v3.Action");
      }
    }
    logs_ = std::ranges::count(actions_, Action::kLog, &ActionConfig::action) != 0;
  }
  // Engine::Rules
  Verdict Decide(const Subject& subject) const override {
    const auto found = tree_.Match({subject.info, subject.head, subject.counters});
    const std::optional<bool> no_hint = logs_ ? std::optional(false) : std::nullopt;
    if (!found) return {false, {}, Verdict::kNone, no_hint};
    const ActionConfig& action = actions_[*found];
    return {action.action != Action::kDeny, action.name, *found,
            action.action == Action::kLog ? std::optional(true) : no_hint};
  }
  std::vector<std::string_view> names() const override {
    std::vector<std::string_view> names;
    for (const ActionConfig& action : actions_) names.push_back(action.name);
    return names;
  }
  std::vector<stats::Counter> MakeCounters(stats::Store& store, uint32_t slot) const override {
    return tree_.MakeCounters(store, slot);
  }

 private:
  match_tree::Tree tree_;
  std::vector<ActionConfig> actions_;  // the tree's
  bool logs_ = false;
};

}  // namespace

Engine::Engine(const RbacConfig& config) : rules_(std::make_unique<Policies>(config)) {}
Engine::Engine(const match_tree::MatcherConfig& matcher, match_tree::Scene scene,
               config::Problems& problems)
    : rules_(std::make_unique<Matcher>(matcher, scene, problems)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

Verdict Engine::Decide(const Subject& subject) const { return rules_->Decide(subject); }

std::vector<std::string_view> Engine::policy_names() const { return rules_->names(); }

std::vector<stats::Counter> Engine::MakeCounters(stats::Store& store, uint32_t slot) const {
  return rules_->MakeCounters(store, slot);
}

std::optional<Engine> MakeEngine(const std::optional<RbacConfig>& rules,
                                 const std::optional<match_tree::MatcherConfig>& matcher,
                                 match_tree::Scene scene, const config::Where& where,
                                 config::Problems& problems) {
  if (matcher) {
    if (rules) problems.Warn(where, "rules beside a matcher have no effect");
    return Engine(*matcher, scene, problems);
  }
  if (rules) return Engine(*rules);
  return std::nullopt;
}

void NoteForLogs(const Verdict& verdict, stream::StreamInfo& info) {
  if (!verdict.log_hint) return;
  info.dynamic_metadata("envoy.common")["access_log_hint"] = Value(*verdict.log_hint);
}

}  // namespace sluice::rbac
