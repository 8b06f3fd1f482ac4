#include "plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/log/header_formats.h"
#include "sluice/route/header_config.h"

namespace sluice::filters::ext_authz {
namespace {

// What an HTTP service is always told, unless disallowed_headers says otherwise.
constexpr std::array<std::string_view, 4> kLeast = {":authority", ":method", ":path",
                                                    "authorization"};
constexpr Duration kGrpcTimeout = std::chrono::milliseconds(200);
// Envoy's own word on the request that goes to the service: not the client's to say.
constexpr std::string_view kPartialBody = "x-envoy-auth-partial-body";

void CompileHttp(const HttpServiceConfig& config, const config::Where& where,
                 config::Problems& problems, Plan& plan) {
  const AuthorizationResponseConfig& answer = config.authorization_response;
  plan.cluster = *config.server_uri.cluster;
  plan.timeout = config.server_uri.timeout;
  const log::HeaderFormats formats;
  plan.service = HttpService{
      .path_prefix = config.path_prefix,
      .to_upstream = match::Compile(answer.allowed_upstream_headers.patterns),
      .to_upstream_added = match::Compile(answer.allowed_upstream_headers_to_append.patterns),
      .to_client_refused = match::Compile(answer.allowed_client_headers.patterns),
      .to_client_allowed = match::Compile(answer.allowed_client_headers_on_success.patterns),
      .to_metadata = match::Compile(answer.dynamic_metadata_from_headers.patterns),
      .edits = filter::CompileMetadata(config.authorization_request.headers_to_add, where, &formats,
                                       problems)};
  const AuthorizationRequestConfig& question = config.authorization_request;
  if (question.allowed_headers) plan.allowed = match::Compile(question.allowed_headers->patterns);
}

void CompileGrpc(const config::GrpcService& config, const config::Where& where,
                 filter::LoadContext& ctx, Plan& plan) {
  plan.cluster = *config.envoy_grpc.cluster_name;
  plan.timeout = config.timeout.value_or(kGrpcTimeout);
  plan.service = GrpcService{
      filter::CompileGrpcTarget(config, plan.timeout, where, log::HeaderFormats(), ctx)};
}

void CompileQuestion(const ExtAuthzConfig& config, Plan& plan) {
  if (config.allowed_headers) plan.allowed = match::Compile(config.allowed_headers->patterns);
  if (config.disallowed_headers) {
    plan.disallowed = match::Compile(config.disallowed_headers->patterns);
  }
  plan.raw_fields = config.encode_raw_headers;
  plan.peer_certificate = config.include_peer_certificate;
  plan.tls_session = config.include_tls_session;
  plan.metadata_namespaces = config.metadata_context_namespaces;
  plan.route_metadata_namespaces = config.route_metadata_context_namespaces;
  if (config.filter_enabled) plan.enabled = match::Compile(*config.filter_enabled);
  if (config.filter_enabled_metadata) {
    plan.enabled_metadata = match::Compile(*config.filter_enabled_metadata);
  }
  if (config.deny_at_disable) {
    plan.deny_at_disable = {config.deny_at_disable->default_value,
                            config.deny_at_disable->runtime_key};
  }
  if (config.with_request_body) plan.body = BodyRule(*config.with_request_body);
}

}  // namespace

BodyRule::BodyRule(const BufferConfig& config)
    : max_bytes(config.max_request_bytes),
      partial(config.allow_partial_message),
      as_bytes(config.pack_as_bytes) {}

bool Plan::Tells(std::string_view lower_name) const {
  if (lower_name == kPartialBody || match::AnyMatches(disallowed, lower_name)) return false;
  if (http() != nullptr && std::ranges::find(kLeast, lower_name) != kLeast.end()) return true;
  return allowed ? match::AnyMatches(*allowed, lower_name) : grpc() != nullptr;
}

std::shared_ptr<const Plan> CompilePlan(const ExtAuthzConfig& config, const config::Where& where,
                                        filter::LoadContext& ctx) {
  const size_t errors = ctx.problems.errors();
  auto plan = std::make_shared<Plan>();
  if (config.http_service) {
    filter::CheckCluster(config.http_service->server_uri.cluster, ctx.clusters, ctx.problems);
    CompileHttp(*config.http_service, where, ctx.problems, *plan);
  } else {
    CompileGrpc(*config.grpc_service, where, ctx, *plan);
  }
  CompileQuestion(config, *plan);
  plan->failure_mode_allow = config.failure_mode_allow;
  plan->failure_mode_header = config.failure_mode_allow_header_add;
  if (config.status_on_error) plan->status_on_error = config.status_on_error->number();
  plan->clear_route_cache = config.clear_route_cache;
  plan->take_metadata = config.enable_dynamic_metadata_ingestion;
  plan->charge_cluster = config.charge_cluster_response_stats;
  plan->max_reply_bytes = config.max_denied_response_body_bytes;
  plan->stat_prefix = "ext_authz";
  if (!config.stat_prefix.empty()) plan->stat_prefix += "." + config.stat_prefix;
  plan->process = &ctx.process;
  return ctx.problems.errors() == errors ? plan : nullptr;
}

RoutePlan CompileRoute(const ExtAuthzPerRouteConfig& config) {
  RoutePlan plan;
  plan.disabled = config.disabled.value_or(false);
  if (!config.check_settings) return plan;
  const CheckSettingsConfig& settings = *config.check_settings;
  plan.context = settings.context_extensions;
  if (settings.disable_request_body_buffering) plan.body.emplace();
  if (settings.with_request_body) plan.body.emplace(*settings.with_request_body);
  return plan;
}

RoutePlan MergeRoutes(const RoutePlan& outer, const RoutePlan& inner) {
  RoutePlan merged = inner;
  merged.context.insert(outer.context.begin(), outer.context.end());  // inner ones stay
  return merged;
}

}  // namespace sluice::filters::ext_authz
