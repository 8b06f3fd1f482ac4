#include "zipkin_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::tracing {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;
using config::ValueStatus;

namespace {

void CheckZipkin(const ZipkinConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.collector_endpoint_version == CollectorVersion::kUnset) {
    ctx.Fail(node, "collector_endpoint_version is not set: Zipkin's version 1 is gone",
             "HTTP_JSON");
  }
  if (value.collector_service) return;
  if ((*value.collector_cluster).empty()) {
    ctx.Fail(node, "collector_cluster is not set", "the cluster of the collectors");
  }
  if (value.collector_endpoint.empty()) {
    ctx.Fail(node, "collector_endpoint is not set", "the collector's path, such as /api/v2/spans");
  } else if (!value.collector_endpoint.starts_with('/')) {
    ctx.Fail(node, "collector_endpoint does not begin with /", "such as /api/v2/spans");
  }
}

}  // namespace

const EnumTable& ConfigEnum(CollectorVersion) {
  static const EnumTable table(
      "ZipkinConfig.CollectorEndpointVersion",
      {{"DEPRECATED_AND_UNAVAILABLE_DO_NOT_USE", 0, ValueStatus::kUnimplemented,
        "Zipkin's version 1 is gone; use HTTP_JSON"},
       {"HTTP_JSON", 1},
       {"HTTP_PROTO", 2, ValueStatus::kUnimplemented, "spans are sent as JSON; use HTTP_JSON"},
       {"GRPC", 3, ValueStatus::kUnimplemented, "spans are sent as JSON; use HTTP_JSON"}});
  return table;
}

const EnumTable& ConfigEnum(TraceContextOption) {
  static const EnumTable table("ZipkinConfig.TraceContextOption",
                               {{"USE_B3", 0}, {"USE_B3_WITH_W3C_PROPAGATION", 1}});
  return table;
}

const Message& HttpServiceConfig::Schema() {
  using C = HttpServiceConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HttpService", "An HTTP service that the proxy calls.",
      {Field("http_uri", &C::http_uri, "Where it is.").Required(),
       Field("request_headers_to_add", &C::request_headers_to_add, "Fields of the calls.")
           .Size(0, 1000),
       Unimplemented("formatters", "values of fields have the usual command operators")});
  return message;
}

const Message& ZipkinConfig::Schema() {
  using C = ZipkinConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.trace.v3.ZipkinConfig", "Spans for Zipkin, as JSON by HTTP.",
          {Field("collector_cluster", &C::collector_cluster, "The cluster of the collectors."),
           Field("collector_endpoint", &C::collector_endpoint,
                 "Their path, usually /api/v2/spans."),
           Field("collector_hostname", &C::collector_hostname,
                 "The host of the reports; collector_cluster unless set."),
           Field("trace_id_128bit", &C::trace_id_128bit, "Ids of new traces have 128 bits."),
           Field("shared_span_context", &C::shared_span_context,
                 "A server's span has the id of its client's."),
           Field("collector_endpoint_version", &C::collector_endpoint_version, "HTTP_JSON."),
           Field("split_spans_for_request", &C::split_spans_for_request,
                 "The span of a request is a server's, those of its attempts are clients'.")
               .Deprecated("HttpConnectionManager.tracing.spawn_upstream_span"),
           Field("trace_context_option", &C::trace_context_option,
                 "Whether W3C's traceparent is read and written beside B3."),
           Field("collector_service", &C::collector_service,
                 "The collectors, in place of collector_cluster, -endpoint and -hostname.")})
          .Check(&CheckZipkin);
  return message;
}

}  // namespace sluice::tracing
