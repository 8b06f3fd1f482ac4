// A cluster's configuration compiled for use: what the workers read on their paths. Made on main
// from a ClusterConfig, immutable, shared by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sluice/base/clock.h"
#include "sluice/net/connection.h"
#include "sluice/net/transport.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/cluster.h"

namespace sluice::upstream {

enum class Discovery : uint8_t { kStatic, kStrictDns, kLogicalDns, kOriginalDst };
enum class BalancerKind : uint8_t { kRoundRobin, kClusterProvided };

struct HttpPoolOptions {
  Duration idle_timeout = std::chrono::hours(1);  // zero: none
  Duration max_connection_duration{};             // zero: none
  Duration max_stream_duration{};                 // zero: none
  uint32_t max_requests_per_connection = 0;       // zero: no limit
  uint32_t max_response_headers_count = 100;
  size_t max_response_headers_bytes = size_t{60} * 1024;
  bool enable_trailers = false;
  bool allow_chunked_length = false;
  bool proper_case_words = false;
  bool preserve_case = false;
};

struct ClusterOptions {
  ClusterId id;
  std::string name;
  std::string stat_name;  // alt_stat_name, or the name
  std::shared_ptr<const ClusterConfig> config;

  Discovery discovery = Discovery::kStatic;
  BalancerKind balancer = BalancerKind::kRoundRobin;
  Duration connect_timeout = std::chrono::seconds(5);
  size_t buffer_limit = size_t{1024} * 1024;
  net::SocketTuning tuning;
  std::optional<net::Address> bind_v4;  // upstream_bind_config
  std::optional<net::Address> bind_v6;
  std::shared_ptr<const net::TransportFactory> transport;
  Breakers* breakers = nullptr;  // the manager's
  double preconnect_per_host = 1.0;
  bool close_on_host_set_change = false;
  bool pool_per_downstream = false;
  HttpPoolOptions http;
};

}  // namespace sluice::upstream
