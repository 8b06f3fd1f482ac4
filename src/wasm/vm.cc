#include "sluice/wasm/vm.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "host.h"
#include "host_log.h"
#include "sluice/base/log.h"
#include "sluice/wasm/plugin.h"

namespace sluice::wasm {

// The VMs of one thread. They live while anybody pins them.
class Vm::Registry {
 public:
  static Registry& ForThread() {
    thread_local Registry registry;
    return registry;
  }
  std::vector<std::unique_ptr<Vm>> vms;
};

LocalPin<Vm> Vm::For(const VmPlan& plan, filter::WorkerContext& worker) {
  Registry& registry = Registry::ForThread();
  for (const auto& vm : registry.vms) {
    const bool same = vm->plan_.key == plan.key && &vm->worker_.loop == &worker.loop;
    if (same && !vm->failed()) return LocalPin<Vm>(*vm);
  }
  registry.vms.push_back(std::make_unique<Vm>(plan, worker, registry));
  LocalPin<Vm> made(*registry.vms.back());
  return made->Start() ? made : LocalPin<Vm>();
}

Vm::Vm(const VmPlan& plan, filter::WorkerContext& worker, Registry& registry)
    : plan_(plan),
      worker_(worker),
      registry_(registry),
      stats_(stats::Make<VmStats>(stats::Scope(worker.stats, worker.slot, "wasm"))),
      alive_(std::make_shared<const char>('\0')) {
  exports_.fill(-1);
}

Vm::~Vm() {
  alive_.reset();
  orphans_.clear();
  roots_.clear();
  DropInstance();
}

void Vm::DropPin() {
  if (--pins_ != 0) return;
  const auto found = std::ranges::find(registry_.vms, this, &std::unique_ptr<Vm>::get);
  const std::unique_ptr<Vm> gone = std::move(*found);
  registry_.vms.erase(found);
}

bool Vm::Start() {
  std::string error;
  instance_ = plan_.engine->Make(plan_.module.code, plan_.module.imports, *this, error);
  stats_.created.Inc();
  if (instance_ == nullptr) {
    state_ = State::kFailed;
    stats_.start_failed.Inc();
    SLUICE_LOG(kWasm, kError, "wasm vm '{}' does not start: {}", plan_.vm_id, error);
    return false;
  }
  stats_.active.Inc();
  BindExports();
  state_ = State::kRunning;
  for (const std::string_view name : {"_initialize", "_start"}) {
    const int start = instance_->FindFunction(name);
    if (start < 0) continue;
    RunFunction(start, {});
    break;
  }
  return !failed();
}

void Vm::BindExports() {
  for (size_t i = 0; i < exports_.size(); ++i) {
    const std::string_view name = ExportName(static_cast<Export>(i));
    exports_[i] = plan_.Allows(name) ? instance_->FindFunction(name) : -1;
  }
  allocate_ = instance_->FindFunction("malloc");
  if (allocate_ < 0) allocate_ = instance_->FindFunction("proxy_on_memory_allocate");
  const auto has = [this](std::string_view name) {
    return std::ranges::find(plan_.module.exports, name) != plan_.module.exports.end();
  };
  if (has("proxy_abi_version_0_1_0")) abi_ = AbiVersion::k010;
  if (has("proxy_abi_version_0_2_0")) abi_ = AbiVersion::k020;
  if (has("proxy_abi_version_0_2_1")) abi_ = AbiVersion::k021;
}

uint32_t Vm::Run(Export which, Context& context, std::initializer_list<uint32_t> arguments,
                 uint32_t otherwise) {
  if (!Has(which) || failed()) return otherwise;
  const LocalPin<Vm> pin(*this);
  Context* const before = std::exchange(current_, &context);
  const CallResult result =
      RunFunction(exports_[static_cast<size_t>(which)], {arguments.begin(), arguments.size()});
  current_ = before;
  if (depth_ == 0 && !(lines_[0].empty() && lines_[1].empty())) FlushLines();
  if (depth_ == 0 && !deferred_.empty()) RunDeferred();
  return result.trapped ? otherwise : result.value;
}

CallResult Vm::RunFunction(int function, std::span<const uint32_t> arguments) {
  ++depth_;
  CallResult result = instance_->Call(function, arguments);
  --depth_;
  if (result.trapped && !failed()) Fail(result.trap);
  if (depth_ == 0 && failed()) DropInstance();
  return result;
}

// Of a VM that has failed nothing is called again: its memory is not kept until its last stream or
// its plugin goes.
void Vm::DropInstance() {
  if (instance_ == nullptr) return;
  instance_.reset();
  stats_.active.Dec();
}

void Vm::Fail(std::string_view trap) {
  state_ = State::kFailed;
  stats_.traps.Inc();
  const int left = instance_->FindFunction(kStepsLeft);
  const bool spent = left >= 0 && instance_->Call(left, {}).value == 0;
  if (spent) stats_.out_of_steps.Inc();
  SLUICE_LOG(kWasm, kError, "wasm vm '{}' ends: {}", plan_.vm_id,
             exiting_ ? "it has called proc_exit"
             : spent  ? "a call took more than sluice.wasm.max_steps steps"
                      : trap);
}

// What the module prints comes in pieces, and is logged in lines: at the latest when it returns.
void Vm::Print(uint32_t output, std::string_view text) {
  std::string& line = lines_[output];
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), kMaxLogLine - std::min(kMaxLogLine, line.size()));
    line.append(text.substr(0, end));
    if (end >= text.size()) return;
    LogLine(*this, output == 0 ? log::Level::kInfo : log::Level::kError, line);
    line.clear();
    text.remove_prefix(text[end] == '\n' ? end + 1 : end);
  }
}

