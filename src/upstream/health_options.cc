#include "health_options.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "grpc_health.h"
#include "sluice/http/chars.h"

namespace sluice::upstream {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = http::ToLowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string MethodName(HealthCheckMethod method) {
  switch (method) {
    case HealthCheckMethod::kHead: return "HEAD";
    case HealthCheckMethod::kPost: return "POST";
    case HealthCheckMethod::kPut: return "PUT";
    case HealthCheckMethod::kDelete: return "DELETE";
    case HealthCheckMethod::kOptions: return "OPTIONS";
    case HealthCheckMethod::kTrace: return "TRACE";
    case HealthCheckMethod::kPatch: return "PATCH";
    case HealthCheckMethod::kUnspecified:
    case HealthCheckMethod::kGet:
    case HealthCheckMethod::kConnect: break;
  }
  return "GET";
}

class Compiler {
 public:
  Compiler(const ClusterConfig& cluster, const HealthCheckConfig& config,
           config::Problems& problems)
      : cluster_(cluster), config_(config), problems_(problems) {}

  HealthOptions Run() {
    Times();
    out_.unhealthy_threshold = std::max(config_.unhealthy_threshold, 1U);
    out_.healthy_threshold = std::max(config_.healthy_threshold, 1U);
    if (config_.alt_port) out_.alt_port = static_cast<uint16_t>(*config_.alt_port);
    out_.reuse_connection = config_.reuse_connection;
    if (!config_.event_log_path.empty()) out_.event_logs.push_back(config_.event_log_path);
    for (const config::NamedExtension& logger : config_.event_logger) {
      const auto* file = logger.typed_config.As<HealthEventFileSink>();
      if (file != nullptr) out_.event_logs.push_back(file->event_log_path);
    }
    out_.always_log_failures = config_.always_log_health_check_failures;
    out_.always_log_success = config_.always_log_health_check_success;
    if (config_.tls_options) {
      for (const std::string& protocol : config_.tls_options->alpn_protocols) {
        out_.alpn += (out_.alpn.empty() ? "" : ",") + protocol;
      }
    }
    if (config_.http_health_check) Http(*config_.http_health_check);
    if (config_.tcp_health_check) Tcp(*config_.tcp_health_check);
    if (config_.grpc_health_check) Grpc(*config_.grpc_health_check);
    if (out_.http2 && out_.alpn.empty()) out_.alpn = "h2";
    return std::move(out_);
  }

 private:
  void Times() {
    out_.timeout = config_.timeout;
    out_.interval = config_.interval;
    out_.unhealthy_interval = config_.unhealthy_interval.value_or(out_.interval);
    out_.unhealthy_edge_interval =
        config_.unhealthy_edge_interval.value_or(out_.unhealthy_interval);
    out_.healthy_edge_interval = config_.healthy_edge_interval.value_or(out_.interval);
    out_.no_traffic_interval = config_.no_traffic_interval;
    out_.no_traffic_healthy_interval =
        config_.no_traffic_healthy_interval.value_or(out_.no_traffic_interval);
    out_.initial_jitter = config_.initial_jitter;
    out_.interval_jitter = config_.interval_jitter;
    out_.interval_jitter_percent = config_.interval_jitter_percent;
  }

  void Http(const HttpHealthCheckConfig& http) {
    out_.protocol = HealthProtocol::kHttp;
    out_.http2 = http.codec_client_type == HealthCheckCodec::kHttp2;
    out_.method = MethodName(http.method);
    out_.host = http.host.empty() ? cluster_.name : http.host;
    out_.path = http.path;
    out_.response_buffer_size = http.response_buffer_size;
    if (http.send) out_.send = Payload(*http.send);
    for (const HealthCheckPayload& each : http.receive) out_.receive.push_back(Payload(each));
    Headers(http.request_headers_to_add);
    for (const std::string& name : http.request_headers_to_remove) {
      out_.headers_removed.push_back(Lower(name));
    }
    if (!http.expected_statuses.empty()) out_.expected = Ranges(http.expected_statuses);
    out_.retriable = Ranges(http.retriable_statuses);
    if (out_.method == "HEAD" && !out_.receive.empty()) {
      problems_.Add(config_.where, "a response to HEAD has no body to match with receive");
    }
  }

