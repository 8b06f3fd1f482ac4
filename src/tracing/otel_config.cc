#include "otel_config.h"

#include "sluice/config/schema.h"

namespace sluice::tracing {

using config::Field;
using config::Message;

const Message& OpenTelemetryConfig::Schema() {
  using C = OpenTelemetryConfig;
  constexpr std::string_view kExporter = "otlp_exporter";
  static const auto message = Message::Of<C>(
      "envoy.config.trace.v3.OpenTelemetryConfig", "Spans for OpenTelemetry, as OTLP.",
      {Field("grpc_service", &C::grpc_service, "The collector, by gRPC.").Oneof(kExporter),
       Field("http_service", &C::http_service, "The collector, by HTTP.").Oneof(kExporter),
       Field("service_name", &C::service_name,
             "The resource's service.name; unknown_service:envoy unless set."),
       Field("resource_detectors", &C::resource_detectors, "Further attributes of the resource.")
           .Category(kResourceDetectors),
       Field("sampler", &C::sampler, "Which spans are sampled, in place of the manager's decision.")
           .Category(kSamplers),
       Field("max_cache_size", &C::max_cache_size, "Most spans that wait on a worker.").Min(1)});
  return message;
}

const Message& EnvironmentResourceConfig::Schema() {
  static const auto message = Message::Of<EnvironmentResourceConfig>(
      "envoy.extensions.tracers.opentelemetry.resource_detectors.v3."
      "EnvironmentResourceDetectorConfig",
      "Attributes of OTEL_RESOURCE_ATTRIBUTES.", {});
  return message;
}

const Message& StaticResourceConfig::Schema() {
  using C = StaticResourceConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.tracers.opentelemetry.resource_detectors.v3."
      "StaticConfigResourceDetectorConfig",
      "Fixed attributes.", {Field("attributes", &C::attributes, "The attributes.")});
  return message;
}

const Message& AlwaysOnSamplerConfig::Schema() {
  static const auto message = Message::Of<AlwaysOnSamplerConfig>(
      "envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig",
      "All spans are sampled.", {});
  return message;
}

}  // namespace sluice::tracing
