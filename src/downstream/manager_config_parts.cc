// The tables of the messages inside http_connection_manager.
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/downstream/http_connection_manager_config.h"
#include "sluice/filter/registry.h"
#include "sluice/tracing/tracer.h"

namespace sluice::downstream {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;
using config::ValueStatus;

const EnumTable& ConfigEnum(CodecType) {
  static const EnumTable table("HttpConnectionManager.CodecType",
                               {{"AUTO", 0},
                                {"HTTP1", 1},
                                {"HTTP2", 2},
                                {"HTTP3", 3, ValueStatus::kUnimplemented, "there is no HTTP/3"}});
  return table;
}

const EnumTable& ConfigEnum(ServerHeader) {
  static const EnumTable table("HttpConnectionManager.ServerHeaderTransformation",
                               {{"OVERWRITE", 0}, {"APPEND_IF_ABSENT", 1}, {"PASS_THROUGH", 2}});
  return table;
}

const EnumTable& ConfigEnum(ClientCertMode) {
  static const EnumTable table("HttpConnectionManager.ForwardClientCertDetails",
                               {{"SANITIZE", 0},
                                {"FORWARD_ONLY", 1},
                                {"APPEND_FORWARD", 2},
                                {"SANITIZE_SET", 3},
                                {"ALWAYS_FORWARD_ONLY", 4}});
  return table;
}

const EnumTable& ConfigEnum(EscapedSlashes) {
  static const EnumTable table("HttpConnectionManager.PathWithEscapedSlashesAction",
                               {{"IMPLEMENTATION_SPECIFIC_DEFAULT", 0},
                                {"KEEP_UNCHANGED", 1},
                                {"REJECT_REQUEST", 2},
                                {"UNESCAPE_AND_REDIRECT", 3},
                                {"UNESCAPE_AND_FORWARD", 4}});
  return table;
}

const EnumTable& ConfigEnum(OperationName) {
  static const EnumTable table("HttpConnectionManager.Tracing.OperationName",
                               {{"INGRESS", 0}, {"EGRESS", 1}});
  return table;
}

const Message& RdsConfig::Schema() {
  using C = RdsConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.Rds", "Routes of a file.",
      {Field("config_source", &C::config_source, "The file.").Required(),
       Field("route_config_name", &C::route_config_name, "The route configuration's name.")
           .Required()
           .NonEmpty()});
  return message;
}

const Message& HttpFilterConfig::Schema() {
  using C = HttpFilterConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
          "One HTTP filter.",
          {Field("name", &C::name, "Its name; routes configure it by that.").Required().NonEmpty(),
           Field("typed_config", &C::typed_config, "What it is and does.")
               .Category(filter::kHttpFilters)
               .Oneof("config_type"),
           Unimplemented("config_discovery", "write it as typed_config").Oneof("config_type"),
           Field("is_optional", &C::is_optional,
                 "If sluice does not know the filter, leave it out."),
           Field("disabled", &C::disabled, "Off, except where a route enables it.")})
          .RecordWhere(&C::where);
  return message;
}

const Message& TracingConfig::Schema() {
  using C = TracingConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing",
      "Which requests are traced, and where their spans go.",
      {Field("operation_name", &C::operation_name,
             "Whose requests come in, where traffic_direction does not say it.")
           .Deprecated("Listener.traffic_direction"),
       Field("client_sampling", &C::client_sampling,
             "Percentage of the requests with x-client-trace-id to trace; 100 unless set."),
       Field("random_sampling", &C::random_sampling,
             "Percentage of all requests to trace; 100 unless set."),
       Field("overall_sampling", &C::overall_sampling,
             "Percentage that is left in the end; 100 unless set."),
       Field("verbose", &C::verbose, "Spans have the moments of a request as events."),
       Field("max_path_tag_length", &C::max_path_tag_length,
             "Bytes of the path in the tag http.url."),
       Field("custom_tags", &C::custom_tags, "Further tags."),
       Field("provider", &C::provider, "Where spans go; the bootstrap's tracing.http unless set.")
           .Category(tracing::kTracers),
       Field("spawn_upstream_span", &C::spawn_upstream_span,
             "Each attempt to forward a request has a span of its own."),
       Field("operation", &C::operation, "Name of the spans, with command operators."),
       Field("upstream_operation", &C::upstream_operation,
             "Name of the spans of attempts, with command operators.")});
  return message;
}

const Message& InternalAddressConfig::Schema() {
  using C = InternalAddressConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager."
      "InternalAddressConfig",
      "Who is an insider.",
      {Field("unix_sockets", &C::unix_sockets, "Clients on unix sockets are."),
       Field("cidr_ranges", &C::cidr_ranges, "Clients with these addresses are.")});
  return message;
}

const Message& ClientCertFields::Schema() {
  using C = ClientCertFields;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager."
      "SetCurrentClientCertDetails",
      "What x-forwarded-client-cert says of the client's certificate.",
      {Field("subject", &C::subject, "Its subject."),
       Field("cert", &C::cert, "The certificate as URL-encoded PEM."),
       Field("chain", &C::chain, "The whole chain."), Field("dns", &C::dns, "Its DNS names."),
       Field("uri", &C::uri, "Its URI.")});
  return message;
}

const Message& UpgradeConfig::Schema() {
  using C = UpgradeConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager."
      "UpgradeConfig",
      "An upgrade that clients may ask for.",
      {Field("upgrade_type", &C::upgrade_type, "websocket, or CONNECT."),
       Field("filters", &C::filters, "The filters for it; http_filters unless set."),
       Field("enabled", &C::enabled, "False: only where a route enables it.")});
  return message;
}