  void Tcp(const TcpHealthCheckConfig& tcp) {
    out_.protocol = HealthProtocol::kTcp;
    if (tcp.send) out_.send = Payload(*tcp.send);
    for (const HealthCheckPayload& each : tcp.receive) out_.receive.push_back(Payload(each));
  }

  void Grpc(const GrpcHealthCheckConfig& grpc) {
    out_.protocol = HealthProtocol::kGrpc;
    out_.http2 = true;
    out_.method = "POST";
    out_.path = "/grpc.health.v1.Health/Check";
    out_.host = grpc.authority.empty() ? cluster_.name : grpc.authority;
    out_.send = GrpcHealthRequest(grpc.service_name);
    out_.headers = {{"content-type", "application/grpc"}, {"te", "trailers"}};
    Headers(grpc.initial_metadata);
  }

  static std::string Lower(std::string text) {
    std::ranges::transform(text, text.begin(), http::ToLowerAscii);
    return text;
  }

  void Headers(const std::vector<config::HeaderValueOption>& headers) {
    for (const config::HeaderValueOption& each : headers) {
      if (each.header.value.find('%') != std::string::npos) {
        problems_.Add(config_.where,
                      fmt::format("the header {} of a health check must not have operators (%)",
                                  each.header.key));
      }
      out_.headers.emplace_back(Lower(each.header.key), each.header.value);
    }
  }

  std::string Payload(const HealthCheckPayload& payload) {
    if (payload.binary) return payload.binary->value;
    std::optional<std::string> bytes = FromHex(*payload.text);
    if (bytes) return *std::move(bytes);
    problems_.Add(config_.where, fmt::format("'{}' is not hexadecimal: write bytes as in 000000FF",
                                             *payload.text));
    return {};
  }

  std::vector<StatusRange> Ranges(const std::vector<config::Int64Range>& ranges) {
    std::vector<StatusRange> out;
    for (const config::Int64Range& range : ranges) {
      if (range.start < 100 || range.end > 600 || range.start >= range.end) {
        problems_.Add(config_.where, fmt::format("[{}, {}) is no range of statuses within "
                                                 "[100, 600)",
                                                 range.start, range.end));
      }
      out.push_back({range.start, range.end});
    }
    return out;
  }

  const ClusterConfig& cluster_;
  const HealthCheckConfig& config_;
  config::Problems& problems_;
  HealthOptions out_;
};

}  // namespace

std::string_view HealthProtocolName(HealthProtocol protocol) {
  switch (protocol) {
    case HealthProtocol::kHttp: return "HTTP";
    case HealthProtocol::kTcp: return "TCP";
    case HealthProtocol::kGrpc: return "GRPC";
  }
  return "HTTP";
}

std::optional<HealthOptions> CompileHealth(const ClusterConfig& config,
                                           config::Problems& problems) {
  if (config.health_checks.empty()) return std::nullopt;
  if (config.health_checks.size() > 1) {
    problems.Add(config.health_checks[1].where, "a cluster has one health check, not several");
    return std::nullopt;
  }
  if (config.type == DiscoveryType::kOriginalDst) {
    problems.Add(config.health_checks[0].where, "hosts of an ORIGINAL_DST cluster are not checked");
    return std::nullopt;
  }
  if (config.dynamic_forward() != nullptr) {
    problems.Add(config.health_checks[0].where,
                 "hosts of a dynamic_forward_proxy cluster are not checked");
    return std::nullopt;
  }
  return Compiler(config, config.health_checks.front(), problems).Run();
}

bool HoldsInOrder(std::string_view bytes, const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const size_t at = bytes.find(pattern);
    if (at == std::string_view::npos) return false;
    bytes.remove_prefix(at + pattern.size());
  }
  return true;
}

}  // namespace sluice::upstream
