#include "sluice/listener/build.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "build_chains.h"
#include "sluice/log/access_log.h"
#include "sluice/match/runtime.h"
#include "sluice/net/socket_config.h"

namespace sluice::listener {
namespace {

std::string StatName(const ListenerConfig& config) {
  if (!config.stat_prefix.empty()) return config.stat_prefix;
  std::string name = config.address.ToString();
  std::replace(name.begin(), name.end(), ':', '_');
  return name;
}

void LimitConnections(const ListenerConfig& config, filter::LoadContext& ctx, ListenerPlan& plan) {
  if (ctx.runtime == nullptr || config.name.empty()) return;
  const auto limit = ctx.runtime->FindInteger("envoy.resource_limits.listener." + config.name +
                                              ".connection_limit");
  if (limit) plan.connection_limit = std::make_unique<SharedBudget>(*limit, ctx.stats.slots());
}

net::SocketTuning Tuning(const std::optional<config::TcpKeepalive>& keepalive,
                         const std::vector<config::SocketOption>& options,
                         net::Address::Family family) {
  net::SocketTuning tuning;
  if (keepalive) {
    tuning.keepalive_probes = keepalive->keepalive_probes;
    tuning.keepalive_time_s = keepalive->keepalive_time;
    tuning.keepalive_interval_s = keepalive->keepalive_interval;
    // An empty message turns the kernel's defaults on.
    if (!tuning.keepalive_probes && !tuning.keepalive_time_s && !tuning.keepalive_interval_s) {
      tuning.options.push_back(net::SocketOption::FromInt(SOL_SOCKET, SO_KEEPALIVE, 1));
    }
  }
  const auto more = net::ToSocketOptions(options, family);
  tuning.options.insert(tuning.options.end(), more.begin(), more.end());
  return tuning;
}

net::ListenOptions ListenOptionsOf(const ListenerConfig& config, const config::Address& address,
                                   uint32_t workers) {
  net::ListenOptions options;
  options.workers = workers;
  options.reuse_port = config.enable_reuse_port && address.socket_address.has_value();
  options.ipv4_compat = address.socket_address && address.socket_address->ipv4_compat;
  options.freebind = config.freebind.value_or(false);
  options.transparent = config.transparent.value_or(false);
  options.backlog = config.tcp_backlog_size.value_or(0);
  options.fast_open_queue = config.tcp_fast_open_queue_length;
  if (address.pipe && address.pipe->mode != 0) options.unix_mode = address.pipe->mode;
  return options;
}

// `own`: what an additional address has in place of the listener's; null for the first one.
bool AddSocket(const ListenerConfig& config, const config::Address& address,
               const AdditionalAddressConfig* own, uint32_t workers, config::Problems& problems,
               std::vector<SocketPlan>& out) {
  auto made = ToAddress(address);
  if (!made) {
    problems.Add(address.where, made.error().detail);
    return false;
  }
  net::ListenOptions options = ListenOptionsOf(config, address, workers);
  const bool own_keepalive = own != nullptr && own->tcp_keepalive.has_value();
  const bool own_options = own != nullptr && own->socket_options.has_value();
  options.tuning = Tuning(own_keepalive ? own->tcp_keepalive : config.tcp_keepalive,
                          own_options ? own->socket_options->socket_options : config.socket_options,
                          made->family());
  out.push_back({*made, std::move(options)});
  return true;
}

}  // namespace

std::unique_ptr<ListenerPlan> BuildPlan(const ListenerConfig& config, filter::LoadContext& ctx) {
  auto plan = std::make_unique<ListenerPlan>();
  plan->name = config.name.empty() ? config.address.ToString() : config.name;
  plan->stat_name = StatName(config);
  plan->listener_filters_timeout = config.listener_filters_timeout;
  plan->continue_on_listener_filters_timeout = config.continue_on_listener_filters_timeout;
  plan->buffer_limit = std::max<size_t>(1, config.per_connection_buffer_limit_bytes);
  plan->accepts_per_turn = config.max_connections_to_accept_per_socket_event;
  plan->metadata = config.metadata;
  plan->ignore_global_limit = config.ignore_global_conn_limit;
  plan->exact_balance =
      config.connection_balance_config && config.connection_balance_config->exact_balance;
  plan->direction = static_cast<stream::TrafficDirection>(config.traffic_direction);
  LimitConnections(config, ctx, *plan);
  plan->overload = &ctx.process.overload;
  const std::string stat_prefix = "listener." + plan->stat_name;
  ctx.listener_stat_prefix = stat_prefix;
  plan->access_logs = ctx.access_logs.Make(config.access_log, ctx.problems);
  plan->access_log_manager = &ctx.access_logs;
  const bool filters_ok = BuildListenerFilters(config, ctx, *plan);
  const bool chains_ok = BuildChains(config, ctx, *plan);
  ctx.listener_stat_prefix = {};
  return filters_ok && chains_ok ? std::move(plan) : nullptr;
}

std::vector<SocketPlan> PlanSockets(const ListenerConfig& config, uint32_t workers,
                                    config::Problems& problems) {
  std::vector<SocketPlan> plans;
  bool ok = AddSocket(config, config.address, nullptr, workers, problems, plans);
  for (const AdditionalAddressConfig& one : config.additional_addresses) {
    ok = AddSocket(config, one.address, &one, workers, problems, plans) && ok;
  }
  if (!ok) plans.clear();
  return plans;
}

Result<net::Address> ToAddress(const config::Address& config) {
  if (config.pipe) return net::Address::FromUnixPath(config.pipe->path);
  if (!config.socket_address) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, "an address is needed");
  }
  auto made = net::Address::FromIp(config.socket_address->address,
                                   static_cast<uint16_t>(config.socket_address->port_value));
  if (made) return made;
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
              "'" + config.socket_address->address +
                  "' is not an IP address; a listener cannot be bound to a name");
}

}  // namespace sluice::listener
