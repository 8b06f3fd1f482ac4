// The schemas from RouteConfiguration down to the route's match.
#include "sluice/route/config.h"

#include "schema_checks.h"
#include "sluice/http/chars.h"
#include "sluice/route/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::route {

using config::Context;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

namespace {

constexpr double kMaxHeaders = 1000;

void CheckMatch(const RouteMatchConfig& value, const Node& node, Context& ctx) {
  if (value.path_separated_prefix) {
    const std::string& prefix = *value.path_separated_prefix;
    const Context::Scope scope(ctx, "path_separated_prefix");
    if (prefix.empty() || prefix.find_first_of("?#") != std::string::npos || prefix.back() == '/') {
      ctx.Fail(Member(node, "path_separated_prefix"), "must not hold ? or #, nor end in /",
               "such as /api");
    }
  }
}

void CheckVirtualHost(const VirtualHostConfig& value, const Node& node, Context& ctx) {
  CheckNames(value.request_headers_to_remove, "request_headers_to_remove", node, ctx);
  CheckNames(value.response_headers_to_remove, "response_headers_to_remove", node, ctx);
  if (value.per_request_buffer_limit_bytes && value.request_body_buffer_limit) {
    ctx.Fail(node, "per_request_buffer_limit_bytes and request_body_buffer_limit are both set", {},
             "keep request_body_buffer_limit");
  }
}

void CheckRoute(const RouteConfig& value, const Node& node, Context& ctx) {
  CheckNames(value.request_headers_to_remove, "request_headers_to_remove", node, ctx);
  CheckNames(value.response_headers_to_remove, "response_headers_to_remove", node, ctx);
  if (value.per_request_buffer_limit_bytes && value.request_body_buffer_limit) {
    ctx.Fail(node, "per_request_buffer_limit_bytes and request_body_buffer_limit are both set", {},
             "keep request_body_buffer_limit");
  }
}

void CheckConfiguration(const RouteConfiguration& value, const Node& node, Context& ctx) {
  CheckNames(value.request_headers_to_remove, "request_headers_to_remove", node, ctx);
  CheckNames(value.response_headers_to_remove, "response_headers_to_remove", node, ctx);
  CheckNames(value.internal_only_headers, "internal_only_headers", node, ctx);
  for (const std::string& name : value.internal_only_headers) {
    const config::Context::Scope scope(ctx, "internal_only_headers");
    if (!name.starts_with(':') && !http::EqualsIgnoreCase(name, "host")) continue;
    ctx.Fail(Member(node, "internal_only_headers"), name + " is a part of every request");
  }
  CheckOptionalName(value.vhost_header, "vhost_header", node, ctx);
}

// The four lists of header edits, which several messages have under the same names.
template <typename C>
std::vector<Field> EditFields() {
  return {Field("request_headers_to_add", &C::request_headers_to_add,
                "Fields added to requests before they go upstream.")
              .Size(0, static_cast<size_t>(kMaxHeaders)),
          Field("request_headers_to_remove", &C::request_headers_to_remove,
                "Fields removed from requests, before any is added."),
          Field("response_headers_to_add", &C::response_headers_to_add,
                "Fields added to responses before they go to the client.")
              .Size(0, static_cast<size_t>(kMaxHeaders)),
          Field("response_headers_to_remove", &C::response_headers_to_remove,
                "Fields removed from responses, before any is added.")};
}

}  // namespace

const config::EnumTable& ConfigEnum(TlsRequirement) {
  static const config::EnumTable table("envoy.config.route.v3.VirtualHost.TlsRequirementType",
                                       {{"NONE", 0}, {"EXTERNAL_ONLY", 1}, {"ALL", 2}});
  return table;
}

const Message& TlsContextMatchConfig::Schema() {
  using C = TlsContextMatchConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RouteMatch.TlsContextMatchOptions", "Matches the client certificate.",
      {Field("presented", &C::presented, "Whether the client presented a certificate."),
       Field("validated", &C::validated, "Whether it was validated.")});
  return message;
}

