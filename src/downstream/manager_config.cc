// The table of http_connection_manager's own fields.
#include "sluice/config/context.h"
#include "sluice/config/field_groups.h"
#include "sluice/config/schema.h"
#include "sluice/downstream/http_connection_manager_config.h"
#include "sluice/filter/registry.h"
#include "sluice/http/chars.h"

namespace sluice::downstream {

using config::Field;
using config::FieldGroup;
using config::Message;
using config::Unimplemented;

namespace {

void CheckManager(const HttpConnectionManagerConfig& value, const config::Node& node,
                  config::Context& ctx) {
  if (value.http_filters.empty()) {
    ctx.Fail(node, "http_filters is empty",
             "a list that ends with a terminal filter such as envoy.filters.http.router");
  }
  if (!value.original_ip_detection_extensions.empty() &&
      (value.use_remote_address || value.xff_num_trusted_hops > 0)) {
    ctx.Fail(node, "Original IP detection extensions and use_remote_address may not be mixed",
             "either original_ip_detection_extensions, or use_remote_address and "
             "xff_num_trusted_hops");
  }
  // They go into heads as they are.
  if (!http::IsFieldValue(value.via)) ctx.Fail(node, "via cannot be the value of a field");
  if (!http::IsFieldValue(value.server_name)) {
    ctx.Fail(node, "server_name cannot be the value of a field");
  }
  if (value.strip_any_host_port && value.strip_matching_host_port) {
    ctx.Fail(node, "strip_matching_host_port and strip_any_host_port cannot both be set");
  }
}

}  // namespace

namespace {

FieldGroup RoutingFields() {
  using C = HttpConnectionManagerConfig;
  return {
      Field("codec_type", &C::codec_type, "The HTTP version; AUTO finds out."),
      Field("stat_prefix", &C::stat_prefix, "Its numbers are http.<stat_prefix>.*.")
          .Required()
          .NonEmpty(),
      Field("rds", &C::rds, "The routes, in a file that is read again when it changes.")
          .Oneof("route_specifier"),
      Field("route_config", &C::route_config, "The routes.").Oneof("route_specifier"),
      Unimplemented("scoped_routes", "write the routes as route_config").Oneof("route_specifier"),
      Field("http_filters", &C::http_filters,
            "The filters that requests pass in order, the router last."),
      Field("add_user_agent", &C::add_user_agent,
            "Names node.cluster in user-agent and x-envoy-downstream-service-cluster."),
      Field("tracing", &C::tracing, "Which requests are traced, and where their spans go.")};
}

FieldGroup ProtocolFields() {
  using C = HttpConnectionManagerConfig;
  return {Field("common_http_protocol_options", &C::common_http_protocol_options,
                "Limits and timeouts for every HTTP version."),
          Field("http1_safe_max_connection_duration", &C::http1_safe_max_connection_duration,
                "At max_connection_duration, wait for the next response to say close."),
          Field("http_protocol_options", &C::http_protocol_options, "HTTP/1 details."),
          Field("http2_protocol_options", &C::http2_protocol_options, "HTTP/2 details."),
          Unimplemented("http3_protocol_options", "there is no HTTP/3"),
          Field("server_name", &C::server_name, "What the server header of responses says."),
          Field("server_header_transformation", &C::server_header_transformation,
                "Whether server_name replaces what upstream says."),
          Field("scheme_header_transformation", &C::scheme_header_transformation,
                "Sets :scheme and x-forwarded-proto.")};
}

FieldGroup LimitFields() {
  using C = HttpConnectionManagerConfig;
  return {Field("max_request_headers_kb", &C::max_request_headers_kb,
                "KiB of a request's head; more is answered 431.")
              .Range(1, 8192),
          Field("stream_idle_timeout", &C::stream_idle_timeout,
                "Ends a request on which nothing happens; 0s never."),
          Field("stream_flush_timeout", &C::stream_flush_timeout,
                "Ends a connection whose client takes no more of a complete response; "
                "stream_idle_timeout unless set."),
          Field("request_timeout", &C::request_timeout,
                "The whole request must have come by then; 0s is no limit."),
          Field("request_headers_timeout", &C::request_headers_timeout,
                "The request's head must have come by then; 0s is no limit.")
              .Min(Duration::zero()),
          Field("drain_timeout", &C::drain_timeout,
                "How long a connection past its max_connection_duration is kept."),
          Field("delayed_close_timeout", &C::delayed_close_timeout,
                "How long to wait for the client to close after the proxy's last byte.")};
}

FieldGroup LogFields() {
  using C = HttpConnectionManagerConfig;
  return {Field("access_log", &C::access_log, "Where requests are logged."),
          Field("access_log_flush_interval", &C::access_log_flush_interval,
                "Logs long-lived requests again and again.")
              .Deprecated("access_log_options.access_log_flush_interval")
              .Min(std::chrono::milliseconds(1)),
          Field("flush_access_log_on_new_request", &C::flush_access_log_on_new_request,
                "Logs requests when they begin as well.")
              .Deprecated("access_log_options.flush_access_log_on_new_request"),
          Field("access_log_options", &C::access_log_options, "When else entries are written.")};
}

// Who the client is, and what upstream is told of it.
FieldGroup ClientFields() {
  using C = HttpConnectionManagerConfig;
  return {Field("use_remote_address", &C::use_remote_address,
                "The peer is the client: the proxy stands at the edge."),
          Field("xff_num_trusted_hops", &C::xff_num_trusted_hops,
                "Trusted proxies in front of this one."),
          Field("original_ip_detection_extensions", &C::original_ip_detection_extensions,
                "Other ways to find the client's address.")
              .Category(kOriginalIpDetection),
          Field("early_header_mutation_extensions", &C::early_header_mutation_extensions,
                "Header changes before anything routes the request.")
              .Category(kEarlyHeaderMutation),
          Field("internal_address_config", &C::internal_address_config,
                "Which addresses are insiders; none unless listed."),
          Field("skip_xff_append", &C::skip_xff_append, "Leave x-forwarded-for as it is."),
          Field("via", &C::via, "Appended to via in both directions."),
          Field("generate_request_id", &C::generate_request_id,
                "Makes x-request-id where there is none."),
          Field("preserve_external_request_id", &C::preserve_external_request_id,
                "Keeps x-request-id of outsiders at the edge."),
          Field("always_set_request_id_in_response", &C::always_set_request_id_in_response,
                "Says x-request-id in every response."),
          Field("forward_client_cert_details", &C::forward_client_cert_details,
                "What becomes of x-forwarded-client-cert."),
          Field("set_current_client_cert_details", &C::set_current_client_cert_details,
                "What of the client's certificate it says."),
          Unimplemented("forward_client_cert_matcher",
                        "forward_client_cert_details holds for all requests")};
}

// What becomes of requests and of our own replies.
FieldGroup RequestFields() {
  using C = HttpConnectionManagerConfig;
  return {
      Field("proxy_100_continue", &C::proxy_100_continue,
            "Leaves expect: 100-continue to upstream instead of answering it."),
      Unimplemented("represent_ipv4_remote_address_as_ipv4_mapped_ipv6",
                    "IPv4 addresses are written as IPv4")
          .Accept({"false"}),
      Field("upgrade_configs", &C::upgrade_configs, "Upgrades that are allowed."),
      Field("normalize_path", &C::normalize_path, "Dot segments and needless escapes go."),
      Field("merge_slashes", &C::merge_slashes, "Several slashes become one."),
      Field("path_with_escaped_slashes_action", &C::path_with_escaped_slashes_action,
            "What to do with %2F and %5C in paths."),
      Field("request_id_extension", &C::request_id_extension, "How x-request-id is made."),
      Field("local_reply_config", &C::local_reply_config, "How replies of the proxy itself look."),
      Field("strip_matching_host_port", &C::strip_matching_host_port,
            "Removes the listener's own port from the host."),
      Field("strip_any_host_port", &C::strip_any_host_port, "Removes any port from the host."),
      Field("stream_error_on_invalid_http_message", &C::stream_error_on_invalid_http_message,
            "Keeps the connection after a 400 where the next request can be told apart."),
      Unimplemented("path_normalization_options",
                    "normalize_path, merge_slashes and path_with_escaped_slashes_action"),
      Field("strip_trailing_host_dot", &C::strip_trailing_host_dot,
            "example.com. becomes example.com."),
      Unimplemented("proxy_status_config", "there is no Proxy-Status header"),
      Unimplemented("typed_header_validation_config",
                    "headers are always checked; see normalize_path and its neighbours"),
      Field("append_x_forwarded_port", &C::append_x_forwarded_port,
            "Says x-forwarded-port to upstream."),
      Unimplemented("append_local_overload", "there is no overload manager here").Accept({"false"}),
      Unimplemented("add_proxy_protocol_connection_state",
                    "PROXY protocol data is not in the filter state")
          .Accept({"false"}),
      Unimplemented("forward_proto_config",
                    "x-forwarded-proto follows TLS or the trusted hop before")};
}

}  // namespace

const Message& HttpConnectionManagerConfig::Schema() {
  using C = HttpConnectionManagerConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
          "Speaks HTTP with clients: requests through HTTP filters to routes and clusters.",
          config::Joined({RoutingFields(), ProtocolFields(), LimitFields(), LogFields(),
                          ClientFields(), RequestFields()}))
          .RequireOneof("route_specifier")
          .Check(&CheckManager);
  return message;
}

}  // namespace sluice::downstream
