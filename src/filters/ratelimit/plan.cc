#include "plan.h"

#include <chrono>

#include "sluice/log/header_formats.h"
#include "sluice/match/config.h"
#include "sluice/route/header_config.h"

namespace sluice::filters::ratelimit {
namespace {

constexpr Duration kTimeout = std::chrono::milliseconds(20);
constexpr uint32_t kResourceExhausted = 8;  // gRPC

Requests RequestsOf(const std::string& type) {
  if (type == "internal") return Requests::kInternal;
  return type == "external" ? Requests::kExternal : Requests::kAll;
}

}  // namespace

filter::GrpcTarget CompileService(const ServiceConfig& config,
                                  const std::optional<Duration>& timeout,
                                  const config::Where& where, filter::LoadContext& ctx) {
  const Duration longest = timeout.value_or(config.grpc_service.timeout.value_or(kTimeout));
  return filter::CompileGrpcTarget(config.grpc_service, longest, where, log::HeaderFormats(), ctx);
}

std::shared_ptr<const Plan> CompilePlan(const HttpRateLimitConfig& config,
                                        const config::Where& where, filter::LoadContext& ctx) {
  const size_t errors = ctx.problems.errors();
  auto plan = std::make_shared<Plan>();
  plan->service = CompileService(config.rate_limit_service, config.timeout, where, ctx);
  plan->domain = config.domain;
  plan->stat_prefix = "ratelimit";
  if (!config.stat_prefix.empty()) plan->stat_prefix += "." + config.stat_prefix;
  plan->requests = RequestsOf(config.request_type);
  plan->stage = config.stage;
  plan->own_rules = route::RateLimits(config.rate_limits);
  if (config.filter_enabled) plan->enabled = match::Compile(*config.filter_enabled);
  if (config.filter_enforced) plan->enforced = match::Compile(*config.filter_enforced);
  plan->deny_on_error.default_value.numerator = config.failure_mode_deny ? 100 : 0;
  if (config.failure_mode_deny_percent) {
    plan->deny_on_error = match::Compile(*config.failure_mode_deny_percent);
  }
  if (config.rate_limited_status && config.rate_limited_status->number() >= 400) {
    plan->limited_status = config.rate_limited_status->number();
  }
  // An interim answer is none.
  if (config.status_on_error && config.status_on_error->number() >= 200) {
    plan->error_status = config.status_on_error->number();
  }
  if (config.rate_limited_as_resource_exhausted) plan->limited_grpc_status = kResourceExhausted;
  plan->mark_limited = !config.disable_x_envoy_ratelimited_header;
  plan->tell_client = config.enable_x_ratelimit_headers == filter::LimitHeaders::kDraft03;
  const log::HeaderFormats formats;
  plan->limited_edits =
      route::CompileEdits(config.response_headers_to_add, {}, where, &formats, ctx.problems);
  return ctx.problems.errors() == errors ? plan : nullptr;
}

}  // namespace sluice::filters::ratelimit
