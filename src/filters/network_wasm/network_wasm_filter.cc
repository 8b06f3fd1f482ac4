// envoy.filters.network.wasm: gives a connection's bytes to a Proxy-Wasm module. Per connection;
// one worker.
#include <cstdint>
#include <memory>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/stream/stream_info.h"
#include "sluice/wasm/plugin.h"

namespace sluice::filters::network_wasm {
namespace {

using filter::NetworkStatus;
using wasm::BufferType;
using wasm::Deferred;
using wasm::Export;
using wasm::Status;
using wasm::StreamType;

struct NetworkWasmConfig {
  wasm::PluginConfig config;
  static const config::Message& Schema();
};

const config::Message& NetworkWasmConfig::Schema() {
  using C = NetworkWasmConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.network.wasm.v3.Wasm", "Runs a Proxy-Wasm module.",
      {config::Field("config", &C::config, "The plugin.").Required()});
  return message;
}

class Filter final : public filter::NetworkFilter {
 public:
  explicit Filter(wasm::PluginWorker& plugin) : plugin_(plugin) {}

  // filter::NetworkFilter
  NetworkStatus OnNewConnection() override;
  NetworkStatus OnData(ByteChain& data, bool end) override;
  void OnClosed(const net::CloseInfo& info) override;
  bool transparent() const override {
    return context_ != nullptr && !vm_->Has(Export::kDownstreamData);
  }

 private:
  class ConnectionContext final : public wasm::Context {
   public:
    ConnectionContext(wasm::Vm& vm, wasm::RootContext& root, Filter& filter)
        : Context(vm, &root), filter_(filter) {}
    // wasm::Context
    std::optional<wasm::BufferView> Buffer(BufferType type) override {
      if (type != BufferType::kDownstreamData) return Context::Buffer(type);
      if (filter_.data_ == nullptr) return std::nullopt;
      return wasm::BufferView{{}, filter_.data_, filter_.end_};
    }
    wasm::StreamView Stream() override {
      return {.info = &filter_.host().info(), .writable = &filter_.host().info()};
    }
    Status Continue(StreamType type) override {
      if (type != StreamType::kDownstream) return Status::kUnimplemented;
      vm().Defer(*this, Deferred::kContinueDownstream);
      return Status::kOk;
    }
    Status Close(StreamType type) override {
      if (type != StreamType::kDownstream && type != StreamType::kUpstream) {
        return Status::kBadArgument;
      }
      vm().Defer(*this, Deferred::kCloseDownstream);
      return Status::kOk;
    }
    void Act(Deferred what) override {
      if (what == Deferred::kContinueDownstream) filter_.host().Continue();
      if (what == Deferred::kCloseDownstream) {
        filter_.host().Close(net::CloseKind::kOrderly, "wasm_close_stream");
      }
    }

   private:
    Filter& filter_;
  };

  NetworkStatus WithoutModule();
  bool Lost() const { return context_ == nullptr || vm_->failed(); }

  wasm::PluginWorker& plugin_;
  LocalPin<wasm::Vm> vm_;
  std::unique_ptr<ConnectionContext> context_;
  ByteChain* data_ = nullptr;  // while the module sees it
  bool end_ = false;
};

NetworkStatus Filter::WithoutModule() {
  if (plugin_.fail_open()) return NetworkStatus::kContinue;
  plugin_.stats().refused_streams.Inc();
  host().Close(net::CloseKind::kReset, "wasm_fail_stream");
  return NetworkStatus::kStop;
}

NetworkStatus Filter::OnNewConnection() {
  wasm::RootContext* root = plugin_.Root();
  if (root == nullptr) return WithoutModule();
  vm_ = plugin_.vm();
  context_ = std::make_unique<ConnectionContext>(*vm_, *root, *this);
  vm_->Run(Export::kContextCreate, *context_, {context_->id(), root->id()}, 0);
  const uint32_t answer = vm_->Run(Export::kNewConnection, *context_, {context_->id()}, 0);
  if (Lost()) return WithoutModule();
  return answer == 0 ? NetworkStatus::kContinue : NetworkStatus::kStop;
}

NetworkStatus Filter::OnData(ByteChain& data, bool end) {
  if (Lost()) return WithoutModule();
  data_ = &data;
  end_ = end;
  const uint32_t answer =
      vm_->Run(Export::kDownstreamData, *context_,
               {context_->id(), static_cast<uint32_t>(data.size()), end ? 1U : 0U}, 0);
  data_ = nullptr;
  if (Lost()) return WithoutModule();
  return answer == 0 ? NetworkStatus::kContinue : NetworkStatus::kStop;
}

// The ABI's kinds: 1 local, 2 remote.
void Filter::OnClosed(const net::CloseInfo& info) {
  if (!Lost()) {
    const uint32_t kind = info.by_peer ? 2 : 1;
    vm_->Run(Export::kDownstreamClose, *context_, {context_->id(), kind}, 0);
    if (!Lost()) vm_->Run(Export::kLog, *context_, {context_->id()}, 0);
    if (!Lost()) vm_->End(*context_);
  }
  context_.reset();
  vm_.Reset();
}

class Worker final : public filter::NetworkFilterWorker {
 public:
  Worker(const wasm::Plugin& plugin, filter::WorkerContext& worker) : plugin_(plugin, worker) {}
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<Filter>(plugin_);
  }

 private:
  wasm::PluginWorker plugin_;
};

class Factory final : public filter::NetworkFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const wasm::Plugin> plugin) : plugin_(std::move(plugin)) {}
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const NetworkWasmConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    auto plugin = wasm::Plugin::Make(config->config, ctx);
    return plugin == nullptr ? nullptr : std::make_unique<Factory>(std::move(plugin));
  }
  // filter::NetworkFilterFactory
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override {
    return std::make_unique<Worker>(*plugin_, worker);
  }

 private:
  std::shared_ptr<const wasm::Plugin> plugin_;
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              NetworkWasmConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.wasm.v3.Wasm",
      &NetworkWasmConfig::Schema, std::vector<std::string_view>{"envoy.filters.network.wasm"});
}

}  // namespace sluice::filters::network_wasm
