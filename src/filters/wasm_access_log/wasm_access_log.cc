// envoy.access_loggers.wasm: gives access log entries to a Proxy-Wasm plugin, whose root context is
// told (proxy_on_log), as in Envoy. The sink is shared; each worker has its own half of the plugin.
#include <memory>
#include <utility>
#include <vector>

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"
#include "sluice/filter/access_logger.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/entry_sink.h"
#include "sluice/stats/store.h"
#include "sluice/wasm/plugin.h"

namespace sluice::filters::wasm_access_log {
namespace {

struct WasmAccessLogConfig {
  wasm::PluginConfig config;
  static const config::Message& Schema();
};

const config::Message& WasmAccessLogConfig::Schema() {
  using C = WasmAccessLogConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.access_loggers.wasm.v3.WasmAccessLog", "Entries go to a Proxy-Wasm module.",
      {config::Field("config", &C::config, "The plugin.").Required()});
  return message;
}

// The workers' halves by slot. A cell is set before its worker runs, and touched by it alone then.
// The server's, with the services: it outlives the workers and what they log.
using Halves = std::vector<wasm::PluginWorker*>;

class OnWorker final : public filter::WorkerService {
 public:
  OnWorker(const wasm::Plugin& plugin, Halves& halves, filter::WorkerContext& worker)
      : running_(plugin, worker), halves_(halves), slot_(worker.slot) {
    halves_[slot_] = &running_;
  }
  ~OnWorker() override { halves_[slot_] = nullptr; }

 private:
  wasm::PluginWorker running_;
  Halves& halves_;
  const uint32_t slot_;
};

class OnWorkers final : public filter::WorkerServiceFactory {
 public:
  OnWorkers(std::shared_ptr<const wasm::Plugin> plugin, size_t slots)
      : plugin_(std::move(plugin)), halves_(std::make_unique<Halves>(slots)) {}
  const Halves& halves() const { return *halves_; }
  // filter::WorkerServiceFactory
  std::unique_ptr<filter::WorkerService> Make(filter::WorkerContext& worker) const override {
    return std::make_unique<OnWorker>(*plugin_, *halves_, worker);
  }

 private:
  const std::shared_ptr<const wasm::Plugin> plugin_;
  const std::unique_ptr<Halves> halves_;
};

class Sink final : public log::EntrySink {
 public:
  explicit Sink(const Halves& halves) : halves_(halves) {}
  // log::EntrySink
  void Write(const log::FormatContext& context, uint32_t slot) const override {
    wasm::PluginWorker* half = halves_[slot];
    if (half == nullptr) return;
    wasm::RootContext* root = half->Root();
    if (root == nullptr) return half->stats().lost_log_entries.Inc();
    root->Log({&context.info, context.request, context.response, context.trailers});
  }

 private:
  const Halves& halves_;
};

struct Extension final : filter::AccessLoggerExtension {
  using AccessLoggerExtension::AccessLoggerExtension;
  std::unique_ptr<const log::EntrySink> Make(const config::TypedConfig& config,
                                             filter::LoadContext& ctx) const override {
    auto plugin = wasm::Plugin::Make(config.As<WasmAccessLogConfig>()->config, ctx);
    if (plugin == nullptr) return nullptr;
    auto workers = std::make_unique<OnWorkers>(std::move(plugin), ctx.stats.slots());
    auto sink = std::make_unique<Sink>(workers->halves());
    ctx.worker_services.Add(std::move(workers));
    return sink;
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  return std::make_unique<Extension>(
      config::kAccessLoggers, "envoy.extensions.access_loggers.wasm.v3.WasmAccessLog",
      &WasmAccessLogConfig::Schema, std::vector<std::string_view>{"envoy.access_loggers.wasm"});
}

}  // namespace sluice::filters::wasm_access_log
