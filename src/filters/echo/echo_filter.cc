#include "echo_filter.h"

#include <chrono>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::echo {
namespace {

class Worker final : public filter::NetworkFilterWorker {
 public:
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<EchoFilter>();
  }
};

class Factory final : public filter::NetworkFilterFactory {
 public:
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const EchoConfig>& /*config*/, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>();
  }
  // filter::NetworkFilterFactory
  bool terminal() const override { return true; }
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& /*worker*/) const override {
    return std::make_unique<Worker>();
  }
};

}  // namespace

const config::Message& EchoConfig::Schema() {
  static const auto message = config::Message::Of<EchoConfig>(
      "envoy.extensions.filters.network.echo.v3.Echo", "Sends every byte back.", {});
  return message;
}

filter::NetworkStatus EchoFilter::OnData(ByteChain& data, bool end) {
  net::Connection& connection = host().connection();
  connection.output().Append(std::move(data));
  connection.Flush();
  if (end) connection.CloseAfterFlush(std::chrono::seconds(30));
  return filter::NetworkStatus::kContinue;
}

void EchoFilter::OnDrain(bool hard) {
  if (hard) host().Close(net::CloseKind::kOrderly, "drained");
}

filters::ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::NetworkFilterExtension,
                                            filter::NetworkFilterFactory, EchoConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.echo.v3.Echo", &EchoConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.echo", "envoy.echo"});
}

}  // namespace sluice::filters::echo
