#include "ratelimit_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::ratelimit {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

constexpr std::string_view kDomainHelp = "Whose limits these are, to the service.";
constexpr std::string_view kTimeoutHelp =
    "Longest wait for the answer, 20 ms unless set here or in grpc_service; 0: no bound.";
constexpr std::string_view kDenyHelp = "Whether the service's failure refuses what it was asked.";

void CheckService(const ServiceConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.transport_api_version == config::ApiVersion::kV2) {
    ctx.Fail(node, "transport_api_version V2 is not spoken any more", {}, "use V3");
  }
}

// A list that takes the place of all others has no stages, and nothing that turns it off.
void CheckOwnRules(const std::vector<route::RateLimitConfig>& rules, const config::Node& node,
                   config::Context& ctx) {
  for (const route::RateLimitConfig& rule : rules) {
    if (rule.stage != 0) ctx.Fail(node, "`stage` is for the rate_limits of routes");
    if (!rule.disable_key.empty()) ctx.Fail(node, "`disable_key` is for the rate_limits of routes");
    if (rule.limit) ctx.Fail(node, "`limit` is for the rate_limits of routes");
  }
}

void CheckHttp(const HttpRateLimitConfig& value, const config::Node& node, config::Context& ctx) {
  const std::string& type = value.request_type;
  if (!type.empty() && type != "internal" && type != "external" && type != "both") {
    const config::Node* at = node.Find("request_type");
    ctx.Fail(at == nullptr ? node : *at, "request_type is one of internal, external and both");
  }
  CheckOwnRules(value.rate_limits, node, ctx);
}

void CheckRoute(const RateLimitPerRouteConfig& value, const config::Node& node,
                config::Context& ctx) {
  CheckOwnRules(value.rate_limits, node, ctx);
}

}  // namespace

const Message& ServiceConfig::Schema() {
  using C = ServiceConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.ratelimit.v3.RateLimitServiceConfig", "The service.",
          {Field("grpc_service", &C::grpc_service, "Which.").Required(),
           Field("transport_api_version", &C::transport_api_version, "Its messages: those of V3.")})
          .Check(&CheckService);
  return message;
}

namespace {

std::vector<Field> HttpFields() {
  using C = HttpRateLimitConfig;
  return {
      Field("domain", &C::domain, kDomainHelp).Required().NonEmpty(),
      Field("stage", &C::stage, "Which rate_limits of routes are taken: those of the same stage.")
          .Max(10),
      Field("request_type", &C::request_type,
            "Requests that are asked about by x-envoy-internal: internal, external or both."),
      Field("timeout", &C::timeout, kTimeoutHelp),
      Field("failure_mode_deny", &C::failure_mode_deny, kDenyHelp),
      Field("rate_limited_as_resource_exhausted", &C::rate_limited_as_resource_exhausted,
            "gRPC clients get RESOURCE_EXHAUSTED instead of UNAVAILABLE."),
      Field("rate_limit_service", &C::rate_limit_service, "Who is asked.").Required(),
      Field("enable_x_ratelimit_headers", &C::enable_x_ratelimit_headers,
            "Tell clients by x-ratelimit-limit, -remaining and -reset."),
      Field("disable_x_envoy_ratelimited_header", &C::disable_x_envoy_ratelimited_header,
            "Whether answers go without x-envoy-ratelimited."),
      Field("rate_limited_status", &C::rate_limited_status,
            "What is answered over the limit; 429 for codes below 400."),
      Field("response_headers_to_add", &C::response_headers_to_add,
            "Fields of answers over the limit.")
          .Size(0, 10),
      Field("status_on_error", &C::status_on_error,
            "What is answered when the service fails and that refuses; 500 unless set."),
      Field("stat_prefix", &C::stat_prefix, "The counters are ratelimit.<stat_prefix>.*."),
      Field("filter_enabled", &C::filter_enabled,
            "Requests that are asked about; unless set, ratelimit.http_filter_enabled."),
      Field("filter_enforced", &C::filter_enforced,
            "Of those, requests that are refused; unless set, ratelimit.http_filter_enforcing."),
      Field("failure_mode_deny_percent", &C::failure_mode_deny_percent,
            "Share of requests that the service's failure refuses, in place of failure_mode_deny."),
      Field("rate_limits", &C::rate_limits,
            "What requests are called, in place of what virtual hosts and routes say.")};
}

}  // namespace

const Message& HttpRateLimitConfig::Schema() {
  static const auto message =
      Message::Of<HttpRateLimitConfig>("envoy.extensions.filters.http.ratelimit.v3.RateLimit",
                                       "Asks a service whether requests are over their limits.",
                                       HttpFields())
          .Check(&CheckHttp);
  return message;
}

const Message& RateLimitPerRouteConfig::Schema() {
  using C = RateLimitPerRouteConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute",
                     "What holds on these routes.",
                     {Field("vh_rate_limits", &C::vh_rate_limits,
                            "Whether the virtual host's rate_limits count beside the route's."),
                      Unimplemented("override_option", "the innermost level is what holds")
                          .Accept({"DEFAULT", "0", "OVERRIDE_POLICY", "1"}),
                      Field("rate_limits", &C::rate_limits,
                            "What requests are called here, in place of all others."),
                      Field("domain", &C::domain, "In place of the filter's.")})
          .Check(&CheckRoute);
  return message;
}

const Message& DescriptorEntryConfig::Schema() {
  using C = DescriptorEntryConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry", "An entry.",
                     {Field("key", &C::key, "Its key.").Required().NonEmpty(),
                      Field("value", &C::value, "Its value; command operators may stand in it.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& DescriptorLimitConfig::Schema() {
  using C = DescriptorLimitConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride",
                     "A limit that the service is to take in place of its own.",
                     {Field("requests_per_unit", &C::requests_per_unit, "How many."),
                      Field("unit", &C::unit, "In how long.")});
  return message;
}

const Message& DescriptorConfig::Schema() {
  using C = DescriptorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.common.ratelimit.v3.RateLimitDescriptor", "What connections are called.",
      {Field("entries", &C::entries, "Its entries, in order.").Required().NonEmpty(),
       Field("limit", &C::limit, "What the service is told to limit it to."),
       Field("hits_addend", &C::hits_addend, "What a connection counts; 1 unless set.")});
  return message;
}

const Message& NetworkRateLimitConfig::Schema() {
  using C = NetworkRateLimitConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.ratelimit.v3.RateLimit",
      "Asks a service whether connections are over their limits.",
      {Field("stat_prefix", &C::stat_prefix, "The counters are ratelimit.<stat_prefix>.*.")
           .Required()
           .NonEmpty(),
       Field("domain", &C::domain, kDomainHelp).Required().NonEmpty(),
       Field("descriptors", &C::descriptors, "What connections are called.").Required().NonEmpty(),
       Field("timeout", &C::timeout, kTimeoutHelp),
       Field("failure_mode_deny", &C::failure_mode_deny, kDenyHelp),
       Field("rate_limit_service", &C::rate_limit_service, "Who is asked.").Required()});
  return message;
}

}  // namespace sluice::filters::ratelimit
