#include "sluice/wasm/plugin.h"

#include <cstdlib>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "code_fetch.h"
#include "host.h"
#include "plugin_build.h"
#include "sha256.h"
#include "sluice/base/log.h"
#include "sluice/match/runtime.h"
#include "sluice/wasm/engine_loader.h"

namespace sluice::wasm {
namespace {

constexpr uint64_t kPage = 65536;

ModuleLimits LimitsOf(const match::RuntimeSnapshot* runtime) {
  ModuleLimits limits;
  if (runtime == nullptr) return limits;
  if (const auto steps = runtime->FindInteger("sluice.wasm.max_steps")) {
    limits.max_steps =
        static_cast<uint32_t>(std::clamp<uint64_t>(*steps, 1, std::numeric_limits<int32_t>::max()));
  }
  if (const auto bytes = runtime->FindInteger("sluice.wasm.max_memory_bytes")) {
    limits.max_pages = static_cast<uint32_t>(std::clamp<uint64_t>(*bytes / kPage, 1, 65536));
  }
  return limits;
}

std::vector<std::string> EnvironmentOf(const VmConfig& config) {
  std::vector<std::string> out;
  if (!config.environment_variables) return out;
  for (const std::string& key : config.environment_variables->host_env_keys) {
    if (const char* value = std::getenv(key.c_str())) out.push_back(key + "=" + value);
  }
  for (const auto& [key, value] : config.environment_variables->key_values) {
    out.push_back(key + "=" + value);
  }
  return out;
}

Result<> BindImports(VmPlan& plan) {
  for (const HostFunction& import : plan.module.imports) {
    const HostEntry* entry = FindHostFunction(import.module, import.name);
    const bool same = entry != nullptr && entry->parameters == import.parameters &&
                      entry->has_result == import.has_result;
    if (!same) {
      return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                  fmt::format("it imports {}.{}({}), which {}", import.module, import.name,
                              import.parameters,
                              entry == nullptr ? "sluice does not have"
                                               : "takes something else in the Proxy-Wasm ABI"));
    }
    if (!plan.Allows(entry->name)) {
      plan.restricted.push_back(std::make_unique<const HostEntry>(
          HostEntry{entry->name, entry->parameters, nullptr, entry->has_result}));
      entry = plan.restricted.back().get();
    }
    plan.functions.push_back(entry);
  }
  return {};
}

// As in Envoy: who does not say which version he speaks is not listened to.
Result<> CheckAbi(const Module& module) {
  for (const std::string& name : module.exports) {
    if (name == "proxy_abi_version_0_1_0" || name == "proxy_abi_version_0_2_0" ||
        name == "proxy_abi_version_0_2_1") {
      return {};
    }
  }
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
              "it exports none of proxy_abi_version_0_1_0, _0_2_0 and _0_2_1, and so is no "
              "Proxy-Wasm module of a version that sluice knows");
}

FailurePolicy PolicyOf(const PluginConfig& config) {
  if (config.failure_policy != FailurePolicy::kUnspecified) return config.failure_policy;
  return config.fail_open ? FailurePolicy::kFailOpen : FailurePolicy::kFailClosed;
}

}  // namespace

Result<std::unique_ptr<VmPlan>> MakeVmPlan(const VmRecipe& recipe, std::string_view code) {
  auto module = MakeModule(code, recipe.limits);
  if (!module) return std::unexpected(module.error());
  auto plan = std::make_unique<VmPlan>();
  plan->vm_id = recipe.vm_id;
  plan->configuration = recipe.configuration;
  plan->environment = recipe.environment;
  plan->engine = recipe.engine;
  plan->max_shared_bytes = recipe.max_shared_bytes;
  plan->allowed = recipe.allowed;
  plan->module = std::move(*module);
  plan->key = fmt::format("{}\n{}\n{}", Sha256Hex(code), plan->vm_id, plan->configuration);
  for (const std::string& one : plan->environment) plan->key += "\n" + one;
  for (const std::string& one : plan->allowed) plan->key += "\n(" + one;
  if (auto abi = CheckAbi(plan->module); !abi) return std::unexpected(abi.error());
  if (auto bound = BindImports(*plan); !bound) return std::unexpected(bound.error());
  if (std::string words = plan->engine->Check(plan->module.code); !words.empty()) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(words));
  }
  return plan;
}

