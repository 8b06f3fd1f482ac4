#include "connection_limit_filter.h"

#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"

namespace sluice::filters::connection_limit {

using filter::NetworkStatus;

namespace {

class Factory final : public filter::NetworkFilterFactory {
 public:
  Factory(std::shared_ptr<const ConnectionLimitConfig> config, uint32_t slots)
      : config_(std::move(config)),
        budget_(std::make_unique<SharedBudget>(config_->max_connections, slots)) {}
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const ConnectionLimitConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    return std::make_unique<Factory>(config, ctx.stats.slots());
  }
  // filter::NetworkFilterFactory
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override {
    return std::make_unique<ConnectionLimitWorker>(*config_, *budget_, worker);
  }

 private:
  std::shared_ptr<const ConnectionLimitConfig> config_;
  std::unique_ptr<SharedBudget> budget_;  // the one thing here that changes; safe for all threads
};

}  // namespace

const config::Message& ConnectionLimitConfig::Schema() {
  using C = ConnectionLimitConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit",
      "Limits the connections through a filter chain.",
      {
          config::Field("stat_prefix", &C::stat_prefix,
                        "Prefix of the counters: connection_limit.<stat_prefix>.")
              .Required()
              .NonEmpty(),
          config::Field("max_connections", &C::max_connections, "The limit, over all workers.")
              .Required()
              .Min(1),
          config::Field("delay", &C::delay,
                        "How long a connection over the limit is held before it is closed."),
          config::Field("runtime_enabled", &C::runtime_enabled, "Turns the filter on or off."),
      });
  return message;
}

ConnectionLimitWorker::ConnectionLimitWorker(const ConnectionLimitConfig& config,
                                             SharedBudget& budget, filter::WorkerContext& context)
    : config_(config),
      enabled_{config.runtime_enabled.default_value, config.runtime_enabled.runtime_key},
      budget_(budget),
      context_(context),
      stats_(stats::Make<ConnectionLimitStats>(
          stats::Scope(context.stats, context.slot, "connection_limit." + config.stat_prefix))) {}

std::unique_ptr<filter::NetworkFilter> ConnectionLimitWorker::Create() {
  return std::make_unique<ConnectionLimitFilter>(*this);
}

ConnectionLimitFilter::~ConnectionLimitFilter() {
  if (token_) worker_.stats().active_connections.Dec();
}

NetworkStatus ConnectionLimitFilter::OnNewConnection() {
  if (!worker_.enabled()) return NetworkStatus::kContinue;
  token_ = worker_.Take();
  if (token_) {
    worker_.stats().active_connections.Inc();
    return NetworkStatus::kContinue;
  }
  worker_.stats().limited_connections.Inc();
  if (!worker_.config().delay || *worker_.config().delay == Duration::zero()) {
    host().Close(net::CloseKind::kOrderly, "connection_limit");
    return NetworkStatus::kStop;
  }
  delay_ = std::make_unique<Timer>(
      worker_.loop(), [this] { host().Close(net::CloseKind::kOrderly, "connection_limit"); });
  delay_->Arm(*worker_.config().delay);
  return NetworkStatus::kStop;
}

// Not reached by a connection over the limit: OnNewConnection stopped its chain.
NetworkStatus ConnectionLimitFilter::OnData(ByteChain& /*data*/, bool /*end*/) {
  return NetworkStatus::kContinue;
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              ConnectionLimitConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters,
      "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit",
      &ConnectionLimitConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.connection_limit"});
}

}  // namespace sluice::filters::connection_limit
