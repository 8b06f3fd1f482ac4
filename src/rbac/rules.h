// From permissions and principals to rules. Private to the folder.
#pragma once

#include <memory>
#include <vector>

#include "sluice/rbac/engine.h"

namespace sluice::rbac {

class Rule {
 public:
  virtual ~Rule() = default;
  virtual bool Matches(const Subject& subject) const = 0;
};

std::unique_ptr<Rule> Compile(const PermissionConfig& config);
std::unique_ptr<Rule> Compile(const PrincipalConfig& config);
// Matches when one of them does.
std::unique_ptr<Rule> CompileAny(const std::vector<PermissionConfig>& configs);
std::unique_ptr<Rule> CompileAny(const std::vector<PrincipalConfig>& configs);

}  // namespace sluice::rbac