VmPlan::VmPlan() = default;
VmPlan::~VmPlan() = default;

Plugin::~Plugin() = default;

std::shared_ptr<const Plugin> Plugin::Make(const PluginConfig& config, filter::LoadContext& ctx) {
  const auto refuse = [&](const std::string& words) {
    ctx.problems.Add(config.where, words);
    return nullptr;
  };
  auto engine = LoadEngine();
  if (!engine) return refuse(engine.error().detail);
  auto plugin = std::make_shared<Plugin>();
  auto own = AnyToBytes(config.configuration);
  auto shared = AnyToBytes(config.vm_config.configuration);
  if (!own) return refuse(own.error().detail);
  if (!shared) return refuse(shared.error().detail);
  plugin->name = config.name;
  plugin->root_id = config.root_id;
  plugin->configuration = std::move(*own);
  plugin->policy = PolicyOf(config);
  plugin->stop_heads_only = config.allow_on_headers_stop_iteration;
  plugin->process = &ctx.process;
  if (config.reload_config && config.reload_config->backoff) {
    plugin->reload_interval = config.reload_config->backoff->base_interval;
  }
  VmRecipe recipe{config.vm_config.vm_id, std::move(*shared), EnvironmentOf(config.vm_config),
                  LimitsOf(ctx.runtime), *engine};
  if (config.capability_restriction_config) {
    for (const auto& allowed : config.capability_restriction_config->allowed_capabilities) {
      recipe.allowed.insert(allowed.first);
    }
  }
  if (ctx.runtime != nullptr) {
    if (const auto bytes = ctx.runtime->FindInteger("sluice.wasm.max_shared_bytes")) {
      recipe.max_shared_bytes = *bytes;
    }
  }
  const CodeSourceConfig& source = config.vm_config.code;
  if (source.remote) {
    auto fetch = CodeFetch::Make(*source.remote, std::move(recipe), *plugin, plugin, ctx);
    if (fetch == nullptr) return nullptr;
    ctx.services.Add(std::move(fetch));
    return plugin;
  }
  auto code = config::Load(*source.local);
  if (!code) return refuse(code.error().detail);
  auto plan = MakeVmPlan(recipe, *code);
  if (!plan) return refuse("the module cannot be used: " + plan.error().detail);
  plugin->owned_ = std::move(*plan);
  plugin->vm_.store(plugin->owned_.get(), std::memory_order_release);
  return plugin;
}

PluginWorker::PluginWorker(const Plugin& plugin, filter::WorkerContext& worker)
    : plugin_(plugin),
      worker_(worker),
      stats_(stats::Make<VmStats>(stats::Scope(worker.stats, worker.slot, "wasm"))),
      start_timer_(worker.loop, [this] { StartSoon(); }) {
  start_timer_.Arm(Duration::zero());
}

PluginWorker::~PluginWorker() {
  if (root_ == nullptr) return;
  root_->Stop();
  if (!vm_->failed()) vm_->End(*root_);
}

// Modules tick and listen to queues before the first stream comes. Code that a cluster has may
// take a while.
void PluginWorker::StartSoon() {
  constexpr Duration kLookAgain = std::chrono::milliseconds(100);
  if (started_ != MonoTime{}) return;
  if (plugin_.vm() == nullptr) return start_timer_.Arm(kLookAgain);
  Root();
}

void PluginWorker::TryStart() {
  started_ = worker_.loop.Now();
  root_ = nullptr;
  vm_ = Vm::For(*plugin_.vm(), worker_);
  if (!vm_) return;
  RootContext& root = vm_->AddRoot(plugin_);
  if (root.Start()) {
    root_ = &root;
    return;
  }
  stats_.start_failed.Inc();
  SLUICE_LOG(kWasm, kError, "wasm plugin '{}' ({}) does not start", plugin_.name, plugin_.root_id);
}

RootContext* PluginWorker::Root() {
  if (root_ != nullptr && !vm_->failed()) return root_;
  if (plugin_.vm() == nullptr) return nullptr;  // its code has not come yet
  const bool again = started_ != MonoTime{};
  if (again) {
    if (plugin_.policy != FailurePolicy::kFailReload) return nullptr;
    if (worker_.loop.Now() - started_ < plugin_.reload_interval) return nullptr;
    stats_.reloads.Inc();
  }
  TryStart();
  return root_;
}

}  // namespace sluice::wasm