void Vm::FlushLines() {
  for (uint32_t output = 0; output < lines_.size(); ++output) {
    if (!lines_[output].empty()) Print(output, "\n");
  }
}

void Vm::Defer(Context& context, Deferred what) { deferred_.emplace_back(context.id(), what); }

// What is done may call the module again, and that may defer more.
void Vm::RunDeferred() {
  auto work = std::exchange(deferred_, {});
  for (const auto& [id, what] : work) {
    Context* context = Find(id);
    if (context == nullptr) continue;
    if (what != Deferred::kFinish) {
      context->Act(what);
      continue;
    }
    const auto orphan = std::ranges::find(orphans_, context, &std::unique_ptr<Context>::get);
    if (orphan == orphans_.end()) continue;
    Run(Export::kDelete, *context, {id}, 0);
    const std::unique_ptr<Context> gone = std::move(*orphan);
    orphans_.erase(orphan);
  }
}

RootContext* Vm::FindRoot(const Plugin& plugin) {
  for (const auto& root : roots_) {
    if (&root->plugin() == &plugin) return root.get();
  }
  return nullptr;
}

RootContext& Vm::AddRoot(const Plugin& plugin) {
  roots_.push_back(std::make_unique<RootContext>(*this, plugin));
  return *roots_.back();
}

Context* Vm::Find(uint32_t id) {
  const auto found = contexts_.find(id);
  return found == contexts_.end() ? nullptr : found->second;
}

bool Vm::SetCurrent(uint32_t id) {
  Context* context = Find(id);
  if (context != nullptr) current_ = context;
  return context != nullptr;
}

void Vm::End(Context& context) {
  constexpr size_t kMaxOrphans = 10'000;
  const uint32_t id = context.id();
  const bool done = Run(Export::kDone, context, {id}, 1) != 0;
  if (done || failed() || orphans_.size() >= kMaxOrphans) {
    Run(Export::kDelete, context, {id}, 0);
    return;
  }
  struct Orphan final : Context {
    Orphan(Vm& vm, Context& of) : Context(vm, &of.root(), of.id()) {}
  };
  orphans_.push_back(std::make_unique<Orphan>(*this, context));
}

bool Vm::Read(uint32_t at, uint32_t size, std::string_view& out) {
  const std::span<char> memory = instance_->Memory();
  if (uint64_t{at} + size > memory.size()) return false;
  out = {memory.data() + at, size};
  return true;
}

bool Vm::Write(uint32_t at, std::string_view bytes) {
  const std::span<char> memory = instance_->Memory();
  if (uint64_t{at} + bytes.size() > memory.size()) return false;
  std::memcpy(memory.data() + at, bytes.data(), bytes.size());
  return true;
}

bool Vm::WriteU32(uint32_t at, uint32_t value) {
  return Write(at, {reinterpret_cast<const char*>(&value), sizeof value});
}
bool Vm::WriteU64(uint32_t at, uint64_t value) {
  return Write(at, {reinterpret_cast<const char*>(&value), sizeof value});
}

Status Vm::Give(std::string_view bytes, uint32_t address_at, uint32_t size_at) {
  uint32_t address = 0;
  if (!bytes.empty()) {
    if (allocate_ < 0 || failed()) return Status::kInternalFailure;
    const uint32_t argument[] = {static_cast<uint32_t>(bytes.size())};
    const CallResult allocated = RunFunction(allocate_, argument);
    address = allocated.value;
    if (allocated.trapped || address == 0) return Status::kInternalFailure;
    if (!Write(address, bytes)) return Status::kInvalidMemoryAccess;
  }
  const bool written =
      WriteU32(address_at, address) && WriteU32(size_at, static_cast<uint32_t>(bytes.size()));
  return written ? Status::kOk : Status::kInvalidMemoryAccess;
}

namespace {

// While a module starts there is no context that it could speak for.
bool NeedsNoContext(const HostEntry& entry) {
  const auto wasi = WasiFunctions();
  return (&entry >= wasi.data() && &entry < wasi.data() + wasi.size()) ||
         entry.name == "proxy_log" || entry.name == "proxy_get_log_level" ||
         entry.name == "proxy_get_current_time_nanoseconds" || !entry.has_result;
}

}  // namespace

bool Vm::OnHostCall(size_t function, const uint64_t* arguments, uint32_t& result) {
  if (failed() || instance_ == nullptr) return false;
  const HostEntry& entry = *plan_.functions[function];
  if (entry.run == nullptr) {
    stats_.restricted_calls.Inc();
    LogLine(*this, log::Level::kError,
            "call to a restricted capability: " + std::string(entry.name));
    result = RestrictedAnswer(entry);
    return true;
  }
  if (current_ == nullptr && !NeedsNoContext(entry)) return false;
  result = entry.run({*this, arguments});
  return !failed() && !exiting_;
}

}  // namespace sluice::wasm