const Message& AccessLogOptions::Schema() {
  using C = AccessLogOptions;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager."
      "HcmAccessLogOptions",
      "When entries are written beside the end of a request.",
      {Field("access_log_flush_interval", &C::access_log_flush_interval,
             "Logs long-lived requests again and again.")
           .Min(std::chrono::milliseconds(1)),
       Field("flush_access_log_on_new_request", &C::flush_access_log_on_new_request,
             "When a request begins."),
       Field("flush_log_on_tunnel_successfully_established",
             &C::flush_log_on_tunnel_successfully_established, "When a tunnel is there.")});
  return message;
}

const Message& SchemeHeaderTransformation::Schema() {
  using C = SchemeHeaderTransformation;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.SchemeHeaderTransformation", "Changes :scheme.",
                     {Field("scheme_to_overwrite", &C::scheme_to_overwrite, "http or https.")
                          .Oneof("transformation"),
                      Unimplemented("match_upstream", "name the scheme in scheme_to_overwrite")
                          .Accept({"false"})})
          .Check<C>([](const C& value, const config::Node& node, config::Context& ctx) {
            const std::string& scheme = value.scheme_to_overwrite;
            if (!scheme.empty() && scheme != "http" && scheme != "https") {
              ctx.Fail(node, "scheme_to_overwrite is `" + scheme + "`", "http or https");
            }
          });
  return message;
}

const Message& RequestIdExtensionConfig::Schema() {
  using C = RequestIdExtensionConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension",
      "How x-request-id is made.",
      {Field("typed_config", &C::typed_config, "UuidRequestIdConfig.")
           .Category(kRequestIdExtensions)});
  return message;
}

const Message& ResponseMapperConfig::Schema() {
  using C = ResponseMapperConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper",
                     "Changes those replies of the proxy itself that its filter takes.",
                     {Field("filter", &C::filter, "Which replies.").Required(),
                      Field("status_code", &C::status_code, "Their new status.").Range(200, 599),
                      Field("body", &C::body, "Their new text, %LOCAL_REPLY_BODY% in formats."),
                      Field("body_format_override", &C::body_format_override,
                            "Their format, in place of body_format."),
                      Field("headers_to_add", &C::headers_to_add, "Fields to add.").Size(0, 1000)})
          .RecordWhere(&C::where);
  return message;
}

const Message& LocalReplyConfig::Schema() {
  using C = LocalReplyConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig",
      "How replies of the proxy itself look.",
      {Field("mappers", &C::mappers, "Changes by kind of reply; the first that fits counts."),
       Field("body_format", &C::body_format, "Text or JSON around the reply's text.")});
  return message;
}

const Message& UuidRequestIdConfig::Schema() {
  using C = UuidRequestIdConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig", "x-request-id is a UUID.",
      {Field("pack_trace_reason", &C::pack_trace_reason,
             "Marks in the UUID why a request is traced."),
       Field("use_request_id_for_trace_sampling", &C::use_request_id_for_trace_sampling,
             "Chooses traced requests by it; without it all are.")});
  return message;
}

const Message& XffTrustedCidrs::Schema() {
  using C = XffTrustedCidrs;
  static const auto message =
      Message::Of<C>("envoy.extensions.http.original_ip_detection.xff.v3.XffTrustedCidrs",
                     "Addresses of trusted proxies.", {Field("cidrs", &C::cidrs, "The ranges.")});
  return message;
}

const Message& XffConfig::Schema() {
  using C = XffConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig",
          "The client is found in x-forwarded-for.",
          {Field("xff_num_trusted_hops", &C::xff_num_trusted_hops,
                 "Entries from the right to pass over."),
           Field("xff_trusted_cidrs", &C::xff_trusted_cidrs,
                 "Pass over proxies with these addresses instead."),
           Field("skip_xff_append", &C::skip_xff_append, "Leave x-forwarded-for as it is.")})
          .Check<C>([](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.xff_num_trusted_hops > 0 && value.xff_trusted_cidrs) {
              ctx.Fail(node, "xff_num_trusted_hops and xff_trusted_cidrs cannot both be set");
            }
          });
  return message;
}

const Message& CustomHeaderConfig::Schema() {
  using C = CustomHeaderConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig",
      "The client is named by a header of its own.",
      {Field("header_name", &C::header_name, "The header.").Required().NonEmpty(),
       Field("allow_extension_to_set_address_as_trusted",
             &C::allow_extension_to_set_address_as_trusted,
             "An internal address in it makes the request internal."),
       Field("reject_with_status", &C::reject_with_status,
             "Refuse requests without it; 403 for codes that are no errors.")});
  return message;
}

const Message& EarlyHeaderMutation::Schema() {
  using C = EarlyHeaderMutation;
  static const auto message = Message::Of<C>(
      "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
      "Header changes before anything routes the request.",
      {Field("mutations", &C::mutations, "The changes, in order.").Required().NonEmpty()});
  return message;
}

const Message& PreserveCaseConfig::Schema() {
  using C = PreserveCaseConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
      "Header names keep their spelling.",
      {Unimplemented("forward_reason_phrase", "reason phrases are the registered ones")
           .Accept({"false"}),
       Unimplemented("formatter_type_on_envoy_headers", "the proxy's own names are lower case")
           .Accept({"DEFAULT", "0"})});
  return message;
}

}  // namespace sluice::downstream
