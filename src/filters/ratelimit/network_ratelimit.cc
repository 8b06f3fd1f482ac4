// envoy.filters.network.ratelimit: holds a connection until a service has said whether it is over
// its limits. Per connection; one worker.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plan.h"
#include "service.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/config/schema.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/header_formats.h"
#include "sluice/route/header_config.h"
#include "sluice/stats/table.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::ratelimit {
namespace {

constexpr std::string_view kNetworkName = "envoy.filters.network.ratelimit";
constexpr std::string_view kNetworkType = "envoy.extensions.filters.network.ratelimit.v3.RateLimit";

struct NetworkStats {
  stats::Counter total;
  stats::Counter error;
  stats::Counter over_limit;
  stats::Counter ok;
  stats::Counter cx_closed;
  stats::Counter failure_mode_allowed;
  stats::Gauge active;
  static constexpr stats::Field<NetworkStats> kFields[] = {
      {&NetworkStats::total, "total", "Connections that the service was asked about"},
      {&NetworkStats::error, "error", "Connections about which it gave no answer"},
      {&NetworkStats::over_limit, "over_limit", "Connections over their limit"},
      {&NetworkStats::ok, "ok", "Connections within their limit"},
      {&NetworkStats::cx_closed, "cx_closed", "Connections that were closed"},
      {&NetworkStats::failure_mode_allowed, "failure_mode_allowed",
       "Connections that passed without an answer"},
      {&NetworkStats::active, "active", "Connections that wait for an answer"},
  };
};

struct EntryPlan {
  std::string key;
  std::string value;
  std::unique_ptr<const route::TextFormat> format;  // null: value
};
struct DescriptorPlan {
  std::vector<EntryPlan> entries;
  std::optional<route::LimitOverride> limit;
  std::optional<uint32_t> hits;
};
struct NetworkPlan {
  filter::GrpcTarget service;
  std::string domain;
  std::string prefix;
  bool deny_on_error = false;
  std::vector<DescriptorPlan> descriptors;
  match::RuntimeFraction enabled{{100, 100}, "ratelimit.tcp_filter_enabled"};
  match::RuntimeFraction enforced{{100, 100}, "ratelimit.tcp_filter_enforcing"};
};

DescriptorPlan CompileDescriptor(const DescriptorConfig& config, config::Problems& problems) {
  const log::HeaderFormats formats;
  DescriptorPlan plan;
  plan.hits = config.hits_addend;
  if (config.limit) plan.limit = {config.limit->requests_per_unit, config.limit->unit};
  for (const DescriptorEntryConfig& entry : config.entries) {
    EntryPlan& made = plan.entries.emplace_back();
    made.key = entry.key;
    made.format = route::CompileText(entry.value, entry.where, &formats, problems);
    if (made.format == nullptr) made.value = route::UnescapePercent(entry.value);
  }
  return plan;
}

class NetworkWorker;

class NetworkRateLimitFilter final : public filter::NetworkFilter, private filter::AsyncEvents {
 public:
  explicit NetworkRateLimitFilter(NetworkWorker& worker) : worker_(worker) {}

  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override;
  filter::NetworkStatus OnData(ByteChain& /*data*/, bool /*end*/) override {
    return call_ == nullptr ? filter::NetworkStatus::kContinue : filter::NetworkStatus::kStop;
  }
  void OnClosed(const net::CloseInfo& info) override;
  bool transparent() const override { return true; }

 private:
  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  std::string MakeQuestionNow(const route::FormatInput& about);
  void Decide(Answer&& answer);
  void Fail();
  void Close(std::string_view details);

  NetworkWorker& worker_;
  Arena arena_;
  std::unique_ptr<filter::AsyncTicket> call_;
};

class NetworkWorker final : public filter::NetworkFilterWorker {
 public:
  NetworkWorker(std::shared_ptr<const NetworkPlan> plan, filter::WorkerContext& worker)
      : plan_(std::move(plan)),
        stats_(stats::Make<NetworkStats>(stats::Scope(worker.stats, worker.slot, plan_->prefix))) {}
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override {
    return std::make_unique<NetworkRateLimitFilter>(*this);
  }

  const NetworkPlan& plan() const { return *plan_; }
  NetworkStats& stats() { return stats_; }

