#include "admin_host.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "sluice/base/log.h"
#include "sluice/base/version.h"
#include "sluice/config/parse.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::server {
namespace {

using config::Node;

// Members in the manner of protobuf's JSON with all primitive fields printed.
class Members {
 public:
  void Text(std::string_view name, std::string_view text) {
    Add(name, Node::Text(std::string(text)));
  }
  void Number(std::string_view name, uint64_t number) {
    Add(name, Node::Plain(std::to_string(number)));
  }
  void Flag(std::string_view name, bool flag) { Add(name, Node::Plain(flag ? "true" : "false")); }
  void Seconds(std::string_view name, uint64_t seconds) {
    Text(name, std::to_string(seconds) + "s");
  }
  void Milliseconds(std::string_view name, uint64_t ms) {
    std::string text = std::to_string(ms / 1000);
    if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
    Text(name, text + "s");
  }
  void Add(std::string_view name, Node value) {
    value.key = name;
    map_.items.push_back(std::move(value));
  }
  Node Take() { return std::move(map_); }

 private:
  Node map_ = Node::Map();
};

std::string ComponentLevels(const Options& options) {
  std::string out;
  for (const auto& [component, level] : options.component_log_levels) {
    if (!out.empty()) out += ",";
    out.append(log::ComponentName(component)).append(":").append(log::LevelName(level));
  }
  return out;
}

std::string_view ModeName(Mode mode) {
  switch (mode) {
    case Mode::kServe: return "Serve";
    case Mode::kValidate: return "Validate";
    case Mode::kInitOnly: return "InitOnly";
  }
  return "";
}

admin::BreakerView ViewOf(const upstream::BreakerLimits& limits) {
  return {.max_connections = limits.max_connections,
          .max_pending_requests = limits.max_pending_requests,
          .max_requests = limits.max_requests,
          .max_retries = limits.max_retries};
}

admin::HealthFlags FlagsOf(uint32_t bits) {
  const auto has = [bits](upstream::HealthFlag flag) { return (bits & flag) != 0; };
  return {.failed_active_hc = has(upstream::kFailedActiveHc),
          .failed_outlier_check = has(upstream::kFailedOutlierCheck),
          .failed_eds_health = has(upstream::kFailedEdsHealth),
          .degraded_active_hc = has(upstream::kDegradedActiveHc),
          .degraded_eds_health = has(upstream::kDegradedEdsHealth),
          .pending_dynamic_removal = has(upstream::kPendingDynamicRemoval),
          .pending_active_hc = has(upstream::kPendingActiveHc),
          .excluded_via_immediate_hc_fail = false,
          .active_hc_timeout = has(upstream::kActiveHcTimeout)};
}

admin::HostView ViewOf(const upstream::HostEntry& entry,
                       const upstream::HostSetSnapshot& snapshot) {
  using upstream::HostCells;
  admin::HostView view;
  const upstream::HostRecord& record = *entry.record;
  view.address = entry.endpoint->address;
  view.hostname = record.hostname();
  view.cx_active = record.Sum(&HostCells::cx_active);
  view.cx_connect_fail = record.Sum(&HostCells::cx_connect_fail);
  view.cx_total = record.Sum(&HostCells::cx_total);
  view.rq_active = record.Sum(&HostCells::rq_active);
  view.rq_error = record.Sum(&HostCells::rq_error);
  view.rq_success = record.Sum(&HostCells::rq_success);
  view.rq_timeout = record.Sum(&HostCells::rq_timeout);
  view.rq_total = record.Sum(&HostCells::rq_total);
  view.health = FlagsOf(entry.health_flags);
  view.success_rate = record.success_rate(false).load(std::memory_order_relaxed);
  view.local_origin_success_rate = record.success_rate(true).load(std::memory_order_relaxed);
  view.weight = entry.weight;
  view.priority = entry.priority;
  view.canary = entry.canary;
  if (entry.locality < snapshot.localities.size()) {
    const upstream::Locality& locality = snapshot.localities[entry.locality].locality;
    view.region = locality.region;
    view.zone = locality.zone;
    view.sub_zone = locality.sub_zone;
  }
  return view;
}

}  // namespace

ServerAdminHost::ServerAdminHost(Parts parts)
    : parts_(std::move(parts)), started_(parts_.loop.clock().Wall()) {}

std::string ServerAdminHost::Version() const { return ShortVersion(); }

