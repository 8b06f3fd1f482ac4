#include "lua_worker.h"

#include <utility>

#include "lua_filter.h"
#include "sluice/base/log.h"

namespace sluice::filters::lua {

class LuaWorker::Detached final : public filter::AsyncEvents, public DeferredDeletable {
 public:
  explicit Detached(LuaWorker& worker) : worker_(worker) {}
  void Start(filter::AsyncRequest request) {
    ticket_ = worker_.worker_.async_client.Send(std::move(request), *this);
  }
  void OnResponse(filter::AsyncResponse&& /*response*/) override { End(); }
  void OnFailure(const Error& error) override {
    SLUICE_LOG(kLua, kDebug, "asynchronous httpCall failed: {}", error.detail);
    End();
  }

 private:
  void End() {
    for (auto it = worker_.detached_.begin(); it != worker_.detached_.end(); ++it) {
      if (it->get() != this) continue;
      worker_.worker_.loop.DeferDelete(std::move(*it));
      worker_.detached_.erase(it);
      return;
    }
  }

  LuaWorker& worker_;
  std::unique_ptr<filter::AsyncTicket> ticket_;
};

LuaWorker::LuaWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                     const stats::Scope& manager)
    : plan_(std::move(plan)), worker_(worker) {
  const stats::Scope scope = manager.Sub("lua");
  stats_ =
      stats::Make<LuaStats>(plan_->stat_prefix.empty() ? scope : scope.Sub(plan_->stat_prefix));
  if (plan_->script) default_ = Load(*plan_->script);
  for (const auto& [name, source] : plan_->named) named_.emplace(name, Load(source));
}

LuaWorker::~LuaWorker() = default;

filter::HttpFilter* LuaWorker::Create(Arena& arena) { return arena.New<LuaFilter>(*this); }

// It has been loaded before, on main; only what it looks at outside can have changed.
std::unique_ptr<Script> LuaWorker::Load(const ScriptSource& source) {
  auto script = Script::Load(source, plan_->limits);
  if (script) return std::move(*script);
  stats_.errors.Inc();
  SLUICE_LOG(kLua, kError, "script load error: {}", script.error().detail);
  return nullptr;
}

Script* LuaWorker::ScriptOf(const RoutePlan* route) {
  if (route == nullptr) return default_.get();
  if (route->disabled) return nullptr;
  if (!route->script && route->name.empty()) return default_.get();
  const auto found = by_route_.find(route->id);
  return found != by_route_.end() ? found->second : Find(*route);
}

Script* LuaWorker::Find(const RoutePlan& route) {
  Script* script = nullptr;
  if (route.script) {
    script = own_.emplace_back(Load(*route.script)).get();
  } else if (const auto named = named_.find(route.name); named != named_.end()) {
    script = named->second.get();
  } else {
    SLUICE_LOG(kLua, kWarning, "source_codes has no script '{}': its routes run none", route.name);
  }
  by_route_.emplace(route.id, script);
  return script;
}

bool LuaWorker::Detach(filter::AsyncRequest request) {
  if (detached_.size() >= kMaxDetachedCalls) return false;
  detached_.push_back(std::make_unique<Detached>(*this));
  detached_.back()->Start(std::move(request));
  return true;
}

}  // namespace sluice::filters::lua
