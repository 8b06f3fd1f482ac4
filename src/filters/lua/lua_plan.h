// The compiled configurations: immutable, shared by the workers. Scripts are kept as text, because
// each worker has states of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lua_config.h"
#include "script.h"
#include "sluice/base/value.h"
#include "sluice/filter/registry.h"

namespace sluice::filters::lua {

struct Plan {
  std::string filter_name;  // as configured: whose metadata is the script's
  std::string stat_prefix;
  std::optional<ScriptSource> script;
  std::map<std::string, ScriptSource, std::less<>> named;
  bool clear_route_cache = true;
  Limits limits;
  const filter::ProcessState* process = nullptr;
};

struct RoutePlan {
  uint64_t id = 0;  // never used again
  bool disabled = false;
  std::string name;                    // of the filter's scripts; empty: none is named
  std::optional<ScriptSource> script;  // of its own
  Value context;
};

// Scripts are compiled and run once, to see that they can be. Null after adding to the problems.
std::shared_ptr<const Plan> CompilePlan(const LuaConfig& config, const config::Where& where,
                                        filter::LoadContext& ctx);
std::shared_ptr<const RoutePlan> CompileRoute(const LuaPerRouteConfig& config,
                                              config::Problems& problems);

}  // namespace sluice::filters::lua
