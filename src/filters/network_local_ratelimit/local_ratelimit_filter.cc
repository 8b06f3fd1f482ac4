#include "local_ratelimit_filter.h"

#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filters/extensions.h"
#include "sluice/match/runtime.h"

namespace sluice::filters::network_local_ratelimit {
namespace {

// What was configured: the bucket is the one thing in it that changes, safe for all threads.
struct Plan {
  Plan(const LimitFields& fields, std::string stats, MonoTime now)
      : prefix(std::move(stats)),
        enabled{fields.runtime_enabled.default_value, fields.runtime_enabled.runtime_key},
        bucket(fields.token_bucket.max_tokens, fields.token_bucket.tokens_per_fill,
               fields.token_bucket.fill_interval, now) {}
  const std::string prefix;
  const match::RuntimeFeature enabled;
  TokenBucket bucket;
};

// What both kinds of filter share: the plan and the worker's counter.
class Limit {
 public:
  Limit(Plan& plan, filter::WorkerContext& worker)
      : plan_(plan),
        worker_(worker),
        stats_(stats::Make<LocalRateLimitStats>(
            stats::Scope(worker.stats, worker.slot, plan.prefix))) {}

  bool Admit() {
    if (!plan_.enabled.Enabled(worker_.runtime)) return true;
    if (plan_.bucket.TryTake(worker_.loop.Now())) return true;
    stats_.rate_limited.Inc();
    return false;
  }

 private:
  Plan& plan_;
  filter::WorkerContext& worker_;
  LocalRateLimitStats stats_;
};

class NetworkLimitFilter final : public filter::NetworkFilter {
 public:
  explicit NetworkLimitFilter(Limit& limit) : limit_(limit) {}
  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override {
    if (limit_.Admit()) return filter::NetworkStatus::kContinue;
    host().Close(net::CloseKind::kOrderly, "local_ratelimit_close_over_limit");
    return filter::NetworkStatus::kStop;
  }
  filter::NetworkStatus OnData(ByteChain& /*data*/, bool /*end*/) override {
    return filter::NetworkStatus::kContinue;
  }
  bool transparent() const override { return true; }

 private:
  Limit& limit_;
};

class NetworkWorker final : public filter::NetworkFilterWorker {
 public:
  NetworkWorker(Plan& plan, filter::WorkerContext& worker) : limit_(plan, worker) {}
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<NetworkLimitFilter>(limit_);
  }

 private:
  Limit limit_;
};

class NetworkFactory final : public filter::NetworkFilterFactory {
 public:
  explicit NetworkFactory(std::unique_ptr<Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const NetworkLocalRateLimitConfig>& config,
      const config::Where& /*where*/, filter::LoadContext& ctx) {
    return std::make_unique<NetworkFactory>(std::make_unique<Plan>(
        *config, "local_rate_limit." + config->stat_prefix, ctx.main_loop.Now()));
  }
  // filter::NetworkFilterFactory
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override {
    return std::make_unique<NetworkWorker>(*plan_, worker);
  }

 private:
  std::unique_ptr<Plan> plan_;
};

class ListenerLimitFilter final : public filter::ListenerFilter {
 public:
  explicit ListenerLimitFilter(Limit& limit) : limit_(limit) {}
  // filter::ListenerFilter
  filter::ListenerStatus OnAccept(filter::ListenerFilterHost& /*host*/) override {
    return limit_.Admit() ? filter::ListenerStatus::kContinue : filter::ListenerStatus::kClose;
  }

 private:
  Limit& limit_;
};

class ListenerWorker final : public filter::ListenerFilterWorker {
 public:
  ListenerWorker(Plan& plan, filter::WorkerContext& worker) : limit_(plan, worker) {}
  // filter::ListenerFilterWorker
  std::unique_ptr<filter::ListenerFilter> Create() override {
    return std::make_unique<ListenerLimitFilter>(limit_);
  }

 private:
  Limit limit_;
};

class ListenerFactory final : public filter::ListenerFilterFactory {
 public:
  explicit ListenerFactory(std::unique_ptr<Plan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::ListenerFilterFactory> Make(
      const std::shared_ptr<const ListenerLocalRateLimitConfig>& config,
      const config::Where& /*where*/, filter::LoadContext& ctx) {
    return std::make_unique<ListenerFactory>(std::make_unique<Plan>(
        *config, "listener_local_ratelimit." + config->stat_prefix, ctx.main_loop.Now()));
  }
  // filter::ListenerFilterFactory
  std::unique_ptr<filter::ListenerFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*listener*/) const override {
    return std::make_unique<ListenerWorker>(*plan_, worker);
  }

 private:
  std::unique_ptr<Plan> plan_;
};

template <typename C>
std::initializer_list<config::Field> CommonFields() {
  static const std::initializer_list<config::Field> fields = {
      config::Field("stat_prefix", static_cast<std::string C::*>(&LimitFields::stat_prefix),
                    "Prefix of the counters.")
          .Required()
          .NonEmpty(),
      config::Field("token_bucket",
                    static_cast<config::TokenBucketConfig C::*>(&LimitFields::token_bucket),
                    "One token for each connection.")
          .Required(),
      config::Field("runtime_enabled",
                    static_cast<config::RuntimeFeatureFlag C::*>(&LimitFields::runtime_enabled),
                    "Turns the filter on or off."),
      config::Unimplemented("share_key", "every filter has a bucket of its own"),
  };
  return fields;
}

}  // namespace

const config::Message& NetworkLocalRateLimitConfig::Schema() {
  static const auto message = config::Message::Of<NetworkLocalRateLimitConfig>(
      "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit",
      "Limits new connections by a token bucket.", CommonFields<NetworkLocalRateLimitConfig>());
  return message;
}

const config::Message& ListenerLocalRateLimitConfig::Schema() {
  static const auto message = config::Message::Of<ListenerLocalRateLimitConfig>(
      "envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit",
      "Limits new sockets by a token bucket.", CommonFields<ListenerLocalRateLimitConfig>());
  return message;
}

filters::ExtensionPtr MakeNetworkExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              NetworkLocalRateLimitConfig, NetworkFactory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit",
      &NetworkLocalRateLimitConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.local_ratelimit"});
}

filters::ExtensionPtr MakeListenerExtension() {
  using Extension =
      filter::SimpleExtension<filter::ListenerFilterExtension, filter::ListenerFilterFactory,
                              ListenerLocalRateLimitConfig, ListenerFactory>;
  return std::make_unique<Extension>(
      filter::kListenerFilters,
      "envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit",
      &ListenerLocalRateLimitConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.listener.local_ratelimit"});
}

}  // namespace sluice::filters::network_local_ratelimit
