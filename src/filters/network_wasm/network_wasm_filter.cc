// envoy.filters.network.wasm: gives a connection's bytes, both ways, to a Proxy-Wasm module. Per
// connection; one worker.
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
  NetworkStatus OnOutput(ByteChain& data, bool end) override;
  bool sees_output() const override {
    return context_ != nullptr &&
           (vm_->Has(Export::kUpstreamData) || vm_->Has(Export::kUpstreamClose));
  }
  void OnClosed(const net::CloseInfo& info) override;
  bool transparent() const override {
    return context_ != nullptr && !vm_->Has(Export::kDownstreamData) && !sees_output();
  }

 private:
  class ConnectionContext final : public wasm::Context {
   public:
    ConnectionContext(wasm::Vm& vm, wasm::RootContext& root, Filter& filter)
        : Context(vm, &root), filter_(filter) {}
    // wasm::Context
    std::optional<wasm::BufferView> Buffer(BufferType type) override {
      const bool down = type == BufferType::kDownstreamData;
      if (!down && type != BufferType::kUpstreamData) return Context::Buffer(type);
      const Seen& seen = down ? filter_.downstream_ : filter_.upstream_;
      if (seen.data == nullptr) return std::nullopt;
      return wasm::BufferView{{}, seen.data, seen.end};
    }
    wasm::StreamView Stream() override {
      return {.info = &filter_.host().info(), .writable = &filter_.host().info()};
    }
    Status Continue(StreamType type) override {
      if (type != StreamType::kDownstream && type != StreamType::kUpstream) {
        return Status::kBadArgument;
      }
      vm().Defer(*this, type == StreamType::kDownstream ? Deferred::kContinueDownstream
                                                        : Deferred::kContinueUpstream);
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
      if (what == Deferred::kContinueUpstream) filter_.host().ContinueOutput(filter_);
      if (what == Deferred::kCloseDownstream) {
        filter_.host().Close(net::CloseKind::kOrderly, "wasm_close_stream");
      }
    }

   private:
    Filter& filter_;
  };

  // What the module is being shown of one direction.
  struct Seen {
    ByteChain* data = nullptr;
    bool end = false;
  };
  NetworkStatus WithoutModule();
  NetworkStatus Show(Export which, Seen& seen, ByteChain& data, bool end);
  bool Lost() const { return context_ == nullptr || vm_->failed(); }

  wasm::PluginWorker& plugin_;
  LocalPin<wasm::Vm> vm_;
  std::unique_ptr<ConnectionContext> context_;
  Seen downstream_;
  Seen upstream_;
  bool refused_ = false;
  bool upstream_closed_ = false;  // the module has been told
};

NetworkStatus Filter::WithoutModule() {
  if (plugin_.fail_open()) return NetworkStatus::kContinue;
  if (std::exchange(refused_, true)) return NetworkStatus::kStop;
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

NetworkStatus Filter::Show(Export which, Seen& seen, ByteChain& data, bool end) {
  if (Lost()) return WithoutModule();
  seen = {&data, end};
  const uint32_t answer = vm_->Run(
      which, *context_, {context_->id(), static_cast<uint32_t>(data.size()), end ? 1U : 0U}, 0);
  seen = {};
  if (Lost()) return WithoutModule();
  return answer == 0 ? NetworkStatus::kContinue : NetworkStatus::kStop;
}

NetworkStatus Filter::OnData(ByteChain& data, bool end) {
  return Show(Export::kDownstreamData, downstream_, data, end);
}

// As in Envoy the end of what upstream sends is also its close, of a kind that is not known (0).
NetworkStatus Filter::OnOutput(ByteChain& data, bool end) {
  const NetworkStatus status = Show(Export::kUpstreamData, upstream_, data, end);
  if (end && !Lost() && !std::exchange(upstream_closed_, true)) {
    vm_->Run(Export::kUpstreamClose, *context_, {context_->id(), 0}, 0);
    if (Lost()) return WithoutModule();
  }
  return status;
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
