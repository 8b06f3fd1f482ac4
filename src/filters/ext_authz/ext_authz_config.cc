#include "ext_authz_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::ext_authz {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

void CheckHttpService(const HttpServiceConfig& value, const config::Node& node,
                      config::Context& ctx) {
  if (value.server_uri.timeout <= Duration{}) {
    ctx.Fail(node, "server_uri.timeout must be greater than 0: a request waits for the answer");
  }
  if (!value.path_prefix.empty() && !value.path_prefix.starts_with('/')) {
    ctx.Fail(node, "path_prefix must begin with '/'");
  }
}

void CheckExtAuthz(const ExtAuthzConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.transport_api_version == config::ApiVersion::kV2) {
    ctx.Fail(node, "transport_api_version V2 is not spoken any more", {}, "use V3");
  }
  const bool both = value.http_service && value.allowed_headers &&
                    value.http_service->authorization_request.allowed_headers;
  if (both) {
    ctx.Fail(node, "allowed_headers stands in two places, and only one of them can hold", {},
             "leave out authorization_request.allowed_headers");
  }
}

void CheckSettings(const CheckSettingsConfig& value, const config::Node& node,
                   config::Context& ctx) {
  if (value.disable_request_body_buffering && value.with_request_body) {
    ctx.Fail(node, "only one of disable_request_body_buffering and with_request_body can be set");
  }
}

}  // namespace

const Message& BufferConfig::Schema() {
  using C = BufferConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.ext_authz.v3.BufferSettings",
      "How much of a body is asked about.",
      {Field("max_request_bytes", &C::max_request_bytes,
             "Longest body that is held; a longer one is answered 413, or asked about in part.")
           .Required()
           .Min(1),
       Field("allow_partial_message", &C::allow_partial_message,
             "Whether the beginning of a longer body is enough."),
       Field("pack_as_bytes", &C::pack_as_bytes,
             "Whether a gRPC service gets the body as bytes (raw_body), not as text (body).")});
  return message;
}

const Message& AuthorizationRequestConfig::Schema() {
  using C = AuthorizationRequestConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest",
      "What the service is asked with.",
      {Field("allowed_headers", &C::allowed_headers, "Header fields of the client that it gets.")
           .Deprecated("allowed_headers of the filter"),
       Field("headers_to_add", &C::headers_to_add, "Further header fields; they replace.")});
  return message;
}

const Message& AuthorizationResponseConfig::Schema() {
  using C = AuthorizationResponseConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse",
      "Which header fields of its answer go where.",
      {Field("allowed_upstream_headers", &C::allowed_upstream_headers,
             "Of a 200: replace those of the request."),
       Field("allowed_upstream_headers_to_append", &C::allowed_upstream_headers_to_append,
             "Of a 200: are added to the request."),
       Field("allowed_client_headers", &C::allowed_client_headers,
             "Of a refusal: go to the client; all of them unless set."),
       Field("allowed_client_headers_on_success", &C::allowed_client_headers_on_success,
             "Of a 200: are added to the response to the client."),
       Field("dynamic_metadata_from_headers", &C::dynamic_metadata_from_headers,
             "Become dynamic metadata.")});
  return message;
}

const Message& HttpServiceConfig::Schema() {
  using C = HttpServiceConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.ext_authz.v3.HttpService",
          "An HTTP service that is asked with the client's own request head.",
          {Field("server_uri", &C::server_uri, "Which, and how long it may take.").Required(),
           Field("path_prefix", &C::path_prefix, "Put before the path."),
           Field("authorization_request", &C::authorization_request, "The question."),
           Field("authorization_response", &C::authorization_response, "The answer."),
           Unimplemented("retry_policy", "checks are not repeated")})
          .Check(&CheckHttpService);
  return message;
}

