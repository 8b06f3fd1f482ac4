// A cluster's configuration compiled for use: what the workers read on their paths. Made on main
// from a ClusterConfig, immutable, shared by all workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sluice/base/clock.h"
#include "sluice/codec/http1/options.h"
#include "sluice/codec/http2/options.h"
#include "sluice/net/connection.h"
#include "sluice/net/transport.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/lb_options.h"
#include "sluice/upstream/local_side.h"

namespace sluice::upstream {

class DnsCache;
class HostRegistry;

enum class Discovery : uint8_t { kStatic, kStrictDns, kLogicalDns, kOriginalDst, kFile, kDynamic };

// Which HTTP is spoken: one of the two, what the client speaks, or what ALPN chooses.
enum class HttpChoice : uint8_t { kHttp1, kHttp2, kDownstream, kAlpn };

struct HttpPoolOptions {
  HttpChoice choice = HttpChoice::kHttp1;
  bool auto_sni = false;                          // connections are made for the request's host
  bool auto_san_validation = false;               // whose certificate has to name it
  std::string auto_sni_header;                    // lower case; empty: :authority
  Duration idle_timeout = std::chrono::hours(1);  // zero: none
  Duration max_connection_duration{};             // zero: none
  Duration max_stream_duration{};                 // zero: none
  uint32_t max_requests_per_connection = 0;       // zero: no limit
  // A request whose reused connection dies before the first byte of the response goes out once
  // more, where that is safe. Off by the cluster's metadata: sluice: {retry_stale_connection:
  // false}
  bool retry_stale_connection = true;
  http1::ClientOptions http1;
  http2::ClientOptions http2;
};

struct ClusterOptions {
  ClusterId id;
  std::string name;
  std::string stat_name;  // alt_stat_name, or the name
  std::shared_ptr<const ClusterConfig> config;

  Discovery discovery = Discovery::kStatic;
  LbOptions lb;
  Duration connect_timeout = std::chrono::seconds(5);
  size_t buffer_limit = size_t{1024} * 1024;
  LocalSide local_side;  // upstream_bind_config, tcp_keepalive
  std::shared_ptr<const net::TransportFactory> transport;
  Breakers* breakers = nullptr;            // the manager's
  HostRegistry* registry = nullptr;        // the same; ORIGINAL_DST only
  const OutlierWatch* outliers = nullptr;  // the same; null: no outlier detection
  // Tells main that a host calls itself unhealthy; empty without active health checks. Any thread.
  std::function<void(std::shared_ptr<const HostRecord>)> on_unhealthy;
  DnsCache* names = nullptr;       // the manager's; dynamic clusters only
  bool public_hosts_only = false;  // the same: names that lead elsewhere lead nowhere
  // Asks main for a host by its name, for a worker's set; the same. Any thread.
  std::function<void(ClusterSet& set, std::string name)> ask_name;
  HostTracking tracking;
  double preconnect_per_host = 1.0;
  bool close_on_host_set_change = false;
  bool close_on_health_failure = false;  // connections that are not of HTTP
  bool pool_per_downstream = false;
  Duration cleanup_interval = std::chrono::seconds(5);  // of ORIGINAL_DST hosts nobody uses
  std::optional<uint16_t> port_override;                // ORIGINAL_DST
  std::string address_header;  // the same, lower case; empty: the address is the connection's
  HttpPoolOptions http;
};

}  // namespace sluice::upstream
