#include "sluice/upstream/health_check_config.h"

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;

const EnumTable& ConfigEnum(HealthCheckMethod) {
  static const EnumTable table(
      "envoy.config.core.v3.RequestMethod",
      {{"METHOD_UNSPECIFIED", 0},
       {"GET", 1},
       {"HEAD", 2},
       {"POST", 3},
       {"PUT", 4},
       {"DELETE", 5},
       {"CONNECT", 6, config::ValueStatus::kUnimplemented, "a check cannot be a CONNECT"},
       {"OPTIONS", 7},
       {"TRACE", 8},
       {"PATCH", 9}});
  return table;
}

const EnumTable& ConfigEnum(HealthCheckCodec) {
  static const EnumTable table(
      "envoy.type.v3.CodecClientType",
      {{"HTTP1", 0},
       {"HTTP2", 1},
       {"HTTP3", 2, config::ValueStatus::kUnimplemented, "HTTP/3 is not implemented"}});
  return table;
}

const Message& HealthCheckPayload::Schema() {
  using C = HealthCheckPayload;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.HealthCheck.Payload", "Bytes to send or to expect.",
          {Field("text", &C::text, "In hexadecimal: \"000000FF\".").NonEmpty().Oneof("payload"),
           Field("binary", &C::binary, "In base64.").Oneof("payload")})
          .RequireOneof("payload");
  return message;
}

const Message& HttpHealthCheckConfig::Schema() {
  using C = HttpHealthCheckConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HealthCheck.HttpHealthCheck", "An HTTP request that must succeed.",
      {Field("host", &C::host, "The host header; the cluster's name unless set."),
       Field("path", &C::path, "The path.").Required().NonEmpty(),
       Field("send", &C::send, "The request's body."),
       Field("receive", &C::receive, "Byte sequences that the body must hold, in order."),
       Field("response_buffer_size", &C::response_buffer_size,
             "Bytes of the body that are looked at; 0 is all."),
       Field("request_headers_to_add", &C::request_headers_to_add, "Header fields to add.")
           .Size(0, 1000),
       Field("request_headers_to_remove", &C::request_headers_to_remove, "Header fields to drop."),
       Field("expected_statuses", &C::expected_statuses, "Healthy statuses; 200 unless set."),
       Field("retriable_statuses", &C::retriable_statuses,
             "Statuses that count towards unhealthy_threshold instead of failing at once."),
       Field("codec_client_type", &C::codec_client_type, "HTTP1 or HTTP2."),
       Unimplemented("service_name_matcher", "match the response's body with receive"),
       Field("method", &C::method, "The method; GET unless set.")});
  return message;
}

const Message& TcpHealthCheckConfig::Schema() {
  using C = TcpHealthCheckConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HealthCheck.TcpHealthCheck", "A connection, and bytes both ways.",
      {Field("send", &C::send, "Bytes to send; none: connecting is enough."),
       Field("receive", &C::receive, "Byte sequences that must come back, in order."),
       Unimplemented("proxy_protocol_config", "checks send no PROXY header")});
  return message;
}

const Message& GrpcHealthCheckConfig::Schema() {
  using C = GrpcHealthCheckConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HealthCheck.GrpcHealthCheck", "grpc.health.v1.Health/Check.",
      {Field("service_name", &C::service_name, "The service asked for."),
       Field("authority", &C::authority, "The :authority; the cluster's name unless set."),
       Field("initial_metadata", &C::initial_metadata, "Metadata to send.").Size(0, 1000)});
  return message;
}

const Message& HealthCheckTlsOptions::Schema() {
  using C = HealthCheckTlsOptions;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.HealthCheck.TlsOptions", "TLS of checks.",
                     {Field("alpn_protocols", &C::alpn_protocols, "ALPN to offer.")});
  return message;
}

const Message& HealthEventFileSink::Schema() {
  using C = HealthEventFileSink;
  static const auto message = Message::Of<C>(
      kHealthEventFileSinkType, "A file of health events.",
      {Field("event_log_path", &C::event_log_path, "The file.").Required().NonEmpty()});
  return message;
}

const Message& HealthCheckConfig::Schema() {
  using C = HealthCheckConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.HealthCheck", "An active health check.",
          {Field("timeout", &C::timeout, "Wait for a check's answer.").Required().Positive(),
           Field("interval", &C::interval, "Between checks.").Required().Positive(),
           Field("initial_jitter", &C::initial_jitter, "Random delay of the first check."),
           Field("interval_jitter", &C::interval_jitter, "Random part of the interval."),
           Field("interval_jitter_percent", &C::interval_jitter_percent,
                 "The same, in percent of the interval."),
           Field("unhealthy_threshold", &C::unhealthy_threshold,
                 "Failures in a row until the host is unhealthy.")
               .Required(),
           Field("healthy_threshold", &C::healthy_threshold,
                 "Successes in a row until it is healthy again.")
               .Required(),
           Field("alt_port", &C::alt_port, "Another port for checks.").Max(65535),
           Field("reuse_connection", &C::reuse_connection, "Keep the connection between checks."),
           Field("http_health_check", &C::http_health_check, "By HTTP.").Oneof("health_checker"),
           Field("tcp_health_check", &C::tcp_health_check, "By TCP.").Oneof("health_checker"),
           Field("grpc_health_check", &C::grpc_health_check, "By gRPC.").Oneof("health_checker"),
           Unimplemented("custom_health_check", "use an HTTP, TCP or gRPC check")
               .Oneof("health_checker"),
           Field("no_traffic_interval", &C::no_traffic_interval,
                 "The interval while the cluster has had no traffic.")
               .Positive(),
           Field("no_traffic_healthy_interval", &C::no_traffic_healthy_interval,
                 "The same, for healthy hosts.")
               .Positive(),
           Field("unhealthy_interval", &C::unhealthy_interval, "The interval of unhealthy hosts.")
               .Positive(),
           Field("unhealthy_edge_interval", &C::unhealthy_edge_interval,
                 "The interval after a host has become unhealthy.")
               .Positive(),
           Field("healthy_edge_interval", &C::healthy_edge_interval,
                 "The interval after a host has become healthy.")
               .Positive(),
           Field("event_log_path", &C::event_log_path, "A file of health events."),
           Field("event_logger", &C::event_logger, "Where health events go, as extensions.")
               .Category(config::kHealthEventSinks),
           Unimplemented("event_service", "use event_log_path"),
           Field("always_log_health_check_failures", &C::always_log_health_check_failures,
                 "Log each failure, not only changes."),
           Field("always_log_health_check_success", &C::always_log_health_check_success,
                 "Log each success, not only changes."),
           Field("tls_options", &C::tls_options, "TLS of checks."),
           Unimplemented("transport_socket_match_criteria", "checks use the cluster's transport")})
          .RequireOneof("health_checker")
          .RecordWhere(&C::where);
  return message;
}

}  // namespace sluice::upstream
