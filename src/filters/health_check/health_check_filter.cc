#include "health_check_filter.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/stats/store.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::health_check {

using config::Field;
using filter::FilterStatus;

namespace {

bool IsWell(const WatchedCluster& cluster) {
  const auto total = static_cast<double>(cluster.total.value());
  if (total <= 0) return cluster.min_percent <= 0;
  const auto usable = static_cast<double>(cluster.healthy.value() + cluster.degraded.value());
  return 100 * usable >= total * cluster.min_percent;
}

constexpr std::string_view kType = "envoy.extensions.filters.http.health_check.v3.HealthCheck";

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const HealthCheckPlan& plan, filter::WorkerContext& worker) : plan_(plan) {
    for (const NeededCluster& each : plan.clusters) {
      const stats::Scope scope = worker.stats.MainScope(each.stat_prefix);
      clusters_.push_back({scope.MakeGauge("membership_total"),
                           scope.MakeGauge("membership_healthy"),
                           scope.MakeGauge("membership_degraded"), each.min_percent});
    }
  }
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<HealthCheckFilter>(plan_, clusters_);
  }

 private:
  const HealthCheckPlan& plan_;
  std::vector<WatchedCluster> clusters_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(HealthCheckPlan plan) : plan_(std::move(plan)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const HealthCheckConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    if (!config->cluster_min_healthy_percentages.empty() && config->pass_through_mode) {
      ctx.problems.Add(where,
                       "cluster_min_healthy_percentages is of use without pass_through_mode only");
      return nullptr;
    }
    if (config->cache_time && !config->pass_through_mode) {
      ctx.problems.Add(where, "cache_time is of use with pass_through_mode only");
      return nullptr;
    }
    HealthCheckPlan plan;
    plan.pass_through = config->pass_through_mode;
    plan.cache_time = config->cache_time.value_or(Duration::zero());
    plan.headers = match::Compile(config->headers);
    plan.process = &ctx.process;
    plan.cache = std::make_unique<CachedAnswer>();
    for (const auto& [name, percent] : config->cluster_min_healthy_percentages) {
      const auto id = ctx.clusters.FindId(name);
      if (id) {
        plan.clusters.push_back({ctx.clusters.StatPrefix(*id), percent.value});
        continue;
      }
      const std::string nearest(ctx.clusters.NearestName(name));
      ctx.problems.Add(where, "there is no cluster '" + name + "'",
                       nearest.empty() ? "" : "did you mean `" + nearest + "`?");
    }
    return std::make_unique<Factory>(std::move(plan));
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<Worker>(plan_, worker);
  }

 private:
  HealthCheckPlan plan_;
};

}  // namespace

const config::Message& HealthCheckConfig::Schema() {
  using C = HealthCheckConfig;
  static const auto message = config::Message::Of<C>(
      kType, "Answers health checks.",
      {Field("pass_through_mode", &C::pass_through_mode,
             "true: checks go to the upstream, unless /healthcheck/fail was said.")
           .Required(),
       Field("cache_time", &C::cache_time, "How long an answer that passed through is repeated."),
       Field("cluster_min_healthy_percentages", &C::cluster_min_healthy_percentages,
             "Clusters, and the percentage of their hosts that must be healthy or degraded."),
       Field("headers", &C::headers, "What a health check looks like; all must match.")});
  return message;
}

// The status to answer with at once; none: the check goes on to the upstream.
std::optional<uint32_t> HealthCheckFilter::LocalStatus() {
  if (plan_.process->health_failed()) return 503;
  if (!plan_.pass_through) {
    if (std::ranges::all_of(clusters_, &IsWell)) return 200;
    reason_ = "health_check_failed_cluster_unhealthy";
    return 503;
  }
  const int64_t now = host().worker().loop.Now().time_since_epoch().count();
  if (now < plan_.cache->good_until_ns.load(std::memory_order_acquire)) {
    return plan_.cache->status.load(std::memory_order_relaxed);
  }
  return std::nullopt;
}

FilterStatus HealthCheckFilter::OnRequestHead(http::HeaderMap& head, bool end) {
  if (!match::AllMatch(plan_.headers, head)) return FilterStatus::kContinue;
  host().info().health_check = true;
  const auto status = LocalStatus();
  if (!status) {
    state_ = State::kPassing;
    return FilterStatus::kContinue;
  }
  state_ = State::kAnswering;
  status_ = *status;
  if (end) Answer();
  return FilterStatus::kStop;
}

FilterStatus HealthCheckFilter::OnRequestData(ByteChain& data, bool end) {
  if (state_ != State::kAnswering) return FilterStatus::kContinue;
  data.Clear();
  if (end) Answer();
  return FilterStatus::kStop;
}

void HealthCheckFilter::Answer() {
  const bool ok = status_ < 400;
  if (!ok) host().info().flags.Set(stream::ResponseFlag::kFailedLocalHealthCheck);
  filter::LocalReply reply;
  reply.status = status_;
  reply.details = ok ? std::string_view("health_check_ok") : reason_;
  host().SendLocalReply(reply);
}

FilterStatus HealthCheckFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  if (state_ == State::kPassing && plan_.cache_time > Duration::zero()) {
    const std::string_view text = head.Get(http::HeaderId::kStatus).value_or("");
    uint32_t status = 0;
    std::from_chars(text.data(), text.data() + text.size(), status);
    const MonoTime until = host().worker().loop.Now() + plan_.cache_time;
    plan_.cache->status.store(status, std::memory_order_relaxed);
    plan_.cache->good_until_ns.store(until.time_since_epoch().count(), std::memory_order_release);
  }
  if (plan_.process->health_failed()) {
    head.SetView(http::HeaderId::kXEnvoyImmediateHealthCheckFail, "true");
  }
  return FilterStatus::kContinue;
}

filters::ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HealthCheckConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &HealthCheckConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.health_check", "envoy.health_check"});
}

}  // namespace sluice::filters::health_check
