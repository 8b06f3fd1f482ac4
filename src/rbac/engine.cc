#include "sluice/rbac/engine.h"

#include <utility>

#include "rules.h"

namespace sluice::rbac {

Engine::Engine(const RbacConfig& config) : action_(config.action) {
  for (const auto& [name, policy] : config.policies) {
    policies_.push_back({name, CompileAny(policy.permissions), CompileAny(policy.principals)});
  }
}

Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;

Verdict Engine::Decide(const Subject& subject) const {
  for (size_t i = 0; i < policies_.size(); ++i) {
    const Policy& policy = policies_[i];
    if (!policy.permission->Matches(subject) || !policy.principal->Matches(subject)) continue;
    return {action_ != Action::kDeny, policy.name, i};
  }
  return {action_ != Action::kAllow, {}};
}

std::vector<std::string_view> Engine::policy_names() const {
  std::vector<std::string_view> names;
  for (const Policy& policy : policies_) names.push_back(policy.name);
  return names;
}

void NoteForLogs(const Engine& engine, const Verdict& verdict, stream::StreamInfo& info) {
  if (engine.action() != Action::kLog) return;
  info.dynamic_metadata("envoy.common")["access_log_hint"] = Value(verdict.index != Verdict::kNone);
}

}  // namespace sluice::rbac
