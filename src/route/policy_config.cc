// The schemas of retries, mirrors, hashing, upgrades, internal redirects and timeouts.
#include "schema_checks.h"
#include "sluice/route/action_config.h"
#include "sluice/route/extensions.h"

namespace sluice::route {

using config::Context;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

namespace {

constexpr Duration kNone{0};

void CheckRetry(const RetryPolicyConfig& value, const Node& node, Context& ctx) {
  const RetryOnWords words = ParseRetryPolicyOn(value.retry_on.value);
  if (!words.unknown.empty()) {
    const Context::Scope scope(ctx, "retry_on");
    ctx.Fail(Member(node, "retry_on"), "unknown condition `" + std::string(words.unknown) + "`",
             "conditions divided by commas, such as 5xx,connect-failure");
  }
  const Context::Scope scope(ctx, "retriable_status_codes");
  for (const uint32_t code : value.retriable_status_codes) {
    if (code >= 100 && code <= 599) continue;
    ctx.Fail(Member(node, "retriable_status_codes"),
             std::to_string(code) + " is not an HTTP status");
  }
}

void CheckBackOff(const BackOffConfig& value, const Node& node, Context& ctx) {
  if (value.max_interval && *value.max_interval < value.base_interval) {
    const Context::Scope scope(ctx, "max_interval");
    ctx.Fail(Member(node, "max_interval"), "is below base_interval");
  }
}

void CheckMirror(const MirrorPolicyConfig& value, const Node& node, Context& ctx) {
  const bool by_name = !value.cluster.value.empty();
  if (by_name == !value.cluster_header.empty()) {
    ctx.Fail(node, "exactly one of cluster and cluster_header must be given");
  }
  CheckOptionalName(value.cluster_header, "cluster_header", node, ctx);
  CheckValueText(value.host_rewrite_literal, "host_rewrite_literal", node, ctx);
}

void CheckUpgrade(const UpgradeConfig& value, const Node& node, Context& ctx) {
  CheckValueText(value.upgrade_type, "upgrade_type", node, ctx);
}

void CheckInternalRedirect(const InternalRedirectPolicyConfig& value, const Node& node,
                           Context& ctx) {
  {
    const Context::Scope scope(ctx, "redirect_response_codes");
    for (const uint32_t code : value.redirect_response_codes) {
      if (code == 301 || code == 302 || code == 303 || code == 307 || code == 308) continue;
      ctx.Fail(Member(node, "redirect_response_codes"),
               std::to_string(code) + " is no status of a redirect", "301, 302, 303, 307 or 308");
    }
  }
  CheckNames(value.response_headers_to_copy, "response_headers_to_copy", node, ctx);
}

}  // namespace

const config::EnumTable& ConfigEnum(ResetHeaderFormat) {
  static const config::EnumTable table("envoy.config.route.v3.RetryPolicy.ResetHeaderFormat",
                                       {{"SECONDS", 0}, {"UNIX_TIMESTAMP", 1}});
  return table;
}

const Message& ResetHeaderConfig::Schema() {
  using C = ResetHeaderConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.RetryPolicy.ResetHeader",
                     "A response field that says how long to wait.",
                     {Field("name", &C::name, "Name of the field.").Required().NonEmpty(),
                      Field("format", &C::format, "What its value means.")})
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            CheckOptionalName(value.name, "name", node, ctx);
          });
  return message;
}

const Message& RateLimitedBackOffConfig::Schema() {
  using C = RateLimitedBackOffConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff",
      "Waits as long as the upstream asks.",
      {Field("reset_headers", &C::reset_headers, "Fields to look at, in order.")
           .Required()
           .NonEmpty(),
       Field("max_interval", &C::max_interval, "Longer waits are not taken from the field.")
           .GreaterThan(kNone)});
  return message;
}

