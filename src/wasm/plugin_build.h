// From code to what VMs are made of. Main thread.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/wasm/plugin.h"

namespace sluice::wasm {

struct VmRecipe {
  std::string vm_id;
  std::string configuration;
  std::vector<std::string> environment;
  ModuleLimits limits;
  Engine* engine = nullptr;
  size_t max_shared_bytes = size_t{64} << 20;
  std::set<std::string, std::less<>> allowed{};
};

Result<std::unique_ptr<VmPlan>> MakeVmPlan(const VmRecipe& recipe, std::string_view code);

}  // namespace sluice::wasm
