#include "sluice/server/bootstrap_config.h"

#include <map>
#include <string_view>

#include "sluice/config/categories.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/net/dns_config.h"
#include "sluice/tracing/tracer.h"

namespace sluice::server {

using config::Field;
using config::Message;
using config::Renamed;
using config::Unimplemented;

namespace {

constexpr std::string_view kNoXds = "discovery services (xDS) are implemented as files only";

// "already used by clusters[0], a.yaml:3:5"
template <typename T>
void CheckNames(const std::vector<T>& list, std::string_view field, config::Context& ctx) {
  std::map<std::string_view, size_t> seen;
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].name.empty()) continue;
    const auto [first, fresh] = seen.emplace(list[i].name, i);
    if (fresh) continue;
    const config::Context::Scope scope(ctx, field);
    const config::Context::Scope index(ctx, i);
    ctx.FailAt(list[i].where.mark, "duplicate name `" + list[i].name + "`", {},
               "already at " + ctx.problems().Place(list[first->second].where.mark));
  }
}

void CheckStaticResources(const StaticResources& resources, const config::Node&,
                          config::Context& ctx) {
  CheckNames(resources.clusters, "clusters", ctx);
  CheckNames(resources.listeners, "listeners", ctx);
  CheckNames(resources.secrets, "secrets", ctx);
}

// Contexts in listeners and clusters look their secrets up while they are read.
std::optional<config::Node> OfferSecrets(config::Context& ctx, const config::Node& resources) {
  ctx.set_secrets(resources.Find("secrets"));
  return std::nullopt;
}

}  // namespace

const Message& NodeConfig::Schema() {
  using C = NodeConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.Node", "Who this proxy is.",
      {Field("id", &C::id, "Its name."), Field("cluster", &C::cluster, "The group it belongs to."),
       Field("metadata", &C::metadata, "Data for logs."),
       Unimplemented("dynamic_parameters", kNoXds),
       Field("locality", &C::locality, "Where it runs."),
       Field("user_agent_name", &C::user_agent_name, "Shown in /server_info."),
       Field("user_agent_version", &C::user_agent_version, "Shown in /server_info.")
           .Oneof("user_agent_version_type"),
       Unimplemented("user_agent_build_version", "use user_agent_version")
           .Oneof("user_agent_version_type"),
       Unimplemented("extensions", kNoXds), Unimplemented("client_features", kNoXds),
       Unimplemented("listening_addresses", kNoXds)});
  return message;
}

const Message& StaticResources::Schema() {
  using C = StaticResources;
  static const auto message =
      Message::Of<C>("envoy.config.bootstrap.v3.Bootstrap.StaticResources", "What is in the file.",
                     {Field("listeners", &C::listeners, "Where connections are accepted."),
                      Field("clusters", &C::clusters, "Where they go."),
                      Field("secrets", &C::secrets,
                            "Certificates and the like that TLS contexts take in by name.")})
          .PrepareWith(&OfferSecrets)
          .Check(&CheckStaticResources);
  return message;
}

const Message& DynamicResourcesConfig::Schema() {
  using C = DynamicResourcesConfig;
  constexpr std::string_view kOnlyFiles = "resources are read from files: use path_config_source";
  static const auto message =
      Message::Of<C>("envoy.config.bootstrap.v3.Bootstrap.DynamicResources",
                     "Files of listeners and clusters, beside static_resources.",
                     {Field("lds_config", &C::lds_config, "A file of listeners."),
                      Unimplemented("lds_resources_locator", kOnlyFiles),
                      Field("cds_config", &C::cds_config, "A file of clusters."),
                      Unimplemented("cds_resources_locator", kOnlyFiles),
                      Unimplemented("ads_config", kOnlyFiles)});
  return message;
}

namespace {

// access_log_path: /tmp/admin.log
config::Node AccessLogFromPath(const config::Node& path) {
  const auto member = [&path](std::string_view key, config::Node value) {
    value.key = key;
    value.mark = path.mark;
    return value;
  };
  config::Node typed = config::Node::Map();
  typed.items.push_back(member(
      "@type", config::Node::Text(
                   "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog")));
  typed.items.push_back(member("path", path));
  config::Node log = config::Node::Map();
  log.mark = path.mark;
  log.items.push_back(member("name", config::Node::Text("envoy.access_loggers.file")));
  log.items.push_back(member("typed_config", std::move(typed)));
  return log;
}

}  // namespace