const Message& BackOffConfig::Schema() {
  using C = BackOffConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.RetryPolicy.RetryBackOff", "Waits between attempts.",
                     {Field("base_interval", &C::base_interval, "The first wait, before jitter.")
                          .Required()
                          .GreaterThan(kNone),
                      Field("max_interval", &C::max_interval, "The longest wait; 10 x the base.")
                          .GreaterThan(kNone)})
          .Check(&CheckBackOff);
  return message;
}

const Message& RetryPolicyConfig::Schema() {
  using C = RetryPolicyConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RetryPolicy", "When and how requests are tried again.",
          {Field("retry_on", &C::retry_on, "Conditions, divided by commas."),
           Field("num_retries", &C::num_retries, "Attempts after the first."),
           Field("per_try_timeout", &C::per_try_timeout, "Longest time of one attempt."),
           Field("per_try_idle_timeout", &C::per_try_idle_timeout,
                 "Longest time of one attempt without any event."),
           Unimplemented("retry_priority", "retries choose among all healthy hosts"),
           Field("retry_host_predicate", &C::retry_host_predicate, "Hosts that retries avoid.")
               .Category(kRetryHostPredicates),
           Unimplemented("retry_options_predicates", "Envoy itself has none built in"),
           Field("host_selection_retry_max_attempts", &C::host_selection_retry_max_attempts,
                 "How often a host is chosen anew when the predicates reject it.")
               .Range(0, 1000),
           Field("retriable_status_codes", &C::retriable_status_codes,
                 "Statuses that the condition retriable-status-codes means."),
           Field("retry_back_off", &C::retry_back_off, "Waits between attempts."),
           Field("rate_limited_retry_back_off", &C::rate_limited_retry_back_off,
                 "Waits when the upstream says how long."),
           Field("retriable_headers", &C::retriable_headers,
                 "Response fields that the condition retriable-headers means."),
           Field("retriable_request_headers", &C::retriable_request_headers,
                 "Requests are retried only if one of these matches.")})
          .Check(&CheckRetry);
  return message;
}

const Message& MirrorPolicyConfig::Schema() {
  using C = MirrorPolicyConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RouteAction.RequestMirrorPolicy",
          "Sends a copy of requests to another cluster.",
          {Field("cluster", &C::cluster, "The cluster."),
           Field("cluster_header", &C::cluster_header, "The request field that names the cluster."),
           Field("runtime_fraction", &C::runtime_fraction,
                 "Share of the requests; all by default."),
           Unimplemented("trace_sampled", "copies have no spans of their own").Accept({"false"}),
           Field("disable_shadow_host_suffix_append", &C::disable_shadow_host_suffix_append,
                 "Whether the host stays as it is, without -shadow."),
           Field("request_headers_mutations", &C::request_headers_mutations,
                 "Changes of the copy's fields.")
               .Size(0, 1000),
           Field("host_rewrite_literal", &C::host_rewrite_literal, "Host of the copy.")})
          .RecordWhere(&C::where)
          .Check(&CheckMirror);
  return message;
}

const Message& HashHeaderConfig::Schema() {
  using C = HashHeaderConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RouteAction.HashPolicy.Header", "Hash of a field.",
          {Field("header_name", &C::header_name, "Name of the field.").Required().NonEmpty(),
           Field("regex_rewrite", &C::regex_rewrite, "Changes the value first.")})
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            CheckOptionalName(value.header_name, "header_name", node, ctx);
          });
  return message;
}

const Message& CookieAttributeConfig::Schema() {
  using C = CookieAttributeConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute",
                     "An attribute of a cookie that is made.",
                     {Field("name", &C::name, "Its name.").Required().Size(1, 16384),
                      Field("value", &C::value, "Its value.").Size(0, 16384)})
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            CheckOptionalName(value.name, "name", node, ctx);
            CheckValueText(value.value, "value", node, ctx);
          });
  return message;
}

const Message& HashCookieConfig::Schema() {
  using C = HashCookieConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RouteAction.HashPolicy.Cookie", "Hash of a cookie.",
      {Field("name", &C::name, "Name of the cookie.").Required().NonEmpty(),
       Field("ttl", &C::ttl, "Makes the cookie if it is not there; 0 is a session cookie."),
       Field("path", &C::path, "Path of a cookie that is made."),
       Field("attributes", &C::attributes, "Further attributes of a cookie that is made.")});
  return message;
}

