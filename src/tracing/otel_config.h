// envoy.config.trace.v3.OpenTelemetryConfig and what may stand inside it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/grpc_service.h"
#include "zipkin_config.h"

namespace sluice::tracing {

inline constexpr std::string_view kResourceDetectors =
    "envoy.tracers.opentelemetry.resource_detectors";
inline constexpr std::string_view kSamplers = "envoy.tracers.opentelemetry.samplers";

struct OpenTelemetryConfig {
  std::optional<config::GrpcService> grpc_service;
  std::optional<HttpServiceConfig> http_service;
  std::string service_name;
  std::vector<config::NamedExtension> resource_detectors;
  std::optional<config::NamedExtension> sampler;
  uint32_t max_cache_size = 1024;
  static const config::Message& Schema();
};

// envoy.extensions.tracers.opentelemetry.resource_detectors.v3
struct EnvironmentResourceConfig {
  static const config::Message& Schema();
};
struct StaticResourceConfig {
  std::map<std::string, std::string> attributes;
  static const config::Message& Schema();
};

// envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig
struct AlwaysOnSamplerConfig {
  static const config::Message& Schema();
};

}  // namespace sluice::tracing