namespace {

std::vector<Field> Fields() {
  using C = ExtAuthzConfig;
  return {
      Field("grpc_service", &C::grpc_service, "A gRPC service that is asked.").Oneof("services"),
      Field("http_service", &C::http_service, "An HTTP service that is asked.").Oneof("services"),
      Field("transport_api_version", &C::transport_api_version,
            "Messages of a gRPC service: those of V3."),
      Field("failure_mode_allow", &C::failure_mode_allow,
            "Whether requests pass when the service fails."),
      Field("failure_mode_allow_header_add", &C::failure_mode_allow_header_add,
            "Whether x-envoy-auth-failure-mode-allowed tells the upstream so."),
      Field("with_request_body", &C::with_request_body, "Whether bodies are asked about too."),
      Field("clear_route_cache", &C::clear_route_cache,
            "Whether the route is chosen again when the answer changes the request."),
      Field("status_on_error", &C::status_on_error, "What is answered when the service fails."),
      Field("validate_mutations", &C::validate_mutations,
            "sluice always does: 500 for answers with what cannot be written."),
      Field("metadata_context_namespaces", &C::metadata_context_namespaces,
            "Dynamic metadata that a gRPC service gets."),
      Unimplemented("typed_metadata_context_namespaces", "dynamic metadata has no types"),
      Field("route_metadata_context_namespaces", &C::route_metadata_context_namespaces,
            "Metadata of the route that a gRPC service gets."),
      Unimplemented("route_typed_metadata_context_namespaces",
                    "use route_metadata_context_namespaces"),
      Field("filter_enabled", &C::filter_enabled, "Requests that are asked about; all unless set."),
      Field("filter_enabled_metadata", &C::filter_enabled_metadata,
            "Dynamic metadata of requests that are asked about."),
      Field("deny_at_disable", &C::deny_at_disable,
            "Whether requests that are not asked about are refused."),
      Field("include_peer_certificate", &C::include_peer_certificate,
            "Whether a gRPC service gets the client's certificate."),
      Field("include_tls_session", &C::include_tls_session,
            "Whether a gRPC service gets the server name that tls_inspector saw."),
      Field("stat_prefix", &C::stat_prefix, "The counters are ext_authz.<stat_prefix>.*."),
      Unimplemented("bootstrap_metadata_labels_key", "node.metadata is not at hand here"),
      Field("allowed_headers", &C::allowed_headers,
            "Header fields that the service gets: unless set, all (gRPC), or the least (HTTP)."),
      Field("disallowed_headers", &C::disallowed_headers, "Header fields that it never gets."),
      Field("charge_cluster_response_stats", &C::charge_cluster_response_stats,
            "Whether refusals count in upstream_rq_* of the route's cluster."),
      Field("encode_raw_headers", &C::encode_raw_headers,
            "Whether fields go as they are: not joined, and with bytes that are no UTF-8."),
      Unimplemented("decoder_header_mutation_rules",
                    "any field but those of framing can be changed"),
      Field("enable_dynamic_metadata_ingestion", &C::enable_dynamic_metadata_ingestion,
            "Whether dynamic metadata of answers is taken."),
      Unimplemented("filter_metadata", "nothing is put into the filter state"),
      Unimplemented("emit_filter_state_stats", "nothing is put into the filter state")
          .Accept({"false"}),
      Field("max_denied_response_body_bytes", &C::max_denied_response_body_bytes,
            "Bodies of refusals are cut to so much; 0: not at all."),
      Unimplemented("enforce_response_header_limits", "an answer has limits of its own")
          .Accept({"false"})};
}

}  // namespace

const Message& ExtAuthzConfig::Schema() {
  static const auto message =
      Message::Of<ExtAuthzConfig>("envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
                                  "Asks a service whether a request may pass.", Fields())
          .RequireOneof("services")
          .Check(&CheckExtAuthz);
  return message;
}

const Message& CheckSettingsConfig::Schema() {
  using C = CheckSettingsConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.ext_authz.v3.CheckSettings",
          "How these routes are asked about.",
          {Field("context_extensions", &C::context_extensions,
                 "Given to a gRPC service; inner levels add to outer ones."),
           Field("disable_request_body_buffering", &C::disable_request_body_buffering,
                 "Whether bodies are left out here."),
           Field("with_request_body", &C::with_request_body, "In place of the filter's."),
           Unimplemented("grpc_service", "all routes of a filter have one service"),
           Unimplemented("http_service", "all routes of a filter have one service")})
          .Check(&CheckSettings);
  return message;
}

const Message& ExtAuthzPerRouteConfig::Schema() {
  using C = ExtAuthzPerRouteConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute",
                     "What holds on these routes.",
                     {Field("disabled", &C::disabled, "true: nobody is asked.").Oneof("override"),
                      Field("check_settings", &C::check_settings, "How they are asked about.")
                          .Oneof("override")})
          .RequireOneof("override");
  return message;
}

}  // namespace sluice::filters::ext_authz
