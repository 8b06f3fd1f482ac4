// The schemas of the actions: forward, redirect, direct response.
#include "sluice/route/action_config.h"

#include "schema_checks.h"
#include "sluice/route/extensions.h"
#include "sluice/route/filter_config.h"

namespace sluice::route {

using config::Context;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

namespace {

void CheckClusterWeight(const ClusterWeightConfig& value, const Node& node, Context& ctx) {
  if (value.name.value.empty() == value.cluster_header.empty()) {
    ctx.Fail(node, "exactly one of name and cluster_header must be given");
  }
  CheckOptionalName(value.cluster_header, "cluster_header", node, ctx);
  CheckNames(value.request_headers_to_remove, "request_headers_to_remove", node, ctx);
  CheckNames(value.response_headers_to_remove, "response_headers_to_remove", node, ctx);
  CheckValueText(value.host_rewrite_literal, "host_rewrite_literal", node, ctx);
}

void CheckWeights(const WeightedClusterConfig& value, const Node& node, Context& ctx) {
  uint64_t sum = 0;
  for (const ClusterWeightConfig& cluster : value.clusters) sum += cluster.weight;
  if (sum == 0) {
    ctx.Fail(node, "the weights add up to 0", "a sum from 1 to 4294967295");
  } else if (sum > UINT32_MAX) {
    ctx.Fail(node, "the weights add up to " + std::to_string(sum), "a sum from 1 to 4294967295");
  } else if (value.total_weight && *value.total_weight != sum) {
    const Context::Scope scope(ctx, "total_weight");
    ctx.Fail(Member(node, "total_weight"),
             "the weights add up to " + std::to_string(sum) + ", not to total_weight");
  }
  CheckOptionalName(value.header_name, "header_name", node, ctx);
}

void CheckRewrites(const RouteActionConfig& value, const Node& node, Context& ctx) {
  const int rewrites = static_cast<int>(!value.prefix_rewrite.empty()) +
                       static_cast<int>(value.regex_rewrite.has_value()) +
                       static_cast<int>(value.path_rewrite_policy.has_value()) +
                       static_cast<int>(!value.path_rewrite.empty());
  if (rewrites > 1) {
    ctx.Fail(node,
             "only one of prefix_rewrite, regex_rewrite, path_rewrite_policy and path_rewrite may "
             "be given");
  }
  CheckValueText(value.prefix_rewrite, "prefix_rewrite", node, ctx);
  CheckValueText(value.host_rewrite_literal, "host_rewrite_literal", node, ctx);
  CheckOptionalName(value.host_rewrite_header, "host_rewrite_header", node, ctx);
}

void CheckRouteAction(const RouteActionConfig& value, const Node& node, Context& ctx) {
  if (value.cluster_header) CheckOptionalName(*value.cluster_header, "cluster_header", node, ctx);
  CheckRewrites(value, node, ctx);
}

void CheckRedirect(const RedirectActionConfig& value, const Node& node, Context& ctx) {
  CheckValueText(value.scheme_redirect, "scheme_redirect", node, ctx);
  CheckValueText(value.host_redirect, "host_redirect", node, ctx);
  CheckValueText(value.path_redirect, "path_redirect", node, ctx);
  CheckValueText(value.prefix_rewrite, "prefix_rewrite", node, ctx);
}

}  // namespace

const config::EnumTable& ConfigEnum(ClusterNotFoundCode) {
  static const config::EnumTable table(
      "envoy.config.route.v3.RouteAction.ClusterNotFoundResponseCode",
      {{"SERVICE_UNAVAILABLE", 0}, {"NOT_FOUND", 1}, {"INTERNAL_SERVER_ERROR", 2}});
  return table;
}

const config::EnumTable& ConfigEnum(InternalRedirectAction) {
  static const config::EnumTable table(
      "envoy.config.route.v3.RouteAction.InternalRedirectAction",
      {{"PASS_THROUGH_INTERNAL_REDIRECT", 0}, {"HANDLE_INTERNAL_REDIRECT", 1}});
  return table;
}

const config::EnumTable& ConfigEnum(RedirectCode) {
  static const config::EnumTable table("envoy.config.route.v3.RedirectAction.RedirectResponseCode",
                                       {{"MOVED_PERMANENTLY", 0},
                                        {"FOUND", 1},
                                        {"SEE_OTHER", 2},
                                        {"TEMPORARY_REDIRECT", 3},
                                        {"PERMANENT_REDIRECT", 4}});
  return table;
}

const Message& ClusterWeightConfig::Schema() {
  using C = ClusterWeightConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.WeightedCluster.ClusterWeight", "A cluster and its share.",
          {Field("name", &C::name, "The cluster."),
           Field("cluster_header", &C::cluster_header, "The request field that names the cluster."),
           Field("weight", &C::weight, "Its share of the sum of all weights."),
           Field("metadata_match", &C::metadata_match, "Only hosts with this metadata."),
           Field("request_headers_to_add", &C::request_headers_to_add,
                 "Fields added to requests for this cluster.")
               .Size(0, 1000),
           Field("request_headers_to_remove", &C::request_headers_to_remove,
                 "Fields removed from requests for this cluster."),
           Field("response_headers_to_add", &C::response_headers_to_add,
                 "Fields added to responses of this cluster.")
               .Size(0, 1000),
           Field("response_headers_to_remove", &C::response_headers_to_remove,
                 "Fields removed from responses of this cluster."),
           Field("typed_per_filter_config", &C::typed_per_filter_config,
                 "What filters do otherwise for this cluster, by their names.")
               .Category(kFilterRouteConfigs),
           Field("host_rewrite_literal", &C::host_rewrite_literal, "Host of the request.")})
          .RecordWhere(&C::where)
          .Check(&CheckClusterWeight);
  return message;
}

