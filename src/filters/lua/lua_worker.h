// A worker's half of the filter: the Lua states of its scripts, counters, and the calls that nobody
// waits for. Outlives the streams.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "lua_plan.h"
#include "script.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::lua {

struct LuaStats {
  stats::Counter errors;
  stats::Counter executions;
  stats::Counter over_instructions;
  stats::Counter over_memory;
  static constexpr stats::Field<LuaStats> kFields[] = {
      {&LuaStats::errors, "errors", "Runs of a script that failed"},
      {&LuaStats::executions, "executions", "Functions of scripts that were begun"},
      {&LuaStats::over_instructions, "over_instructions",
       "Failed runs that took too many instructions without a wait"},
      {&LuaStats::over_memory, "over_memory", "Failed runs that wanted too much memory"},
  };
};

class LuaWorker final : public filter::HttpFilterWorker {
 public:
  static constexpr size_t kMaxDetachedCalls = 1024;

  LuaWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
            const stats::Scope& manager);
  ~LuaWorker() override;

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const Plan& plan() const { return *plan_; }
  LuaStats& stats() { return stats_; }
  // What runs on requests of a route (null: it says nothing); null: nothing does.
  Script* ScriptOf(const RoutePlan* route);
  // A call that goes on without its stream. False: there are too many.
  bool Detach(filter::AsyncRequest request);

 private:
  class Detached;

  std::unique_ptr<Script> Load(const ScriptSource& source);
  Script* Find(const RoutePlan& route);

  std::shared_ptr<const Plan> plan_;
  filter::WorkerContext& worker_;
  LuaStats stats_;
  std::unique_ptr<Script> default_;
  std::map<std::string, std::unique_ptr<Script>, std::less<>> named_;
  std::vector<std::unique_ptr<Script>> own_;        // of routes
  std::unordered_map<uint64_t, Script*> by_route_;  // by RoutePlan::id, once it has been met
  std::list<std::unique_ptr<Detached>> detached_;
};

}  // namespace sluice::filters::lua
