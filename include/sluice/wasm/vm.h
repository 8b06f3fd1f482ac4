// One running module: its instance, its contexts, and the border between it and us. Per thread,
// shared by the plugins with the same vm_id, code and VM configuration.
//
// A module that traps, or runs out of steps, has failed for good: nothing of it is called again.
// What the module asks for that would run filters is done when its outermost call has returned.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/base/local_pin.h"
#include "sluice/filter/worker_context.h"
#include "sluice/stats/stats.h"
#include "sluice/stats/table.h"
#include "sluice/wasm/abi.h"
#include "sluice/wasm/context.h"
#include "sluice/wasm/engine.h"

namespace sluice::wasm {

struct VmPlan;

struct VmStats {
  stats::Counter created;
  stats::Gauge active;
  stats::Counter start_failed;
  stats::Counter traps;
  stats::Counter out_of_steps;
  stats::Counter reloads;
  stats::Counter refused_streams;
  stats::Counter lost_log_entries;
  stats::Counter shared_full;
  stats::Counter restricted_calls;
  static constexpr stats::Field<VmStats> kFields[] = {
      {&VmStats::created, "created", "VMs that were made"},
      {&VmStats::active, "active", "VMs that there are"},
      {&VmStats::start_failed, "start_failed", "Modules or plugins that did not start"},
      {&VmStats::traps, "traps", "VMs that ended by a trap"},
      {&VmStats::out_of_steps, "out_of_steps", "Of those, VMs that ran too long: max_steps"},
      {&VmStats::reloads, "reloads", "VMs that were made anew: FAIL_RELOAD"},
      {&VmStats::refused_streams, "refused_streams", "Streams refused for want of a working VM"},
      {&VmStats::lost_log_entries, "lost_log_entries",
       "Access log entries lost for want of a working VM"},
      {&VmStats::shared_full, "shared_full",
       "Times that shared data or a queue had no room: max_shared_bytes"},
      {&VmStats::restricted_calls, "restricted_calls",
       "Calls that capability_restriction_config does not allow"},
  };
};

class Vm final : private HostCalls {
  class Registry;

 public:
  Vm(const VmPlan& plan, filter::WorkerContext& worker, Registry& registry);  // For's own
  // The thread's VM for this plan, a new one where there is none that works. Null: it does not
  // start, which has been logged.
  static LocalPin<Vm> For(const VmPlan& plan, filter::WorkerContext& worker);
  ~Vm() override;

  bool failed() const { return state_ == State::kFailed; }
  const VmPlan& plan() const { return plan_; }
  AbiVersion abi() const { return abi_; }
  filter::WorkerContext& worker() { return worker_; }
  VmStats& stats() { return stats_; }

  bool Has(Export which) const { return exports_[static_cast<size_t>(which)] >= 0; }
  // What the module answers; `otherwise` when it has no such function, or has failed.
  uint32_t Run(Export which, Context& context, std::initializer_list<uint32_t> arguments,
               uint32_t otherwise);
  bool running() const { return depth_ != 0; }
  void Defer(Context& context, Deferred what);

  // Contexts.
  RootContext* FindRoot(const Plugin& plugin);
  RootContext& AddRoot(const Plugin& plugin);
  Context* Find(uint32_t id);
  Context& current() { return *current_; }
  bool has_current() const { return current_ != nullptr; }
  bool SetCurrent(uint32_t id);
  // The owner of the context goes: on_done and on_delete, now or when the module says so.
  void End(Context& context);

  // The module's memory. Hostile: every address and length is checked.
  bool Read(uint32_t at, uint32_t size, std::string_view& out);
  bool Write(uint32_t at, std::string_view bytes);
  bool WriteU32(uint32_t at, uint32_t value);
  bool WriteU64(uint32_t at, uint64_t value);
  // Copies into memory that the module allocates, and says where. Views of memory end here.
  Status Give(std::string_view bytes, uint32_t address_at, uint32_t size_at);
  // The module's standard output (0) and error (1), into the log.
  void Print(uint32_t output, std::string_view text);
  // From proc_exit: the module ends here.
  void Exit() { exiting_ = true; }

  // Metrics by the module's number.
  struct Metric {
    MetricType type;
    std::string name;
    stats::Counter counter;
    stats::Gauge gauge;
    stats::Histogram histogram;
    uint64_t last = 0;
  };
  std::vector<Metric>& metrics() { return metrics_; }
  uint32_t NextToken() { return next_token_++; }
  // By which posts from other threads tell whether the VM is there.
  std::weak_ptr<const void> alive() const { return alive_; }

  void AddPin() { ++pins_; }
  void DropPin();

 private:
  friend class Context;
  enum class State : uint8_t { kStarting, kRunning, kFailed };
  bool Start();
  void BindExports();
  CallResult RunFunction(int function, std::span<const uint32_t> arguments);
  void Fail(std::string_view trap);
  void DropInstance();
  void RunDeferred();
  void FlushLines();
  // HostCalls
  bool OnHostCall(size_t function, const uint64_t* arguments, uint32_t& result) override;

  const VmPlan& plan_;
  filter::WorkerContext& worker_;
  Registry& registry_;
  VmStats stats_;
  std::unique_ptr<Instance> instance_;
  std::array<int, static_cast<size_t>(Export::kCount)> exports_;
  int allocate_ = -1;
  AbiVersion abi_ = AbiVersion::k021;
  State state_ = State::kStarting;
  bool exiting_ = false;
  uint32_t depth_ = 0;
  uint32_t pins_ = 0;
  uint32_t next_id_ = 1;
  uint32_t next_token_ = 1;
  Context* current_ = nullptr;
  std::unordered_map<uint32_t, Context*> contexts_;
  std::vector<std::pair<uint32_t, Deferred>> deferred_;
  std::vector<Metric> metrics_;
  std::array<std::string, 2> lines_;  // begun, and not logged yet
  std::shared_ptr<const void> alive_;
  std::vector<std::unique_ptr<Context>> orphans_;  // of streams that are over
  std::vector<std::unique_ptr<RootContext>> roots_;
};

}  // namespace sluice::wasm