const Message& WeightedClusterConfig::Schema() {
  using C = WeightedClusterConfig;
  constexpr std::string_view kRandom = "random_value_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.WeightedCluster", "Clusters that share the requests.",
          {Field("clusters", &C::clusters, "The clusters.").Required().NonEmpty(),
           Field("total_weight", &C::total_weight, "Must be the sum of the weights.")
               .Min(1)
               .Deprecated(""),
           Field("runtime_key_prefix", &C::runtime_key_prefix,
                 "Runtime keys that override weights: prefix.cluster."),
           Field("header_name", &C::header_name,
                 "The request field that holds the number to choose by.")
               .Oneof(kRandom),
           Unimplemented("use_hash_policy", "clusters are chosen by chance or by header_name")
               .Oneof(kRandom)})
          .Check(&CheckWeights);
  return message;
}

namespace {

std::vector<Field> RewriteFields() {
  using C = RouteActionConfig;
  constexpr std::string_view kHost = "host_rewrite_specifier";
  return {
      Field("prefix_rewrite", &C::prefix_rewrite, "Put in place of the path's matched part."),
      Field("regex_rewrite", &C::regex_rewrite, "Replaces matches in the path without the query."),
      Field("path_rewrite_policy", &C::path_rewrite_policy, "A template for the new path.")
          .Category(kPathRewriters),
      Field("path_rewrite", &C::path_rewrite, "The new path; may hold command operators."),
      Field("host_rewrite_literal", &C::host_rewrite_literal, "The new host.").Oneof(kHost),
      Field("auto_host_rewrite", &C::auto_host_rewrite, "The chosen host's name.").Oneof(kHost),
      Field("host_rewrite_header", &C::host_rewrite_header, "The field that holds the new host.")
          .Oneof(kHost),
      Field("host_rewrite_path_regex", &C::host_rewrite_path_regex,
            "Makes the new host out of the path.")
          .Oneof(kHost),
      Field("host_rewrite", &C::host_rewrite, "The new host; may hold command operators.")
          .Oneof(kHost),
      Field("append_x_forwarded_host", &C::append_x_forwarded_host,
            "Whether x-forwarded-host tells the upstream the old host.")};
}

std::vector<Field> RouteActionFields() {
  using C = RouteActionConfig;
  constexpr std::string_view kCluster = "cluster_specifier";
  return {
      Field("cluster", &C::cluster, "The cluster.").NonEmpty().Oneof(kCluster),
      Field("cluster_header", &C::cluster_header, "The request field that names the cluster.")
          .NonEmpty()
          .Oneof(kCluster),
      Field("weighted_clusters", &C::weighted_clusters, "Several clusters.").Oneof(kCluster),
      Unimplemented("cluster_specifier_plugin", "name the cluster").Oneof(kCluster),
      Unimplemented("inline_cluster_specifier_plugin", "name the cluster").Oneof(kCluster),
      Field("cluster_not_found_response_code", &C::cluster_not_found_response_code,
            "Status when there is no such cluster."),
      Field("metadata_match", &C::metadata_match, "Only hosts with this metadata."),
      Field("timeout", &C::timeout,
            "Longest time from the end of the request to the end of the response; 0: no limit."),
      Field("idle_timeout", &C::idle_timeout, "Longest time without any event; 0: no limit."),
      Field("flush_timeout", &C::flush_timeout,
            "Longest time for what is left of the response to leave; 0: no limit."),
      Unimplemented("early_data_policy", "safe requests only are sent as early data"),
      Field("retry_policy", &C::retry_policy, "When and how requests are tried again."),
      Unimplemented("retry_policy_typed_config", "use retry_policy"),
      Field("request_mirror_policies", &C::request_mirror_policies,
            "Clusters that get copies of the requests."),
      Field("priority", &C::priority, "Which circuit breakers count."),
      Field("rate_limits", &C::rate_limits, "What requests are called for rate limits."),
      Field("include_vh_rate_limits", &C::include_vh_rate_limits,
            "Take those of the virtual host too."),
      Field("hash_policy", &C::hash_policy, "What ring hash and maglev choose the host by."),
      Field("cors", &C::cors, "CORS policy.").Deprecated("typed_per_filter_config"),
      Field("max_grpc_timeout", &C::max_grpc_timeout,
            "Takes the timeout of gRPC requests from grpc-timeout, but at most this.")
          .Deprecated("max_stream_duration.grpc_timeout_header_max"),
      Field("grpc_timeout_offset", &C::grpc_timeout_offset, "Taken off what grpc-timeout says.")
          .Deprecated("max_stream_duration.grpc_timeout_header_offset"),
      Field("upgrade_configs", &C::upgrade_configs, "Upgrades that are allowed or forbidden."),
      Field("internal_redirect_policy", &C::internal_redirect_policy,
            "Follows redirects of the upstream."),
      Field("internal_redirect_action", &C::internal_redirect_action,
            "Whether redirects of the upstream are followed.")
          .Deprecated("internal_redirect_policy"),
      Field("max_internal_redirects", &C::max_internal_redirects, "How many in a row.")
          .Deprecated("internal_redirect_policy.max_internal_redirects"),
      Unimplemented("hedge_policy", "requests are not hedged; use retry_policy"),
      Field("max_stream_duration", &C::max_stream_duration, "Longest life of a stream.")};
}

}  // namespace

