// envoy.bootstrap.wasm: a Proxy-Wasm plugin that is no filter, once for the process on the main
// thread (singleton), or once for each worker.
#include <memory>
#include <optional>
#include <utility>

#include "sluice/config/categories.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/wasm/plugin.h"

namespace sluice::filters::wasm_service {
namespace {

class Singleton final : public filter::MainService {
 public:
  explicit Singleton(std::shared_ptr<const wasm::Plugin> plugin) : plugin_(std::move(plugin)) {}
  // filter::MainService
  void Start(filter::WorkerContext& main) override { running_.emplace(*plugin_, main); }
  void Stop() override { running_.reset(); }

 private:
  std::shared_ptr<const wasm::Plugin> plugin_;
  std::optional<wasm::PluginWorker> running_;
};

class OnWorker final : public filter::WorkerService {
 public:
  OnWorker(const wasm::Plugin& plugin, filter::WorkerContext& worker) : running_(plugin, worker) {}

 private:
  wasm::PluginWorker running_;
};

class OnWorkers final : public filter::WorkerServiceFactory {
 public:
  explicit OnWorkers(std::shared_ptr<const wasm::Plugin> plugin) : plugin_(std::move(plugin)) {}
  // filter::WorkerServiceFactory
  std::unique_ptr<filter::WorkerService> Make(filter::WorkerContext& worker) const override {
    return std::make_unique<OnWorker>(*plugin_, worker);
  }

 private:
  std::shared_ptr<const wasm::Plugin> plugin_;
};

struct Extension final : filter::BootstrapExtension {
  using BootstrapExtension::BootstrapExtension;
  void Make(const config::TypedConfig& config, filter::LoadContext& ctx) const override {
    const auto* service = config.As<wasm::WasmServiceConfig>();
    auto plugin = wasm::Plugin::Make(service->config, ctx);
    if (plugin == nullptr) return;
    if (service->singleton) {
      ctx.services.Add(std::make_unique<Singleton>(std::move(plugin)));
    } else {
      ctx.worker_services.Add(std::make_unique<OnWorkers>(std::move(plugin)));
    }
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  return std::make_unique<Extension>(
      config::kBootstrapExtensions, "envoy.extensions.wasm.v3.WasmService",
      &wasm::WasmServiceConfig::Schema, std::vector<std::string_view>{"envoy.bootstrap.wasm"});
}

}  // namespace sluice::filters::wasm_service
