#include "sni_cluster_filter.h"

#include <string>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::sni_cluster {
namespace {

class SniClusterFilter final : public filter::NetworkFilter {
 public:
  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override {
    stream::StreamInfo& info = host().info();
    const std::string_view sni = info.connection->requested_server_name;
    if (!sni.empty()) {
      info.filter_state().Set("envoy.tcp_proxy.cluster",
                              std::make_unique<stream::TextState>(std::string(sni)));
    }
    return filter::NetworkStatus::kContinue;
  }
  filter::NetworkStatus OnData(ByteChain& /*data*/, bool /*end*/) override {
    return filter::NetworkStatus::kContinue;
  }
  bool transparent() const override { return true; }
};

class Worker final : public filter::NetworkFilterWorker {
 public:
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<SniClusterFilter>();
  }
};

class Factory final : public filter::NetworkFilterFactory {
 public:
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const SniClusterConfig>& /*config*/, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>();
  }
  // filter::NetworkFilterFactory
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& /*worker*/) const override {
    return std::make_unique<Worker>();
  }
};

}  // namespace

const config::Message& SniClusterConfig::Schema() {
  static const auto message = config::Message::Of<SniClusterConfig>(
      "envoy.extensions.filters.network.sni_cluster.v3.SniCluster",
      "Makes the SNI the name of tcp_proxy's cluster.", {});
  return message;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              SniClusterConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.sni_cluster.v3.SniCluster",
      &SniClusterConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.sni_cluster"});
}

}  // namespace sluice::filters::sni_cluster
