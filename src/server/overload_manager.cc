#include "overload_manager.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string_view>
#include <utility>

#include <malloc.h>

#include "sluice/base/log.h"
#include "sluice/server/process.h"

namespace sluice::server {
namespace {

using filter::OverloadAction;

struct NamedAction {
  std::string_view name;
  OverloadAction action;
};
constexpr NamedAction kActions[] = {
    {"envoy.overload_actions.stop_accepting_requests", OverloadAction::kStopAcceptingRequests},
    {"envoy.overload_actions.disable_http_keepalive", OverloadAction::kDisableKeepAlive},
    {"envoy.overload_actions.stop_accepting_connections",
     OverloadAction::kStopAcceptingConnections},
    {"envoy.overload_actions.reject_incoming_connections",
     OverloadAction::kRejectIncomingConnections},
    {"envoy.overload_actions.shrink_heap", OverloadAction::kShrinkHeap},
};

Result<double> PressureOfHeap(uint64_t most) {
  return static_cast<double>(ReadMemoryUse().allocated) / static_cast<double>(most);
}

Result<double> PressureInFile(const std::string& path) {
  std::ifstream in(path);
  double value = 0;
  if (in >> value && value >= 0 && value <= 1) return value;
  return Fail(ErrorCode::kInvalidConfig, Origin::kLocal, path + " has no number from 0 to 1");
}

}  // namespace

struct OverloadManager::Monitor {
  std::string name;
  std::function<Result<double>()> measure;
  stats::Gauge pressure_percent;
  stats::Counter failed_updates;
  double pressure = 0;
};

struct OverloadManager::Trigger {
  const Monitor* monitor;
  double from;  // below it: nothing
  double full;  // from here on: always
  double Share() const {
    const double pressure = monitor->pressure;
    if (pressure >= full) return 1;
    return pressure <= from ? 0 : (pressure - from) / (full - from);
  }
};

struct OverloadManager::Action {
  std::string name;
  OverloadAction action;
  std::vector<Trigger> triggers;
  stats::Gauge active;
  stats::Gauge scale_percent;
  double share = 0;
};

OverloadManager::OverloadManager(const OverloadManagerConfig& config, Parts parts,
                                 config::Problems& problems)
    : parts_(std::move(parts)),
      interval_(config.refresh_interval),
      timer_(parts_.loop, [this] { Refresh(); }) {
  shrinks_ = parts_.store.MainScope("overload.envoy.overload_actions.shrink_heap")
                 .MakeCounter("shrink_count");
  for (const ResourceMonitorConfig& one : config.resource_monitors) AddMonitor(one, problems);
  for (const OverloadActionConfig& one : config.actions) AddAction(one, problems);
}

OverloadManager::~OverloadManager() = default;

void OverloadManager::AddMonitor(const ResourceMonitorConfig& config, config::Problems& problems) {
  const auto same = [&](const auto& other) { return other->name == config.name; };
  if (std::ranges::any_of(monitors_, same)) {
    return problems.Add(config.where, "duplicate resource monitor `" + config.name + "`");
  }
  if (const auto* limit = config.typed_config.As<DownstreamConnectionsConfig>()) {
    if (max_connections_) {
      return problems.Add(config.where, "there are two limits on the connections of all listeners");
    }
    max_connections_ = limit->max_active_downstream_connections;
    return;
  }
  auto monitor = std::make_unique<Monitor>();
  monitor->name = config.name;
  if (const auto* heap = config.typed_config.As<FixedHeapConfig>()) {
    monitor->measure = [most = heap->max_heap_size_bytes] { return PressureOfHeap(most); };
  } else if (const auto* injected = config.typed_config.As<InjectedResourceConfig>()) {
    monitor->measure = [path = injected->filename] { return PressureInFile(path); };
  }
  const stats::Scope scope = parts_.store.MainScope("overload." + config.name);
  monitor->pressure_percent = scope.MakeGauge("pressure");
  monitor->failed_updates = scope.MakeCounter("failed_updates");
  monitors_.push_back(std::move(monitor));
}

void OverloadManager::AddAction(const OverloadActionConfig& config, config::Problems& problems) {
  const auto known = std::ranges::find(kActions, std::string_view(config.name), &NamedAction::name);
  if (known == std::end(kActions)) {
    std::vector<std::string_view> names;
    for (const NamedAction& one : kActions) names.push_back(one.name);
    return problems.Add(config.where,
                        "the overload action `" + config.name + "` is not implemented by sluice",
                        config::DidYouMean(config.name, names));
  }
  auto action = std::make_unique<Action>();
  action->name = config.name;
  action->action = known->action;
  for (const TriggerConfig& trigger : config.triggers) {
    const auto monitor =
        std::ranges::find_if(monitors_, [&](const auto& one) { return one->name == trigger.name; });
    if (monitor == monitors_.end()) {
      problems.Add(trigger.where, "there is no resource monitor `" + trigger.name + "`",
                   "the limit on connections needs no action");
      continue;
    }
    const double from = trigger.scaled ? trigger.scaled->scaling_threshold : 1;
    const double full =
        trigger.scaled ? trigger.scaled->saturation_threshold : trigger.threshold->value;
    action->triggers.push_back({monitor->get(), std::min(from, full), full});
  }
  const stats::Scope scope = parts_.store.MainScope("overload." + config.name);
  action->active = scope.MakeGauge("active");
  action->scale_percent = scope.MakeGauge("scale_percent");
  actions_.push_back(std::move(action));
}

void OverloadManager::Refresh() {
  for (auto& monitor : monitors_) {
    const Result<double> measured = monitor->measure();
    if (!measured) {
      monitor->failed_updates.Inc();
      continue;  // what it was before counts
    }
    monitor->pressure = *measured;
    monitor->pressure_percent.Set(static_cast<uint64_t>(std::lround(*measured * 100)));
  }
  for (auto& action : actions_) Apply(*action);
  timer_.Arm(interval_);
}

void OverloadManager::Apply(Action& action) {
  double share = 0;
  for (const Trigger& trigger : action.triggers) share = std::max(share, trigger.Share());
  const double before = std::exchange(action.share, share);
  if (action.action == OverloadAction::kShrinkHeap && share >= 1) {
    ::malloc_trim(0);
    shrinks_.Inc();
  }
  if (share == before) return;
  if ((share >= 1) != (before >= 1)) {
    SLUICE_LOG(kMain, kWarning, "overload action {} {}", action.name,
               share >= 1 ? "active" : "inactive");
  }
  action.active.Set(share >= 1 ? 1 : 0);
  action.scale_percent.Set(static_cast<uint64_t>(std::lround(share * 100)));
  parts_.state.Set(action.action, share);
  if (action.action != OverloadAction::kStopAcceptingConnections) return;
  if (std::exchange(paused_, share >= 1) != paused_) parts_.pause_accepting(paused_);
}

}  // namespace sluice::server