// In the order of CommandLineOptions' field numbers, as Envoy prints them.
Node ServerAdminHost::CommandLineOptions() const {
  const Options& o = parts_.options;
  Members out;
  out.Text("base_id", std::to_string(o.base_id));
  out.Number("concurrency", parts_.worker_count);
  out.Text("config_path", o.config_path);
  out.Text("config_yaml", o.config_yaml);
  out.Flag("allow_unknown_static_fields", o.allow_unknown_static_fields);
  out.Flag("reject_unknown_dynamic_fields", o.reject_unknown_dynamic_fields);
  out.Text("admin_address_path", o.admin_address_path);
  out.Text("local_address_ip_version", o.local_address_ip_version);
  out.Text("log_level", log::LevelName(o.log_level));
  out.Text("component_log_level", ComponentLevels(o));
  out.Text("log_format",
           o.log_format.empty() ? "[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v" : o.log_format);
  out.Text("log_path", o.log_path);
  out.Text("service_cluster", o.service_cluster);
  out.Text("service_node", o.service_node);
  out.Text("service_zone", o.service_zone);
  out.Milliseconds("file_flush_interval", o.file_flush_interval_ms.value_or(1000));
  out.Seconds("drain_time", o.drain_time_s);
  out.Seconds("parent_shutdown_time", o.parent_shutdown_time_s);
  out.Text("mode", ModeName(o.mode));
  out.Flag("disable_hot_restart", true);
  out.Number("restart_epoch", o.restart_epoch);
  out.Text("drain_strategy", o.drain_strategy == DrainStrategy::kGradual ? "Gradual" : "Immediate");
  Node tags = Node::List();
  for (const std::string& tag : o.stats_tags) tags.items.push_back(Node::Text(tag));
  out.Add("stats_tag", std::move(tags));
  out.Number("file_flush_min_size", o.file_flush_min_size_kb);
  return out.Take();
}

Node ServerAdminHost::NodeInfo() const { return config::Dump(parts_.bootstrap.node); }

Node ServerAdminHost::Bootstrap() const { return config::Dump(parts_.bootstrap); }

std::vector<admin::ClusterView> ServerAdminHost::Clusters() const {
  std::vector<admin::ClusterView> views;
  parts_.clusters.ForEach([&](const upstream::ClusterView& cluster) {
    admin::ClusterView& view = views.emplace_back();
    view.name = cluster.options.name;
    view.observability_name = cluster.options.stat_name;
    view.normal = ViewOf(cluster.breakers.For(upstream::Priority::kDefault).limits());
    view.high = ViewOf(cluster.breakers.For(upstream::Priority::kHigh).limits());
    if (cluster.external_rates != nullptr) {
      view.outlier = {
          .success_rate_average = cluster.external_rates->average,
          .success_rate_ejection_threshold = cluster.external_rates->threshold,
          .local_origin_success_rate_average = cluster.local_rates->average,
          .local_origin_success_rate_ejection_threshold = cluster.local_rates->threshold};
    }
    for (const upstream::HostEntry& entry : cluster.hosts.hosts) {
      view.hosts.push_back(ViewOf(entry, cluster.hosts));
    }
  });
  return views;
}

std::vector<admin::ListenerView> ServerAdminHost::Listeners() const {
  std::vector<admin::ListenerView> views;
  for (const ListenerManager::View& listener : parts_.listeners.Views()) {
    views.push_back({listener.plan.name, listener.addresses});
  }
  return views;
}

std::vector<net::CertificateSet> AllCertificates(const upstream::ClusterManager& clusters,
                                                 const ListenerManager& listeners) {
  std::vector<net::CertificateSet> sets;
  clusters.ForEach([&sets](const upstream::ClusterView& cluster) {
    cluster.options.transport->AddCertificates(sets);
  });
  for (const ListenerManager::View& listener : listeners.Views()) {
    for (const listener::ChainPlan& chain : listener.plan.chains) {
      if (chain.transport != nullptr) chain.transport->AddCertificates(sets);
    }
  }
  return sets;
}

std::vector<discovery::ResourceView> ServerAdminHost::DynamicResources() const {
  std::vector<discovery::ResourceView> views;
  parts_.discovery.ForEachView(
      [&views](const discovery::ResourceView& one) { views.push_back(one); });
  return views;
}

stats::Store& ServerAdminHost::FreshStats() {
  parts_.refresh_stats();
  return parts_.store;
}

bool ServerAdminHost::ModifyRuntime(
    const std::vector<std::pair<std::string, std::string>>& values) {
  const std::shared_ptr<const void> before = parts_.runtime.Modify(values);
  if (before == nullptr) return false;
  parts_.runtime_changed(before);
  return true;
}

}  // namespace sluice::server
