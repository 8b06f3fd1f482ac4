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
  for (const Policy& policy : policies_) {
    if (!policy.permission->Matches(subject) || !policy.principal->Matches(subject)) continue;
    return {action_ != Action::kDeny, policy.name};
  }
  return {action_ != Action::kAllow, {}};
}

}  // namespace sluice::rbac
