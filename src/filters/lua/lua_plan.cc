#include "lua_plan.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "sluice/match/runtime.h"

namespace sluice::filters::lua {
namespace {

constexpr size_t kMaxScriptBytes = size_t{16} << 20;
constexpr uint64_t kLeastInstructions = 1000;
constexpr uint64_t kLeastMemory = uint64_t{1} << 20;

Limits LimitsOf(const match::RuntimeSnapshot* runtime) {
  Limits limits;
  if (runtime == nullptr) return limits;
  if (const auto count = runtime->FindInteger("sluice.lua.max_instructions")) {
    limits.max_instructions =
        static_cast<uint32_t>(std::clamp<uint64_t>(*count, kLeastInstructions, INT32_MAX));
  }
  if (const auto bytes = runtime->FindInteger("sluice.lua.max_memory_bytes")) {
    limits.max_memory_bytes = std::max(*bytes, kLeastMemory);
  }
  return limits;
}

std::optional<ScriptSource> Checked(ScriptSource source, const config::Where& where,
                                    const Limits& limits, config::Problems& problems) {
  if (const auto script = Script::Load(source, limits); !script) {
    problems.Add(where, "script load error: " + script.error().detail);
    return std::nullopt;
  }
  return source;
}

std::optional<ScriptSource> Read(const config::DataSource& source, std::string name,
                                 const Limits& limits, config::Problems& problems) {
  auto text = config::Load(source, kMaxScriptBytes);
  if (!text) {
    problems.Add(source.where, text.error().detail);
    return std::nullopt;
  }
  if (source.filename) name = *source.filename;
  return Checked({std::move(name), std::move(*text)}, source.where, limits, problems);
}

}  // namespace

std::shared_ptr<const Plan> CompilePlan(const LuaConfig& config, const config::Where& where,
                                        filter::LoadContext& ctx) {
  const size_t errors = ctx.problems.errors();
  auto plan = std::make_shared<Plan>();
  plan->filter_name = ctx.filter_name;
  plan->stat_prefix = config.stat_prefix;
  plan->clear_route_cache = config.clear_route_cache;
  plan->limits = LimitsOf(ctx.runtime);
  plan->process = &ctx.process;
  if (config.default_source_code) {
    plan->script =
        Read(*config.default_source_code, "default_source_code", plan->limits, ctx.problems);
  } else if (!config.inline_code.value.empty()) {
    const config::Where& at = config.inline_code.where;
    plan->script = Checked({"inline_code", config.inline_code.value}, at.mark.known() ? at : where,
                           plan->limits, ctx.problems);
  }
  for (const auto& [name, source] : config.source_codes) {
    if (auto script = Read(source, name, plan->limits, ctx.problems)) {
      plan->named.emplace(name, std::move(*script));
    }
  }
  return ctx.problems.errors() == errors ? plan : nullptr;
}

std::shared_ptr<const RoutePlan> CompileRoute(const LuaPerRouteConfig& config,
                                              config::Problems& problems) {
  static std::atomic<uint64_t> last_id{0};
  const size_t errors = problems.errors();
  auto plan = std::make_shared<RoutePlan>();
  plan->id = ++last_id;
  plan->disabled = config.disabled.value_or(false);
  plan->name = config.name.value_or("");
  if (config.source_code) {
    plan->script = Read(*config.source_code, "source_code", Limits{}, problems);
  }
  if (config.filter_context) plan->context = config::ToValue(*config.filter_context);
  return problems.errors() == errors ? plan : nullptr;
}

}  // namespace sluice::filters::lua