const Message& AdminConfig::Schema() {
  using C = AdminConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.bootstrap.v3.Admin", "The administration endpoint; without it there is none.",
      {Field("access_log", &C::access_log, "Log of its requests."),
       Renamed("access_log_path", "access_log", &AccessLogFromPath),
       Field("profile_path", &C::profile_path, "Where /cpuprofiler writes.")
           .NotYet("there is no profiler; use perf"),
       Field("address", &C::address, "Where it listens."),
       Field("socket_options", &C::socket_options, "Options of its socket."),
       Field("ignore_global_conn_limit", &C::ignore_global_conn_limit,
             "Its connections do not count against the global limit."),
       Field("allow_paths", &C::allow_paths, "The paths that are served; all unless set.")});
  return message;
}

const Message& DiskLayer::Schema() {
  using C = DiskLayer;
  static const auto message =
      Message::Of<C>("envoy.config.bootstrap.v3.RuntimeLayer.DiskLayer", "Runtime values in files.",
                     {Field("symlink_root", &C::symlink_root, "A symbolic link that is swapped.")
                          .Required()
                          .NonEmpty(),
                      Field("subdirectory", &C::subdirectory, "The directory below it."),
                      Field("append_service_cluster", &C::append_service_cluster,
                            "One more level, named as the service cluster.")});
  return message;
}

const Message& RuntimeLayer::Schema() {
  using C = RuntimeLayer;
  static const auto message =
      Message::Of<C>(
          "envoy.config.bootstrap.v3.RuntimeLayer", "A source of runtime values.",
          {Field("name", &C::name, "Its name.").Required().NonEmpty(),
           Field("static_layer", &C::static_layer, "Values in the file.").Oneof("layer_specifier"),
           Field("disk_layer", &C::disk_layer, "Values in files.").Oneof("layer_specifier"),
           Field("admin_layer", &C::admin_layer, "Values set by /runtime_modify.")
               .Oneof("layer_specifier"),
           Unimplemented("rtds_layer", kNoXds).Oneof("layer_specifier")})
          .RequireOneof("layer_specifier")
          .RecordWhere(&C::where);
  return message;
}

const Message& LayeredRuntime::Schema() {
  using C = LayeredRuntime;
  static const auto message = Message::Of<C>(
      "envoy.config.bootstrap.v3.LayeredRuntime", "Values that can change while running.",
      {Field("layers", &C::layers, "Later layers override earlier ones.")});
  return message;
}

const Message& ClusterManagerOutlierDetection::Schema() {
  using C = ClusterManagerOutlierDetection;
  static const auto message =
      Message::Of<C>("envoy.config.bootstrap.v3.ClusterManager.OutlierDetection", "Passive health.",
                     {Field("event_log_path", &C::event_log_path, "A file of ejections."),
                      Unimplemented("event_service", "use event_log_path")});
  return message;
}

const Message& ClusterManagerConfig::Schema() {
  using C = ClusterManagerConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.bootstrap.v3.ClusterManager", "What holds for all clusters.",
      {Field("local_cluster_name", &C::local_cluster_name, "The cluster this proxy belongs to."),
       Field("outlier_detection", &C::outlier_detection, "Passive health."),
       Field("upstream_bind_config", &C::upstream_bind_config,
             "Local side of connections, unless the cluster says otherwise."),
       Unimplemented("load_stats_config", kNoXds),
       Unimplemented("enable_deferred_cluster_creation", "clusters are made at load")
           .Accept({"false"})});
  return message;
}

const Message& StatsTagConfig::Schema() {
  using C = StatsTagConfig;
  static const auto message =
      Message::Of<C>("envoy.config.metrics.v3.TagSpecifier", "A tag of stats.",
                     {Field("tag_name", &C::tag_name, "Its name.").Required().NonEmpty(),
                      Field("regex", &C::regex, "Its value in the stat's name.")
                          .Size(0, 1024)
                          .Oneof("tag_value"),
                      Field("fixed_value", &C::fixed_value, "Its value.").Oneof("tag_value")})
          .RecordWhere(&C::where);
  return message;
}

const Message& StatsMatcherConfig::Schema() {
  using C = StatsMatcherConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.metrics.v3.StatsMatcher", "Which stats there are.",
          {Field("reject_all", &C::reject_all, "None.").Oneof("stats_matcher"),
           Field("exclusion_list", &C::exclusion_list, "All but these.").Oneof("stats_matcher"),
           Field("inclusion_list", &C::inclusion_list, "Only these.").Oneof("stats_matcher")})
          .RequireOneof("stats_matcher");
  return message;
}

const Message& HistogramBucketConfig::Schema() {
  using C = HistogramBucketConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.metrics.v3.HistogramBucketSettings", "Buckets of some histograms.",
      {Field("match", &C::match, "Which.").Required(),
       Field("buckets", &C::buckets, "Upper bounds.").Required().NonEmpty().Positive(),
       Unimplemented("bins", "use buckets")});
  return message;
}

