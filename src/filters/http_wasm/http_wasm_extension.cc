#include <memory>
#include <utility>

#include "http_wasm_filter.h"
#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::http_wasm {
namespace {

struct HttpWasmConfig {
  wasm::PluginConfig config;
  static const config::Message& Schema();
};

const config::Message& HttpWasmConfig::Schema() {
  using C = HttpWasmConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.http.wasm.v3.Wasm", "Runs a Proxy-Wasm module.",
      {config::Field("config", &C::config, "The plugin.").Required()});
  return message;
}

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const wasm::Plugin& plugin, filter::WorkerContext& worker) : plugin_(plugin, worker) {}
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override { return arena.New<HttpWasmFilter>(plugin_); }

 private:
  wasm::PluginWorker plugin_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const wasm::Plugin> plugin) : plugin_(std::move(plugin)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const HttpWasmConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    auto plugin = wasm::Plugin::Make(config->config, ctx);
    return plugin == nullptr ? nullptr : std::make_unique<Factory>(std::move(plugin));
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<Worker>(*plugin_, worker);
  }

 private:
  std::shared_ptr<const wasm::Plugin> plugin_;
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HttpWasmConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, "envoy.extensions.filters.http.wasm.v3.Wasm", &HttpWasmConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.wasm"});
}

}  // namespace sluice::filters::http_wasm
