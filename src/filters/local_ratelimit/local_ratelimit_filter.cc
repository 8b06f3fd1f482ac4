#include "local_ratelimit_filter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sluice/base/random.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/number.h"
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
  Factory(std::shared_ptr<const Limit> limit, const filter::ProcessState& process)
      : limit_(std::move(limit)), process_(process) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const LocalRateLimitConfig>& config, const config::Where& where,
      filter::LoadContext& ctx) {
    auto limit = CompileLimit(*config, where, ctx.problems);
    return limit == nullptr ? nullptr : std::make_unique<Factory>(std::move(limit), ctx.process);
  }

  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<LimitWorker>(*limit_, worker, process_);
  }

 private:
  std::shared_ptr<const Limit> limit_;
  const filter::ProcessState& process_;  // the server's
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
  if (config.status && config.status->number() >= 400) limit->status = config.status->number();
  if (config.token_bucket) {
    const config::TokenBucketConfig& bucket = *config.token_bucket;
    // Full since the beginning of time.
    limit->bucket = std::make_unique<TokenBucket>(bucket.max_tokens, bucket.tokens_per_fill,
                                                  bucket.fill_interval, MonoTime{});
  }
  if (!config.descriptors.empty()) {
    limit->descriptors = std::make_unique<const DescriptorBuckets>(config.descriptors,
                                                                   config.max_dynamic_descriptors);
  }
  limit->own_rules = route::RateLimits(config.rate_limits);
  limit->stage = config.stage;
  limit->virtual_host = config.vh_rate_limits;
  limit->always_default = config.always_consume_default_token_bucket;
  limit->tell_client = config.enable_x_ratelimit_headers == LimitHeaders::kDraft03;
  if (config.filter_enabled) limit->enabled = match::Compile(*config.filter_enabled);
  if (config.filter_enforced) limit->enforced = match::Compile(*config.filter_enforced);
  limit->request_edits = route::CompileEdits(config.request_headers_to_add_when_not_enforced, {},
                                             where, &formats, problems);
  limit->response_edits =
      route::CompileEdits(config.response_headers_to_add, {}, where, &formats, problems);
  if (config.rate_limited_as_resource_exhausted) limit->grpc_status = kResourceExhausted;
  return problems.errors() == errors ? limit : nullptr;
}

LimitWorker::LimitWorker(const Limit& limit, filter::WorkerContext& worker,
                         const filter::ProcessState& process)
    : limit_(limit), worker_(worker), process_(process) {
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
  if (Admit(limit, head)) {
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

// The strictest bucket comes first: it is the one that decides and that the client is told of.
bool LimitFilter::Admit(const Limit& limit, http::HeaderMap& head) {
  const MonoTime now = host().worker().loop.Now();
  std::vector<Charge>& charges = worker_.charges();
  charges.clear();
  if (limit.descriptors != nullptr) FindBuckets(limit, head);
  std::ranges::sort(charges, [](const Charge& a, const Charge& b) {
    return a.bucket->ns_per_token() > b.bucket->ns_per_token();
  });
  if (limit.bucket != nullptr && (charges.empty() || limit.always_default)) {
    charges.push_back({limit.bucket.get(), 1});
  }
  for (const Charge& charge : charges) {
    if (charge.bucket->TryTake(now, charge.tokens)) continue;
    Note(limit, *charge.bucket, now);
    return false;
  }
  if (!charges.empty()) Note(limit, *charges.front().bucket, now);
  return true;
}

void LimitFilter::FindBuckets(const Limit& limit, http::HeaderMap& head) {
  const filter::DescriptorRules rules = {
      .own = limit.own_rules.empty() ? nullptr : &limit.own_rules,
      .stage = limit.stage,
      .virtual_host = limit.virtual_host};
  worker_.descriptors().clear();
  filter::DescribeRequest(rules, host(), head, worker_.process(), worker_.descriptors());
  const MonoTime now = host().worker().loop.Now();
  for (const route::Descriptor& descriptor : worker_.descriptors()) {
    if (TokenBucket* bucket = limit.descriptors->Find(descriptor.entries, now)) {
      worker_.charges().push_back({bucket, descriptor.hits.value_or(1)});
    }
  }
}

void LimitFilter::Note(const Limit& limit, const TokenBucket& bucket, MonoTime now) {
  if (!limit.tell_client) return;
  const auto wait = std::chrono::ceil<std::chrono::seconds>(bucket.NextToken(now));
  told_ = Told{bucket.capacity(), bucket.Available(now), static_cast<uint64_t>(wait.count())};
}

filter::FilterStatus LimitFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  if (told_) {
    Arena& arena = host().arena();
    const auto set = [&](std::string_view name, uint64_t value) {
      head.Remove(name);
      head.AddView(name, http::FormatDecimal(arena, value));
    };
    set("x-ratelimit-limit", told_->limit);
    set("x-ratelimit-remaining", told_->remaining);
    set("x-ratelimit-reset", told_->reset_s);
  }
  return filter::FilterStatus::kContinue;
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