const Message& StatsConfig::Schema() {
  using C = StatsConfig;
  static const auto message =
      Message::Of<C>("envoy.config.metrics.v3.StatsConfig", "Names and tags of stats.",
                     {Field("stats_tags", &C::stats_tags, "Tags beside the default ones."),
                      Field("use_all_default_tags", &C::use_all_default_tags, "Envoy's tags."),
                      Field("stats_matcher", &C::stats_matcher, "Which stats there are."),
                      Field("histogram_bucket_settings", &C::histogram_bucket_settings,
                            "Buckets of histograms; the first that matches counts.")});
  return message;
}

const Message& TracingConfig::Schema() {
  using C = TracingConfig;
  static const auto message =
      Message::Of<C>("envoy.config.trace.v3.Tracing", "How requests are traced.",
                     {Field("http", &C::http, "The provider.").Category(tracing::kTracers)});
  return message;
}

const Message& BootstrapConfig::Schema() {
  using C = BootstrapConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.bootstrap.v3.Bootstrap", "The root of a configuration file.",
      {Field("node", &C::node, "Who this proxy is."),
       Unimplemented("node_context_params", kNoXds),
       Field("static_resources", &C::static_resources, "Listeners and clusters."),
       Field("dynamic_resources", &C::dynamic_resources,
             "Files of listeners and clusters, which are read again when they change."),
       Field("cluster_manager", &C::cluster_manager, "What holds for all clusters."),
       Unimplemented("hds_config", kNoXds),
       Unimplemented("flags_path", "flags are given on the command line"),
       Unimplemented("stats_sinks", "read /stats/prometheus instead"),
       Unimplemented("deferred_stat_options", "stats are made when they are first needed"),
       Field("stats_config", &C::stats_config, "Names and tags of stats."),
       Field("stats_flush_interval", &C::stats_flush_interval,
             "The interval of histograms in /stats.")
           .Min(std::chrono::milliseconds(1))
           .Max(std::chrono::seconds(300)),
       Unimplemented("stats_flush_on_admin", "there are no stats sinks"),
       Unimplemented("stats_eviction_interval", "stats are kept"),
       Unimplemented("watchdog", "use a liveness probe on /ready"),
       Unimplemented("watchdogs", "use a liveness probe on /ready"),
       Field("tracing", &C::tracing, "The provider of traces of managers that name none.")
           .Deprecated("HttpConnectionManager.tracing.provider"),
       Field("layered_runtime", &C::layered_runtime, "Values that can change while running."),
       Field("admin", &C::admin, "The administration endpoint."),
       Field("overload_manager", &C::overload_manager, "What is done before resources run out."),
       Unimplemented("enable_dispatcher_stats", "dispatcher stats do not exist").Accept({"false"}),
       Unimplemented("header_prefix", "headers begin with x-envoy").Accept({"x-envoy"}),
       Unimplemented("stats_server_version_override", "server.version is sluice's own"),
       Renamed("use_tcp_for_dns_lookups", "typed_dns_resolver_config", &net::ResolverFromUseTcp),
       Renamed("dns_resolution_config", "typed_dns_resolver_config",
               &net::ResolverFromResolutionConfig),
       Field("typed_dns_resolver_config", &C::typed_dns_resolver_config, "How names are resolved.")
           .Category(config::kDnsResolvers),
       Field("bootstrap_extensions", &C::bootstrap_extensions, "Extensions of the process.")
           .Category(config::kBootstrapExtensions),
       Unimplemented("fatal_actions", "a crash prints a stack trace"),
       Unimplemented("config_sources", kNoXds),
       Unimplemented("default_config_source", kNoXds),
       Unimplemented("default_socket_interface", "there is one socket interface"),
       Unimplemented("certificate_provider_instances",
                     "write the certificates in the TLS contexts"),
       Unimplemented("inline_headers", "every header is found in constant time"),
       Unimplemented("perf_tracing_file_path", "there are no traces of the proxy's own work"),
       Unimplemented("default_regex_engine", "RE2 is the engine"),
       Unimplemented("xds_delegate_extension", kNoXds),
       Unimplemented("xds_config_tracker_extension", kNoXds),
       Unimplemented("listener_manager", "there is one listener manager"),
       Unimplemented("application_log_config", "use --log-format"),
       Unimplemented("grpc_async_client_manager_config", kNoXds),
       Unimplemented("memory_allocator_manager", "memory is returned by the allocator itself")});
  return message;
}

}  // namespace sluice::server
