// envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy as a struct.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/common.h"
#include "sluice/config/mark.h"
#include "sluice/config/types.h"
#include "sluice/log/access_log_config.h"

namespace sluice::filters::tcp_proxy {

struct ClusterWeight {
  config::Located<std::string> name;
  uint32_t weight = 0;
  std::optional<config::Metadata> metadata_match;
  static const config::Message& Schema();
};

struct WeightedClusters {
  std::vector<ClusterWeight> clusters;
  static const config::Message& Schema();
};

struct SourceIp {
  static const config::Message& Schema();
};

struct HashedState {
  std::string key;
  static const config::Message& Schema();
};

struct TcpHashPolicy {
  std::optional<SourceIp> source_ip;
  std::optional<HashedState> filter_state;
  static const config::Message& Schema();
};

struct AccessLogOptions {
  std::optional<Duration> access_log_flush_interval;
  bool flush_access_log_on_connected = false;
  static const config::Message& Schema();
};

struct TunnelingConfig {
  std::string hostname;
  bool use_post = false;
  std::vector<config::HeaderValueOption> headers_to_add;
  bool propagate_response_headers = false;
  std::string post_path;
  bool propagate_response_trailers = false;
  static const config::Message& Schema();
};

struct TcpProxyConfig {
  std::string stat_prefix;
  config::Located<std::string> cluster;
  std::optional<WeightedClusters> weighted_clusters;
  std::optional<Duration> idle_timeout;  // one hour when absent; zero: never
  uint32_t max_connect_attempts = 1;
  std::optional<config::Metadata> metadata_match;
  std::vector<TcpHashPolicy> hash_policy;
  std::optional<Duration> max_downstream_connection_duration;
  std::vector<log::AccessLogConfig> access_log;
  AccessLogOptions access_log_options;
  std::optional<TunnelingConfig> tunneling_config;

  static const config::Message& Schema();
};

}  // namespace sluice::filters::tcp_proxy
