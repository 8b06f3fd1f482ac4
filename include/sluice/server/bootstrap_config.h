// The root of a configuration (envoy.config.bootstrap.v3.Bootstrap). Immutable once parsed, shared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/config/config_source.h"
#include "sluice/listener/listener_config.h"
#include "sluice/log/access_log_config.h"
#include "sluice/match/config.h"
#include "sluice/server/overload_config.h"
#include "sluice/tls/secret_config.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::server {

struct NodeConfig {
  std::string id;
  std::string cluster;
  config::Node metadata;
  config::Locality locality;
  std::string user_agent_name;
  std::string user_agent_version;
  static const config::Message& Schema();
};

struct StaticResources {
  std::vector<listener::ListenerConfig> listeners;
  std::vector<upstream::ClusterConfig> clusters;
  std::vector<tls::SecretConfig> secrets;
  static const config::Message& Schema();
};

// Files of listeners and clusters.
struct DynamicResourcesConfig {
  std::optional<config::ConfigSource> lds_config;
  std::optional<config::ConfigSource> cds_config;
  static const config::Message& Schema();
};

struct AdminConfig {
  std::vector<log::AccessLogConfig> access_log;
  std::string profile_path;
  std::optional<config::Address> address;
  std::vector<config::SocketOption> socket_options;
  bool ignore_global_conn_limit = false;
  std::vector<match::StringMatcherConfig> allow_paths;
  static const config::Message& Schema();
};

struct DiskLayer {
  std::string symlink_root;
  std::string subdirectory;
  bool append_service_cluster = false;
  static const config::Message& Schema();
};

// Exactly one of the layers is set.
struct RuntimeLayer {
  std::string name;
  std::optional<config::Node> static_layer;
  std::optional<DiskLayer> disk_layer;
  std::optional<config::Empty> admin_layer;
  config::Where where;
  static const config::Message& Schema();
};

struct LayeredRuntime {
  std::vector<RuntimeLayer> layers;
  static const config::Message& Schema();
};

struct ClusterManagerOutlierDetection {
  std::string event_log_path;
  static const config::Message& Schema();
};

struct ClusterManagerConfig {
  std::string local_cluster_name;
  ClusterManagerOutlierDetection outlier_detection;
  std::optional<config::BindConfig> upstream_bind_config;
  static const config::Message& Schema();
};

struct StatsTagConfig {
  std::string tag_name;
  std::optional<std::string> regex;  // at most one of the two is set
  std::optional<std::string> fixed_value;
  config::Where where;
  static const config::Message& Schema();
};

struct StatsMatcherConfig {
  std::optional<bool> reject_all;  // one of the three is set
  std::optional<match::ListStringMatcherConfig> exclusion_list;
  std::optional<match::ListStringMatcherConfig> inclusion_list;
  static const config::Message& Schema();
};

struct HistogramBucketConfig {
  match::StringMatcherConfig match;
  std::vector<double> buckets;
  static const config::Message& Schema();
};

struct StatsConfig {
  std::vector<StatsTagConfig> stats_tags;
  bool use_all_default_tags = true;
  std::optional<StatsMatcherConfig> stats_matcher;
  std::vector<HistogramBucketConfig> histogram_bucket_settings;
  static const config::Message& Schema();
};

// envoy.config.trace.v3.Tracing
struct TracingConfig {
  std::optional<config::NamedExtension> http;
  static const config::Message& Schema();
};

struct BootstrapConfig {
  NodeConfig node;
  StaticResources static_resources;
  DynamicResourcesConfig dynamic_resources;
  ClusterManagerConfig cluster_manager;
  StatsConfig stats_config;
  Duration stats_flush_interval = std::chrono::seconds(5);
  std::optional<TracingConfig> tracing;
  std::optional<LayeredRuntime> layered_runtime;
  std::optional<AdminConfig> admin;
  std::optional<OverloadManagerConfig> overload_manager;
  std::optional<config::NamedExtension> typed_dns_resolver_config;
  std::vector<config::NamedExtension> bootstrap_extensions;
  // No field: static_resources.secrets as it was written, for contexts that are read later.
  config::Node secrets_as_written;
  static const config::Message& Schema();
};

}  // namespace sluice::server
