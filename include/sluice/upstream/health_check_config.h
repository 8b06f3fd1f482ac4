// Active health checks as they are written (envoy.config.core.v3.HealthCheck). Immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/common.h"

namespace sluice::upstream {

struct HealthCheckPayload {
  std::optional<std::string> text;  // hexadecimal; one of the two is set
  std::optional<config::Bytes> binary;
  static const config::Message& Schema();
};

enum class HealthCheckMethod : uint8_t {
  kUnspecified,
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
};
const config::EnumTable& ConfigEnum(HealthCheckMethod);
enum class HealthCheckCodec : uint8_t { kHttp1, kHttp2, kHttp3 };
const config::EnumTable& ConfigEnum(HealthCheckCodec);

struct HttpHealthCheckConfig {
  std::string host;
  std::string path;
  std::optional<HealthCheckPayload> send;
  std::vector<HealthCheckPayload> receive;
  uint64_t response_buffer_size = 1024;
  std::vector<config::HeaderValueOption> request_headers_to_add;
  std::vector<std::string> request_headers_to_remove;
  std::vector<config::Int64Range> expected_statuses;
  std::vector<config::Int64Range> retriable_statuses;
  HealthCheckCodec codec_client_type = HealthCheckCodec::kHttp1;
  HealthCheckMethod method = HealthCheckMethod::kUnspecified;  // GET
  static const config::Message& Schema();
};

struct TcpHealthCheckConfig {
  std::optional<HealthCheckPayload> send;
  std::vector<HealthCheckPayload> receive;
  static const config::Message& Schema();
};

struct GrpcHealthCheckConfig {
  std::string service_name;
  std::string authority;
  std::vector<config::HeaderValueOption> initial_metadata;
  static const config::Message& Schema();
};

struct HealthCheckTlsOptions {
  std::vector<std::string> alpn_protocols;
  static const config::Message& Schema();
};

inline constexpr std::string_view kHealthEventFileSinkType =
    "envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink";
struct HealthEventFileSink {
  std::string event_log_path;
  static const config::Message& Schema();
};

struct HealthCheckConfig {
  Duration timeout{};
  Duration interval{};
  Duration initial_jitter{};
  Duration interval_jitter{};
  uint32_t interval_jitter_percent = 0;
  uint32_t unhealthy_threshold = 0;
  uint32_t healthy_threshold = 0;
  std::optional<uint32_t> alt_port;
  bool reuse_connection = true;
  std::optional<HttpHealthCheckConfig> http_health_check;  // one of the three is set
  std::optional<TcpHealthCheckConfig> tcp_health_check;
  std::optional<GrpcHealthCheckConfig> grpc_health_check;
  Duration no_traffic_interval = std::chrono::seconds(60);
  std::optional<Duration> no_traffic_healthy_interval;
  std::optional<Duration> unhealthy_interval;
  std::optional<Duration> unhealthy_edge_interval;
  std::optional<Duration> healthy_edge_interval;
  std::string event_log_path;
  std::vector<config::NamedExtension> event_logger;
  bool always_log_health_check_failures = false;
  bool always_log_health_check_success = false;
  std::optional<HealthCheckTlsOptions> tls_options;
  config::Where where;
  static const config::Message& Schema();
};

}  // namespace sluice::upstream
