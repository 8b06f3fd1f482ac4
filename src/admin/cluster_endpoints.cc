// /clusters, /listeners and /drain_listeners.
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sluice/match/regex.h"
#include "tables.h"

namespace sluice::admin {
namespace {

using config::Node;

std::string HealthText(const HealthFlags& health) {
  std::string out;
  const auto add = [&](bool flag, std::string_view name) {
    if (flag) out.append("/").append(name);
  };
  add(health.failed_active_hc, "failed_active_hc");
  add(health.failed_outlier_check, "failed_outlier_check");
  add(health.failed_eds_health, "failed_eds_health");
  add(health.degraded_active_hc, "degraded_active_hc");
  add(health.degraded_eds_health, "degraded_eds_health");
  add(health.pending_dynamic_removal, "pending_dynamic_removal");
  add(health.pending_active_hc, "pending_active_hc");
  add(health.excluded_via_immediate_hc_fail, "excluded_via_immediate_hc_fail");
  add(health.active_hc_timeout, "active_hc_timeout");
  return out.empty() ? "healthy" : out;
}

void AppendBreaker(std::string& out, const std::string& cluster, std::string_view priority,
                   const BreakerView& breaker) {
  fmt::format_to(std::back_inserter(out),
                 "{0}::{1}_priority::max_connections::{2}\n"
                 "{0}::{1}_priority::max_pending_requests::{3}\n"
                 "{0}::{1}_priority::max_requests::{4}\n"
                 "{0}::{1}_priority::max_retries::{5}\n",
                 cluster, priority, breaker.max_connections, breaker.max_pending_requests,
                 breaker.max_requests, breaker.max_retries);
}

void AppendOutlier(std::string& out, const std::string& cluster, const OutlierView& outlier) {
  fmt::format_to(std::back_inserter(out),
                 "{0}::outlier::success_rate_average::{1:g}\n"
                 "{0}::outlier::success_rate_ejection_threshold::{2:g}\n"
                 "{0}::outlier::local_origin_success_rate_average::{3:g}\n"
                 "{0}::outlier::local_origin_success_rate_ejection_threshold::{4:g}\n",
                 cluster, outlier.success_rate_average, outlier.success_rate_ejection_threshold,
                 outlier.local_origin_success_rate_average,
                 outlier.local_origin_success_rate_ejection_threshold);
}

void AppendHost(std::string& out, const std::string& cluster, const HostView& host) {
  const std::string prefix = cluster + "::" + host.address.ToString() + "::";
  const auto line = [&](std::string_view name, const auto& value) {
    fmt::format_to(std::back_inserter(out), "{}{}::{}\n", prefix, name, value);
  };
  line("cx_active", host.cx_active);
  line("cx_connect_fail", host.cx_connect_fail);
  line("cx_total", host.cx_total);
  line("rq_active", host.rq_active);
  line("rq_error", host.rq_error);
  line("rq_success", host.rq_success);
  line("rq_timeout", host.rq_timeout);
  line("rq_total", host.rq_total);
  line("hostname", host.hostname);
  line("health_flags", HealthText(host.health));
  line("weight", host.weight);
  line("region", host.region);
  line("zone", host.zone);
  line("sub_zone", host.sub_zone);
  line("canary", host.canary);
  line("priority", host.priority);
  line("success_rate", host.success_rate);
  line("local_origin_success_rate", host.local_origin_success_rate);
}

std::string ClustersText(const std::vector<ClusterView>& clusters) {
  std::string out;
  for (const ClusterView& cluster : clusters) {
    out.append(cluster.name + "::observability_name::" + cluster.observability_name + "\n");
    if (cluster.outlier) AppendOutlier(out, cluster.name, *cluster.outlier);
    AppendBreaker(out, cluster.name, "default", cluster.normal);
    AppendBreaker(out, cluster.name, "high", cluster.high);
    out.append(cluster.name + "::added_via_api::false\n");
    for (const HostView& host : cluster.hosts) AppendHost(out, cluster.name, host);
  }
  return out;
}

void AddMetric(Node& list, std::string_view name, uint64_t value, bool gauge) {
  Node metric = Node::Map();
  if (gauge) PutAlways(metric, "type", "GAUGE");
  if (value != 0) PutAlways(metric, "value", std::to_string(value));  // uint64: a string in JSON
  PutAlways(metric, "name", name);
  list.items.push_back(std::move(metric));
}

Node HostStats(const HostView& host) {
  Node list = Node::List();
  AddMetric(list, "cx_connect_fail", host.cx_connect_fail, false);
  AddMetric(list, "cx_total", host.cx_total, false);
  AddMetric(list, "rq_error", host.rq_error, false);
  AddMetric(list, "rq_success", host.rq_success, false);
  AddMetric(list, "rq_timeout", host.rq_timeout, false);
  AddMetric(list, "rq_total", host.rq_total, false);
  AddMetric(list, "cx_active", host.cx_active, true);
  AddMetric(list, "rq_active", host.rq_active, true);
  return list;
}

Node HealthNode(const HealthFlags& health) {
  Node node = Node::Map();
  PutFlag(node, "failed_active_health_check", health.failed_active_hc);
  PutFlag(node, "failed_outlier_check", health.failed_outlier_check);
  PutAlways(node, "eds_health_status",
            health.failed_eds_health     ? "UNHEALTHY"
            : health.degraded_eds_health ? "DEGRADED"
                                         : "HEALTHY");
  PutFlag(node, "failed_active_degraded_check", health.degraded_active_hc);
  PutFlag(node, "pending_dynamic_removal", health.pending_dynamic_removal);
  PutFlag(node, "pending_active_hc", health.pending_active_hc);
  PutFlag(node, "excluded_via_immediate_hc_fail", health.excluded_via_immediate_hc_fail);
  PutFlag(node, "active_hc_timeout", health.active_hc_timeout);
  return node;
}

void PutPercent(Node& map, std::string_view name, double percent) {
  if (percent < 0) return;
  Node node = Node::Map();
  if (percent != 0) PutNumber(node, "value", percent);
  Put(map, name, std::move(node));
}

Node HostNode(const HostView& host) {
  Node node = Node::Map();
  Put(node, "address", AddressNode(host.address));
  Put(node, "stats", HostStats(host));
  Put(node, "health_status", HealthNode(host.health));
  PutPercent(node, "success_rate", host.success_rate);
  Put(node, "weight", uint64_t{host.weight});
  Put(node, "hostname", std::string_view(host.hostname));
  Put(node, "priority", uint64_t{host.priority});
  PutPercent(node, "local_origin_success_rate", host.local_origin_success_rate);
  Node locality = Node::Map();
  Put(locality, "region", std::string_view(host.region));
  Put(locality, "zone", std::string_view(host.zone));
  Put(locality, "sub_zone", std::string_view(host.sub_zone));
  Put(node, "locality", std::move(locality));
  return node;
}

Node BreakerNode(std::string_view priority, const BreakerView& breaker) {
  Node node = Node::Map();
  Put(node, "priority", priority);
  PutAlways(node, "max_connections", breaker.max_connections);
  PutAlways(node, "max_pending_requests", breaker.max_pending_requests);
  PutAlways(node, "max_requests", breaker.max_requests);
  PutAlways(node, "max_retries", breaker.max_retries);
  return node;
}

Node ClusterNode(const ClusterView& cluster) {
  Node node = Node::Map();
  PutAlways(node, "name", cluster.name);
  if (cluster.outlier) {
    const double limit = cluster.outlier->success_rate_ejection_threshold;
    PutPercent(node, "success_rate_ejection_threshold", limit > 0 ? limit : -1);
  }
  Node hosts = Node::List();
  for (const HostView& host : cluster.hosts) hosts.items.push_back(HostNode(host));
  if (!hosts.items.empty()) Put(node, "host_statuses", std::move(hosts));
  Node thresholds = Node::List();
  thresholds.items.push_back(BreakerNode("", cluster.normal));
  thresholds.items.push_back(BreakerNode("HIGH", cluster.high));
  Node breakers = Node::Map();
  Put(breakers, "thresholds", std::move(thresholds));
  Put(node, "circuit_breakers", std::move(breakers));
  PutAlways(node, "observability_name", cluster.observability_name);
  return node;
}

bool WantsJson(const Request& request) { return request.Param("format") == "json"; }

Response Clusters(const Request& request, AdminHost& host) {
  std::vector<ClusterView> clusters = host.Clusters();
  if (const auto pattern = request.Param("filter")) {
    const Result<match::Regex> filter = match::Regex::Compile(*pattern);
    if (!filter) return TextResponse("Invalid re2 regex", 400);
    std::erase_if(clusters, [&](const ClusterView& c) { return !filter->PartialMatch(c.name); });
  }
  if (!WantsJson(request)) return TextResponse(ClustersText(clusters));
  Node statuses = Node::List();
  for (const ClusterView& cluster : clusters) statuses.items.push_back(ClusterNode(cluster));
  Node root = Node::Map();
  if (!statuses.items.empty()) Put(root, "cluster_statuses", std::move(statuses));
  return JsonResponse(PrettyJson(root));
}

Node ListenerNode(const ListenerView& listener) {
  Node node = Node::Map();
  PutAlways(node, "name", listener.name);
  Node more = Node::List();
  for (size_t i = 0; i < listener.addresses.size(); ++i) {
    Node address = AddressNode(listener.addresses[i]);
    if (i == 0) {
      Put(node, "local_address", std::move(address));
    } else {
      more.items.push_back(std::move(address));
    }
  }
  if (!more.items.empty()) Put(node, "additional_local_addresses", std::move(more));
  return node;
}

Response Listeners(const Request& request, AdminHost& host) {
  const std::vector<ListenerView> listeners = host.Listeners();
  if (WantsJson(request)) {
    Node statuses = Node::List();
    for (const ListenerView& listener : listeners) statuses.items.push_back(ListenerNode(listener));
    Node root = Node::Map();
    if (!statuses.items.empty()) Put(root, "listener_statuses", std::move(statuses));
    return JsonResponse(PrettyJson(root));
  }
  std::string out;
  for (const ListenerView& listener : listeners) {
    for (const net::Address& address : listener.addresses) {
      out.append(listener.name + "::" + address.ToString() + "\n");
    }
  }
  return TextResponse(std::move(out));
}

Response DrainListeners(const Request& request, AdminHost& host) {
  const DrainOrder order{.graceful = request.Param("graceful").has_value(),
                         .skip_exit = request.Param("skip_exit").has_value(),
                         .inbound_only = request.Param("inboundonly").has_value()};
  if (order.skip_exit && !order.graceful) {
    return TextResponse("skip_exit requires graceful\n", 400);
  }
  host.DrainListeners(order);
  return TextResponse("OK\n");
}

}  // namespace

std::vector<Endpoint> ClusterEndpoints() {
  return {
      {.path = "/clusters",
       .help = "upstream cluster status",
       .params = {{"format", "File format to use", "text, json"},
                  {"filter", "Regular expression (Google re2) for filtering clusters by name"}},
       .handle = Clusters},
      {.path = "/listeners",
       .help = "print listener info",
       .params = {{"format", "File format to use", "text, json"}},
       .handle = Listeners},
      {.path = "/drain_listeners",
       .help = "drain listeners",
       .mutates = true,
       .params = {{"graceful",
                   "When draining listeners, enter a graceful drain period prior to closing "
                   "listeners. This behaviour and duration is configurable via server options or "
                   "CLI"},
                  {"skip_exit",
                   "When draining listeners, do not exit after the drain period. This must be used "
                   "with graceful"},
                  {"inboundonly",
                   "Drains all inbound listeners. traffic_direction of the listener says which "
                   "ones are inbound."}},
       .handle = DrainListeners},
  };
}

}  // namespace sluice::admin
