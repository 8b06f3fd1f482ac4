// An active health check compiled for use. Main thread; immutable once made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/problems.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {

enum class HealthProtocol : uint8_t { kHttp, kTcp, kGrpc };
std::string_view HealthProtocolName(HealthProtocol protocol);  // as event logs have it

struct StatusRange {  // start <= status < end
  int64_t start = 0;
  int64_t end = 0;
  bool Has(uint32_t status) const { return start <= status && status < end; }
};

struct HealthOptions {
  HealthProtocol protocol = HealthProtocol::kHttp;
  Duration timeout{};
  Duration interval{};
  Duration unhealthy_interval{};
  Duration unhealthy_edge_interval{};
  Duration healthy_edge_interval{};
  Duration no_traffic_interval{};
  Duration no_traffic_healthy_interval{};
  Duration initial_jitter{};
  Duration interval_jitter{};
  uint32_t interval_jitter_percent = 0;
  uint32_t unhealthy_threshold = 1;
  uint32_t healthy_threshold = 1;
  std::optional<uint16_t> alt_port;
  bool reuse_connection = true;
  bool always_log_failures = false;
  bool always_log_success = false;
  std::vector<std::string> event_logs;  // paths
  std::string alpn;                     // comma separated; empty: as the cluster's transport has it

  // HTTP, and the gRPC that is made of it; `send` and `receive` are TCP's as well.
  bool http2 = false;
  std::string method = "GET";
  std::string host;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names
  std::vector<std::string> headers_removed;
  std::vector<StatusRange> expected{{200, 201}};
  std::vector<StatusRange> retriable;
  std::string send;
  std::vector<std::string> receive;
  uint64_t response_buffer_size = 1024;  // bytes of the body that are looked at; 0: all
};

// Nullopt when the cluster has no checks, or after adding to `problems`.
std::optional<HealthOptions> CompileHealth(const ClusterConfig& config, config::Problems& problems);

// Whether `bytes` holds the patterns one after the other.
bool HoldsInOrder(std::string_view bytes, const std::vector<std::string>& patterns);

}  // namespace sluice::upstream