const Message& RouteActionConfig::Schema() {
  static const auto message = [] {
    std::vector<Field> fields = RouteActionFields();
    for (const Field& field : RewriteFields()) fields.push_back(field);
    return Message::Of<RouteActionConfig>("envoy.config.route.v3.RouteAction",
                                          "Forwards requests to a cluster.", std::move(fields))
        .RequireOneof("cluster_specifier")
        .RecordWhere(&RouteActionConfig::where)
        .Check(&CheckRouteAction);
  }();
  return message;
}

const Message& RedirectActionConfig::Schema() {
  using C = RedirectActionConfig;
  constexpr std::string_view kScheme = "scheme_rewrite_specifier";
  constexpr std::string_view kPath = "path_rewrite_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RedirectAction", "Answers with a redirect.",
          {Field("https_redirect", &C::https_redirect, "The new scheme is https.").Oneof(kScheme),
           Field("scheme_redirect", &C::scheme_redirect, "The new scheme.").Oneof(kScheme),
           Field("host_redirect", &C::host_redirect, "The new host."),
           Field("port_redirect", &C::port_redirect, "The new port.").Max(65535),
           Field("path_redirect", &C::path_redirect, "The new path; may hold a query.")
               .Oneof(kPath),
           Field("prefix_rewrite", &C::prefix_rewrite, "Put in place of the path's matched part.")
               .Oneof(kPath),
           Field("regex_rewrite", &C::regex_rewrite, "Replaces matches in the path.").Oneof(kPath),
           Field("response_code", &C::response_code, "The status; 301 by default."),
           Field("strip_query", &C::strip_query, "Whether the query is dropped.")})
          .Check(&CheckRedirect);
  return message;
}

const Message& DirectResponseConfig::Schema() {
  using C = DirectResponseConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.DirectResponseAction", "Answers right here.",
      {Field("status", &C::status, "The status.").Required().Range(200, 599),
       Field("body", &C::body, "The body; none by default."),
       Unimplemented("body_format", "write the text into body, or use local_reply_config")});
  return message;
}

}  // namespace sluice::route
