#include "otel.h"
#include "sluice/tracing/tracer.h"
#include "zipkin.h"

namespace sluice::tracing {

void AddExtensions(config::ExtensionRegistry& registry) {
  registry.Emplace<ZipkinExtension>(
      kTracers, "envoy.config.trace.v3.ZipkinConfig", &ZipkinConfig::Schema,
      std::vector<std::string_view>{"envoy.tracers.zipkin", "envoy.zipkin"});
  registry.Emplace<OtelExtension>(kTracers, "envoy.config.trace.v3.OpenTelemetryConfig",
                                  &OpenTelemetryConfig::Schema,
                                  std::vector<std::string_view>{"envoy.tracers.opentelemetry"});
  registry.Emplace<config::Extension>(
      kResourceDetectors,
      "envoy.extensions.tracers.opentelemetry.resource_detectors.v3."
      "EnvironmentResourceDetectorConfig",
      &EnvironmentResourceConfig::Schema,
      std::vector<std::string_view>{"envoy.tracers.opentelemetry.resource_detectors.environment"});
  registry.Emplace<config::Extension>(
      kResourceDetectors,
      "envoy.extensions.tracers.opentelemetry.resource_detectors.v3."
      "StaticConfigResourceDetectorConfig",
      &StaticResourceConfig::Schema,
      std::vector<std::string_view>{
          "envoy.tracers.opentelemetry.resource_detectors.static_config"});
  registry.Emplace<config::Extension>(
      kSamplers, "envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig",
      &AlwaysOnSamplerConfig::Schema,
      std::vector<std::string_view>{"envoy.tracers.opentelemetry.samplers.always_on"});
}

}  // namespace sluice::tracing
