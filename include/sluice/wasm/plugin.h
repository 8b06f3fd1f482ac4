// A configured plugin: compiled on main, immutable, shared by the workers; and its half on a
// worker.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/filter/registry.h"
#include "sluice/filter/worker_context.h"
#include "sluice/wasm/config.h"
#include "sluice/wasm/module.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {

struct HostEntry;
class CodeFetch;

// What VMs are made of; plugins with an equal key share them.
struct VmPlan {
  std::string key;
  std::string vm_id;
  std::string configuration;
  std::vector<std::string> environment;  // "KEY=VALUE"
  Module module;
  std::vector<const HostEntry*> functions;  // what the module imports
  Engine* engine = nullptr;
  size_t max_shared_bytes = size_t{64} << 20;
  std::set<std::string, std::less<>> allowed;                // capabilities; all when there is none
  std::vector<std::unique_ptr<const HostEntry>> restricted;  // in `functions` for the others

  bool Allows(std::string_view capability) const {
    return allowed.empty() || allowed.contains(capability);
  }
  VmPlan();
  ~VmPlan();
};

class Plugin {
 public:
  // Adds to ctx.problems and returns null when it cannot be made.
  static std::shared_ptr<const Plugin> Make(const PluginConfig& config, filter::LoadContext& ctx);
  Plugin() = default;
  ~Plugin();
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  // Null until the code has come from its cluster. Any thread.
  const VmPlan* vm() const { return vm_.load(std::memory_order_acquire); }

  std::string name;
  std::string root_id;
  std::string configuration;
  FailurePolicy policy = FailurePolicy::kFailClosed;
  Duration reload_interval = std::chrono::seconds(1);
  bool stop_heads_only = false;  // allow_on_headers_stop_iteration
  filter::ProcessState* process = nullptr;

 private:
  friend class CodeFetch;
  std::unique_ptr<const VmPlan> owned_;  // set once, before vm_
  std::atomic<const VmPlan*> vm_{nullptr};
};

// A worker's half, which starts by itself: the plugin's root context in the worker's VM, made anew
// after a failure where the policy says so.
class PluginWorker {
 public:
  PluginWorker(const Plugin& plugin, filter::WorkerContext& worker);
  ~PluginWorker();
  PluginWorker(const PluginWorker&) = delete;
  PluginWorker& operator=(const PluginWorker&) = delete;

  const Plugin& plugin() const { return plugin_; }
  VmStats& stats() { return stats_; }
  bool fail_open() const { return plugin_.policy == FailurePolicy::kFailOpen; }
  // Null: there is no working VM now. The pin keeps the VM for as long as a stream needs it.
  RootContext* Root();
  const LocalPin<Vm>& vm() const { return vm_; }

 private:
  void TryStart();
  void StartSoon();

  const Plugin& plugin_;
  filter::WorkerContext& worker_;
  VmStats stats_;
  LocalPin<Vm> vm_;
  RootContext* root_ = nullptr;
  MonoTime started_{};
  Timer start_timer_;  // on the worker's thread; main makes this half
};

}  // namespace sluice::wasm