const Message& RouteMatchConfig::Schema() {
  using C = RouteMatchConfig;
  constexpr std::string_view kPath = "path_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RouteMatch", "What requests a route takes.",
          {Field("prefix", &C::prefix, "How the path begins.").Oneof(kPath),
           Field("path", &C::path, "The whole path, without the query.").Oneof(kPath),
           Field("safe_regex", &C::safe_regex,
                 "A regular expression for the whole path without the query.")
               .Oneof(kPath),
           Field("connect_matcher", &C::connect_matcher, "CONNECT requests.").Oneof(kPath),
           Field("path_separated_prefix", &C::path_separated_prefix,
                 "The whole path, or what comes before a /.")
               .Oneof(kPath),
           Field("path_match_policy", &C::path_match_policy, "A path template.")
               .Category(kPathMatchers)
               .Oneof(kPath),
           Field("case_sensitive", &C::case_sensitive,
                 "Whether case counts in prefix and path; not for regular expressions."),
           Field("runtime_fraction", &C::runtime_fraction, "Share of the requests to take."),
           Field("headers", &C::headers, "Fields of the request; all must match."),
           Field("query_parameters", &C::query_parameters, "Query parameters; all must match."),
           Field("cookies", &C::cookies, "Cookies; all must match."),
           Field("grpc", &C::grpc, "Only gRPC requests."),
           Field("tls_context", &C::tls_context, "The client certificate."),
           Field("dynamic_metadata", &C::dynamic_metadata, "Dynamic metadata; all must match."),
           Unimplemented("filter_state", "match dynamic_metadata or a header instead")})
          .RequireOneof(kPath)
          .RecordWhere(&C::where)
          .Check(&CheckMatch);
  return message;
}

const Message& DecoratorConfig::Schema() {
  using C = DecoratorConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.Decorator", "How the route is named in traces.",
      {Field("operation", &C::operation, "Name of the operation.").Required().NonEmpty(),
       Field("propagate", &C::propagate, "Whether the other side is told the name.")});
  return message;
}

