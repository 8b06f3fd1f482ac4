// From configured requirements to those that are checked: names of providers become numbers, and
// allow_missing learns whose tokens it is about. Main thread, at load.
#pragma once

#include "plan.h"

namespace sluice::filters::jwt_authn {

class RequirementCompiler {
 public:
  RequirementCompiler(const std::vector<Provider>& providers, config::Problems& problems);
  Requirement Compile(const RequirementConfig& config);

 private:
  using Indexes = std::vector<size_t>;

  // `around`: the providers that requirements beside this one name.
  Requirement Compile(const RequirementConfig& config, const Indexes& around);
  void CompileList(const RequirementListConfig& list, const Indexes& around, Requirement& out);
  Indexes Find(const config::Located<std::string>& name, bool report);

  const std::vector<Provider>& providers_;
  config::Problems& problems_;
  Indexes all_;
};

}  // namespace sluice::filters::jwt_authn