 private:
  const std::shared_ptr<const NetworkPlan> plan_;
  NetworkStats stats_;
};

filter::NetworkStatus NetworkRateLimitFilter::OnNewConnection() {
  const NetworkPlan& plan = worker_.plan();
  if (!plan.enabled.Includes(FastRandom(), host().worker().runtime)) {
    return filter::NetworkStatus::kContinue;
  }
  worker_.stats().total.Inc();
  worker_.stats().active.Inc();
  route::FormatInput about;
  about.info = &host().info();
  call_ = host().worker().async_client.Send(
      filter::MakeGrpcCall(plan.service, kMethod, MakeQuestionNow(about), about, arena_), *this);
  return filter::NetworkStatus::kStop;
}

std::string NetworkRateLimitFilter::MakeQuestionNow(const route::FormatInput& about) {
  const NetworkPlan& plan = worker_.plan();
  std::vector<std::vector<route::DescriptorEntry>> entries;
  entries.reserve(plan.descriptors.size());
  std::vector<route::Descriptor> descriptors;
  for (const DescriptorPlan& descriptor : plan.descriptors) {
    std::vector<route::DescriptorEntry>& list = entries.emplace_back();
    for (const EntryPlan& entry : descriptor.entries) {
      const std::string_view value = entry.format != nullptr ? entry.format->Format(about, arena_)
                                                             : std::string_view(entry.value);
      list.push_back({entry.key, value});
    }
    descriptors.push_back({list, descriptor.hits, descriptor.limit});
  }
  return MakeQuestion(plan.domain, descriptors, arena_);
}

void NetworkRateLimitFilter::OnResponse(filter::AsyncResponse&& response) {
  const auto message = filter::ReadGrpcAnswer(response);
  auto answer = message ? ReadAnswer(*message) : std::nullopt;
  if (answer) return Decide(*std::move(answer));
  Fail();
}

void NetworkRateLimitFilter::OnFailure(const Error& error) {
  SLUICE_LOG(kFilter, kDebug, "ratelimit: no answer from '{}': {}", worker_.plan().service.cluster,
             error.detail);
  Fail();
}

void NetworkRateLimitFilter::Decide(Answer&& answer) {
  const auto ticket = std::move(call_);  // dies at the end of this
  NetworkStats& stats = worker_.stats();
  stats.active.Dec();
  (answer.over_limit ? stats.over_limit : stats.ok).Inc();
  if (!answer.metadata.empty()) {
    host().info().dynamic_metadata(kNetworkName) = std::move(answer.metadata);
  }
  const bool enforced = worker_.plan().enforced.Includes(FastRandom(), host().worker().runtime);
  if (!answer.over_limit || !enforced) return host().Continue();
  host().info().flags.Set(stream::ResponseFlag::kRateLimited);
  Close("ratelimit_close_over_limit");
}

void NetworkRateLimitFilter::Fail() {
  const auto ticket = std::move(call_);  // dies at the end of this
  NetworkStats& stats = worker_.stats();
  stats.active.Dec();
  stats.error.Inc();
  if (worker_.plan().deny_on_error) {
    host().info().flags.Set(stream::ResponseFlag::kRateLimitServiceError);
    return Close("ratelimit_error_close");
  }
  stats.failure_mode_allowed.Inc();
  host().Continue();
}

void NetworkRateLimitFilter::Close(std::string_view details) {
  worker_.stats().cx_closed.Inc();
  host().Close(net::CloseKind::kOrderly, details);
}

void NetworkRateLimitFilter::OnClosed(const net::CloseInfo& /*info*/) {
  if (call_ == nullptr) return;
  call_.reset();
  worker_.stats().active.Dec();
}

class NetworkFactory final : public filter::NetworkFilterFactory {
 public:
  explicit NetworkFactory(std::shared_ptr<const NetworkPlan> plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const NetworkRateLimitConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    const size_t errors = ctx.problems.errors();
    auto plan = std::make_shared<NetworkPlan>();
    plan->service = CompileService(config->rate_limit_service, config->timeout, where, ctx);
    plan->domain = config->domain;
    plan->prefix = "ratelimit." + config->stat_prefix;
    plan->deny_on_error = config->failure_mode_deny;
    for (const DescriptorConfig& descriptor : config->descriptors) {
      plan->descriptors.push_back(CompileDescriptor(descriptor, ctx.problems));
    }
    if (ctx.problems.errors() != errors) return nullptr;
    return std::make_unique<NetworkFactory>(std::move(plan));
  }
  // filter::NetworkFilterFactory
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override {
    return std::make_unique<NetworkWorker>(plan_, worker);
  }

 private:
  std::shared_ptr<const NetworkPlan> plan_;
};

}  // namespace

ExtensionPtr MakeNetworkExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              NetworkRateLimitConfig, NetworkFactory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, kNetworkType, &NetworkRateLimitConfig::Schema,
      std::vector<std::string_view>{kNetworkName, "envoy.ratelimit"});
}

}  // namespace sluice::filters::ratelimit