const Message& HashConnectionConfig::Schema() {
  using C = HashConnectionConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties",
      "Hash of the connection.", {Field("source_ip", &C::source_ip, "Of the client's address.")});
  return message;
}

const Message& HashQueryConfig::Schema() {
  using C = HashQueryConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter", "Hash of a query parameter.",
      {Field("name", &C::name, "Name of the parameter.").Required().NonEmpty()});
  return message;
}

const Message& HashFilterStateConfig::Schema() {
  using C = HashFilterStateConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.RouteAction.HashPolicy.FilterState",
                     "Hash of an object in the filter state.",
                     {Field("key", &C::key, "Its name.").Required().NonEmpty()});
  return message;
}

const Message& HashPolicyConfig::Schema() {
  using C = HashPolicyConfig;
  constexpr std::string_view kGroup = "policy_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RouteAction.HashPolicy",
          "What ring hash and maglev choose the host by.",
          {Field("header", &C::header, "A field of the request.").Oneof(kGroup),
           Field("cookie", &C::cookie, "A cookie.").Oneof(kGroup),
           Field("connection_properties", &C::connection_properties, "The connection.")
               .Oneof(kGroup),
           Field("query_parameter", &C::query_parameter, "A query parameter.").Oneof(kGroup),
           Field("filter_state", &C::filter_state, "An object that a filter left.").Oneof(kGroup),
           Field("terminal", &C::terminal, "Whether the rest is skipped once there is a hash.")})
          .RequireOneof(kGroup);
  return message;
}

const Message& ConnectConfig::Schema() {
  using C = ConnectConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig",
      "Sends the payload of CONNECT upstream as plain TCP.",
      {Field("proxy_protocol_config", &C::proxy_protocol_config,
             "A PROXY header with the client's addresses ahead of the payload."),
       Field("allow_post", &C::allow_post, "Whether the body of POST is sent the same way.")});
  return message;
}

const Message& UpgradeConfig::Schema() {
  using C = UpgradeConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RouteAction.UpgradeConfig", "Allows or forbids an upgrade.",
          {Field("upgrade_type", &C::upgrade_type, "Such as websocket or CONNECT.")
               .Required()
               .NonEmpty(),
           Field("enabled", &C::enabled, "Whether it is allowed."),
           Field("connect_config", &C::connect_config, "For CONNECT: ends the tunnel here.")})
          .Check(&CheckUpgrade);
  return message;
}

const Message& MaxStreamDurationConfig::Schema() {
  using C = MaxStreamDurationConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RouteAction.MaxStreamDuration", "Longest life of a stream.",
      {Field("max_stream_duration", &C::max_stream_duration, "Longest life; 0: no limit."),
       Field("grpc_timeout_header_max", &C::grpc_timeout_header_max,
             "Takes the limit from grpc-timeout, but at most this; 0: without a cap."),
       Field("grpc_timeout_header_offset", &C::grpc_timeout_header_offset,
             "Taken off what grpc-timeout says.")});
  return message;
}

const Message& InternalRedirectPolicyConfig::Schema() {
  using C = InternalRedirectPolicyConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.InternalRedirectPolicy", "Follows redirects of the upstream.",
          {Field("max_internal_redirects", &C::max_internal_redirects, "How many in a row."),
           Field("redirect_response_codes", &C::redirect_response_codes,
                 "Statuses that are followed; 302 by default.")
               .Size(0, 5),
           Unimplemented("predicates", "limit redirects by max_internal_redirects"),
           Field("allow_cross_scheme_redirect", &C::allow_cross_scheme_redirect,
                 "Whether http may lead to https and back."),
           Field("response_headers_to_copy", &C::response_headers_to_copy,
                 "Fields copied from the redirect into the next request.")})
          .Check(&CheckInternalRedirect);
  return message;
}

}  // namespace sluice::route
