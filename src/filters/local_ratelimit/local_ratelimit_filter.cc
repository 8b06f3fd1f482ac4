#include "local_ratelimit_filter.h"

#include <utility>

#include "sluice/base/random.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/header_formats.h"
#include "sluice/match/config.h"
#include "sluice/route/filter_config.h"
#include "sluice/route/header_config.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::local_ratelimit {
namespace {

constexpr std::string_view kType =
    "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";
constexpr uint32_t kResourceExhausted = 8;  // gRPC

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const Limit> limit) : limit_(std::move(limit)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const LocalRateLimitConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    auto limit = CompileLimit(*config, where, ctx.problems);
    return limit == nullptr ? nullptr : std::make_unique<Factory>(std::move(limit));
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<LimitWorker>(*limit_, worker);
  }

 private:
  std::shared_ptr<const Limit> limit_;
};

struct RouteExtension final : route::FilterRouteExtension {
  using FilterRouteExtension::FilterRouteExtension;
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    const auto* parsed = config.As<LocalRateLimitConfig>();
    if (!parsed->token_bucket) {
      problems.Add(config.where(),
                   "local rate limit token bucket must be set for per filter configs");
      return nullptr;
    }
    return CompileLimit(*parsed, config.where(), problems);
  }
};

}  // namespace

std::shared_ptr<const Limit> CompileLimit(const LocalRateLimitConfig& config,
                                          const config::Where& where, config::Problems& problems) {
  const size_t errors = problems.errors();
  const log::HeaderFormats formats;
  auto limit = std::make_shared<Limit>();
  limit->stat_prefix = config.stat_prefix + ".http_local_rate_limit";
  limit->status = config.status.code < 400 ? 429 : config.status.code;
  if (config.token_bucket) {
    const config::TokenBucketConfig& bucket = *config.token_bucket;
    // Full since the beginning of time.
    limit->bucket = std::make_unique<TokenBucket>(bucket.max_tokens, bucket.tokens_per_fill,
                                                  bucket.fill_interval, MonoTime{});
  }
  if (config.filter_enabled) limit->enabled = match::Compile(*config.filter_enabled);
  if (config.filter_enforced) limit->enforced = match::Compile(*config.filter_enforced);
  limit->request_edits = route::CompileEdits(config.request_headers_to_add_when_not_enforced, {},
                                             where, &formats, problems);
  limit->response_edits =
      route::CompileEdits(config.response_headers_to_add, {}, where, &formats, problems);
  if (config.rate_limited_as_resource_exhausted) limit->grpc_status = kResourceExhausted;
  return problems.errors() == errors ? limit : nullptr;
}

LimitWorker::LimitWorker(const Limit& limit, filter::WorkerContext& worker)
    : limit_(limit), worker_(worker) {
  StatsOf(limit);
}

filter::HttpFilter* LimitWorker::Create(Arena& arena) { return arena.New<LimitFilter>(*this); }

LimitStats& LimitWorker::StatsOf(const Limit& limit) {
  for (const auto& bound : bound_) {
    if (bound->limit == &limit) return bound->stats;
  }
  const stats::Scope scope(worker_.stats, worker_.slot, limit.stat_prefix);
  bound_.push_back(std::make_unique<Bound>(Bound{&limit, stats::Make<LimitStats>(scope)}));
  return bound_.back()->stats;
}

filter::FilterStatus LimitFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const auto* own = static_cast<const Limit*>(host().route_config());
  const Limit& limit = own != nullptr ? *own : worker_.limit();
  const match::RuntimeSnapshot* runtime = host().worker().runtime;
  if (!limit.enabled.Includes(FastRandom(), runtime)) return filter::FilterStatus::kContinue;
  LimitStats& count = worker_.StatsOf(limit);
  count.enabled.Inc();
  if (limit.bucket == nullptr || limit.bucket->TryTake(host().worker().loop.Now())) {
    count.ok.Inc();
    return filter::FilterStatus::kContinue;
  }
  count.rate_limited.Inc();
  if (!limit.enforced.Includes(FastRandom(), runtime)) {
    route::FormatInput input;
    input.request_head = &head;
    input.info = &host().info();
    limit.request_edits.Apply(head, input);
    return filter::FilterStatus::kContinue;
  }
  count.enforced.Inc();
  Refuse(limit);
  return filter::FilterStatus::kStop;
}

void LimitFilter::Refuse(const Limit& limit) {
  struct Edit {
    const Limit& limit;
    filter::HttpFilterHost& host;
  } edit{limit, host()};
  host().info().flags.Set(stream::ResponseFlag::kRateLimited);
  filter::LocalReply reply;
  reply.status = limit.status;
  reply.body = "local_rate_limited";
  reply.details = "local_rate_limited";
  reply.grpc_status = limit.grpc_status;
  reply.edit = [](http::HeaderMap& head, void* context) {
    const auto& of = *static_cast<const Edit*>(context);
    route::FormatInput input;
    input.request_head = &of.host.request_head();
    input.response_head = &head;
    input.info = &of.host.info();
    of.limit.response_edits.Apply(head, input);
  };
  reply.edit_context = &edit;
  host().SendLocalReply(reply);
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            LocalRateLimitConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &LocalRateLimitConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.local_ratelimit"});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<RouteExtension>(kType, kType, &LocalRateLimitConfig::Schema);
}

}  // namespace sluice::filters::local_ratelimit
