// The configured HTTP filter, compiled at load: immutable, shared by all workers. And what a route
// says to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ratelimit_config.h"
#include "sluice/base/clock.h"
#include "sluice/filter/grpc_call.h"
#include "sluice/match/runtime.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/rate_limits.h"

namespace sluice::filters::ratelimit {

// Which requests are asked about, by x-envoy-internal.
enum class Requests : uint8_t { kAll, kInternal, kExternal };

struct Plan {
  filter::GrpcTarget service;
  std::string domain;
  std::string stat_prefix;  // "ratelimit" or "ratelimit.<prefix>"
  Requests requests = Requests::kAll;
  uint32_t stage = 0;
  route::RateLimits own_rules;  // in place of the routes', if there are any

  match::RuntimeFraction enabled{{100, 100}, "ratelimit.http_filter_enabled"};
  match::RuntimeFraction enforced{{100, 100}, "ratelimit.http_filter_enforcing"};
  match::RuntimeFraction deny_on_error{{0, 100}, {}};

  uint32_t limited_status = 429;
  uint32_t error_status = 500;
  std::optional<uint32_t> limited_grpc_status;
  bool mark_limited = true;  // x-envoy-ratelimited
  bool tell_client = false;  // x-ratelimit-*
  route::HeaderEdits limited_edits;
};
// Null after adding to the problems.
std::shared_ptr<const Plan> CompilePlan(const HttpRateLimitConfig& config,
                                        const config::Where& where, filter::LoadContext& ctx);

// What the service is called with, by HTTP and network filters alike.
filter::GrpcTarget CompileService(const ServiceConfig& config,
                                  const std::optional<Duration>& timeout,
                                  const config::Where& where, filter::LoadContext& ctx);

struct RoutePlan {
  filter::VirtualHostLimits virtual_host = filter::VirtualHostLimits::kOverride;
  route::RateLimits own_rules;
  std::string domain;  // empty: the filter's
};

}  // namespace sluice::filters::ratelimit
