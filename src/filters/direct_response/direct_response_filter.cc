#include "direct_response_filter.h"

#include <chrono>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::direct_response {
namespace {

class Worker final : public filter::NetworkFilterWorker {
 public:
  explicit Worker(const std::string& response) : response_(response) {}
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<DirectResponseFilter>(response_);
  }

 private:
  const std::string& response_;
};

class Factory final : public filter::NetworkFilterFactory {
 public:
  explicit Factory(std::string response) : response_(std::move(response)) {}
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const DirectResponseConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    if (config->response.empty()) return std::make_unique<Factory>("");
    Result<std::string> text = config::Load(config->response);
    if (!text) {
      ctx.problems.Add(where, text.error().detail);
      return nullptr;
    }
    return std::make_unique<Factory>(std::move(*text));
  }
  // filter::NetworkFilterFactory
  bool terminal() const override { return true; }
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& /*worker*/) const override {
    return std::make_unique<Worker>(response_);
  }

 private:
  std::string response_;
};

}  // namespace

const config::Message& DirectResponseConfig::Schema() {
  static const auto message = config::Message::Of<DirectResponseConfig>(
      "envoy.extensions.filters.network.direct_response.v3.Config",
      "Answers each connection with fixed bytes and ends it.",
      {config::Field("response", &DirectResponseConfig::response, "The bytes to send.")});
  return message;
}

filter::NetworkStatus DirectResponseFilter::OnNewConnection() {
  net::Connection& connection = host().connection();
  host().info().bytes_sent = response_.size();
  connection.output().Append(response_);
  connection.Flush();
  connection.CloseAfterFlush(std::chrono::seconds(1));
  return filter::NetworkStatus::kStop;
}

filter::NetworkStatus DirectResponseFilter::OnData(ByteChain& data, bool /*end*/) {
  data.Clear();
  return filter::NetworkStatus::kContinue;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              DirectResponseConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.direct_response.v3.Config",
      &DirectResponseConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.direct_response"});
}

}  // namespace sluice::filters::direct_response