namespace {

std::vector<Field> RouteFields() {
  using C = RouteConfig;
  constexpr std::string_view kAction = "action";
  std::vector<Field> fields = {
      Field("name", &C::name, "Name, for logs and explain."),
      Field("match", &C::match, "What requests it takes.").Required(),
      Field("route", &C::route, "Forward to a cluster.").Oneof(kAction),
      Field("redirect", &C::redirect, "Answer with a redirect.").Oneof(kAction),
      Field("direct_response", &C::direct_response, "Answer right here.").Oneof(kAction),
      Unimplemented("filter_action", "use direct_response or a filter").Oneof(kAction),
      Field("non_forwarding_action", &C::non_forwarding_action,
            "For filters that answer themselves; the router refuses it.")
          .Oneof(kAction),
      Field("metadata", &C::metadata, "Free data for filters and logs."),
      Field("decorator", &C::decorator, "Name in traces."),
      Field("typed_per_filter_config", &C::typed_per_filter_config,
            "What filters do otherwise on this route, by their names.")
          .Category(kFilterRouteConfigs),
      Field("tracing", &C::tracing, "How its requests are traced."),
      Field("per_request_buffer_limit_bytes", &C::per_request_buffer_limit_bytes,
            "Most bytes of a body held for retries.")
          .Deprecated("request_body_buffer_limit"),
      Field("stat_prefix", &C::stat_prefix, "Gives the route its own statistics."),
      Field("request_body_buffer_limit", &C::request_body_buffer_limit,
            "Most bytes of a body held for retries, even beyond the connection's limit.")};
  for (Field& field : EditFields<C>()) fields.push_back(field);
  return fields;
}

std::vector<Field> VirtualHostFields() {
  using C = VirtualHostConfig;
  std::vector<Field> fields = {
      Field("name", &C::name, "Name, for statistics and logs.").Required().NonEmpty(),
      Field("domains", &C::domains, "Hosts: exact, *.suffix, prefix.*, or *.")
          .Required()
          .NonEmpty(),
      Field("routes", &C::routes, "Routes; the first that matches is taken."),
      Unimplemented("matcher", "write a list of routes"),
      Field("require_tls", &C::require_tls, "Whether plain HTTP is redirected to HTTPS."),
      Field("virtual_clusters", &C::virtual_clusters, "Kinds of requests with own statistics."),
      Field("rate_limits", &C::rate_limits,
            "What requests are called for rate limits, on routes that do not say it."),
      Field("cors", &C::cors, "CORS policy.").Deprecated("typed_per_filter_config"),
      Field("typed_per_filter_config", &C::typed_per_filter_config,
            "What filters do otherwise on this host, by their names.")
          .Category(kFilterRouteConfigs),
      Field("include_request_attempt_count", &C::include_request_attempt_count,
            "Tell the upstream the attempt in x-envoy-attempt-count."),
      Field("include_attempt_count_in_response", &C::include_attempt_count_in_response,
            "Tell the client the attempts in x-envoy-attempt-count."),
      Field("retry_policy", &C::retry_policy, "Retries of routes that have no own policy."),
      Unimplemented("retry_policy_typed_config", "use retry_policy"),
      Unimplemented("hedge_policy", "requests are not hedged; use retry_policy"),
      Field("include_is_timeout_retry_header", &C::include_is_timeout_retry_header,
            "Mark retries after a per-try timeout with x-envoy-is-timeout-retry."),
      Field("per_request_buffer_limit_bytes", &C::per_request_buffer_limit_bytes,
            "Most bytes of a body held for retries.")
          .Deprecated("request_body_buffer_limit"),
      Field("request_body_buffer_limit", &C::request_body_buffer_limit,
            "Most bytes of a body held for retries, even beyond the connection's limit."),
      Field("request_mirror_policies", &C::request_mirror_policies,
            "Mirrors of routes that have none of their own."),
      Field("metadata", &C::metadata, "Free data for filters and logs.")};
  for (Field& field : EditFields<C>()) fields.push_back(field);
  return fields;
}

std::vector<Field> ConfigurationFields() {
  using C = RouteConfiguration;
  std::vector<Field> fields = {
      Field("name", &C::name, "Name of the configuration."),
      Field("virtual_hosts", &C::virtual_hosts, "The virtual hosts."),
      Unimplemented("vhds", "write the virtual hosts into virtual_hosts"),
      Field("internal_only_headers", &C::internal_only_headers,
            "Fields removed from requests that come from outside."),
      Field("most_specific_header_mutations_wins", &C::most_specific_header_mutations_wins,
            "Whether the route has the last word on header fields, not the configuration."),
      Field("validate_clusters", &C::validate_clusters,
            "Whether an unknown cluster is an error at load."),
      Field("max_direct_response_body_size_bytes", &C::max_direct_response_body_size_bytes,
            "Longest body of a direct response."),
      Unimplemented("cluster_specifier_plugins", "name clusters in routes"),
      Field("request_mirror_policies", &C::request_mirror_policies,
            "Mirrors of virtual hosts and routes that have none of their own."),
      Field("ignore_port_in_host_matching", &C::ignore_port_in_host_matching,
            "Whether the port of the host is left out when a virtual host is looked for."),
      Field("vhost_header", &C::vhost_header,
            "A field to find the virtual host by, in place of :authority."),
      Field("ignore_path_parameters_in_path_matching", &C::ignore_path_parameters_in_path_matching,
            "Whether what follows a ; in the path is left out when a route is looked for."),
      Field("typed_per_filter_config", &C::typed_per_filter_config,
            "What filters do otherwise on these routes, by their names.")
          .Category(kFilterRouteConfigs),
      Field("metadata", &C::metadata, "Free data for filters and logs.")};
  for (Field& field : EditFields<C>()) fields.push_back(field);
  return fields;
}

}  // namespace

const Message& RouteConfig::Schema() {
  static const auto message =
      Message::Of<RouteConfig>("envoy.config.route.v3.Route",
                               "What requests are taken, and what becomes of them.", RouteFields())
          .RequireOneof("action")
          .RecordWhere(&RouteConfig::where)
          .Check(&CheckRoute);
  return message;
}

const Message& VirtualClusterConfig::Schema() {
  using C = VirtualClusterConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.VirtualCluster", "A kind of requests with statistics of its own.",
      {Field("headers", &C::headers, "Fields of the request; all must match.")
           .Required()
           .NonEmpty(),
       Field("name", &C::name, "Name in statistics.").Required().NonEmpty()});
  return message;
}

const Message& VirtualHostConfig::Schema() {
  static const auto message =
      Message::Of<VirtualHostConfig>("envoy.config.route.v3.VirtualHost",
                                     "A set of domains and its routes.", VirtualHostFields())
          .RecordWhere(&VirtualHostConfig::where)
          .Check(&CheckVirtualHost);
  return message;
}

const Message& RouteConfiguration::Schema() {
  static const auto message =
      Message::Of<RouteConfiguration>("envoy.config.route.v3.RouteConfiguration",
                                      "A table of routes.", ConfigurationFields())
          .RecordWhere(&RouteConfiguration::where)
          .Check(&CheckConfiguration);
  return message;
}

}  // namespace sluice::route
