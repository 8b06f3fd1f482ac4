#include "main_cluster.h"

#include <algorithm>
#include <utility>

#include "compile_options.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

std::unique_ptr<Breakers> MakeBreakers(const ClusterConfig& config, uint32_t slots) {
  return std::make_unique<Breakers>(CompileBreaker(config, config::RoutingPriority::kDefault),
                                    CompileBreaker(config, config::RoutingPriority::kHigh), slots);
}

std::unique_ptr<HostRegistry> MakeRegistry(const ClusterOptions& options, uint32_t slots) {
  if (options.discovery != Discovery::kOriginalDst) return nullptr;
  return std::make_unique<HostRegistry>(slots);
}

std::shared_ptr<const ClusterOptions> Complete(std::unique_ptr<ClusterOptions> options,
                                               Breakers& breakers, HostRegistry* registry) {
  options->breakers = &breakers;
  options->registry = registry;
  return options;
}

bool SameHosts(const HostSetSnapshot& a, const HostSetSnapshot& b) {
  const auto same = [](const HostEntry& x, const HostEntry& y) {
    return x.record == y.record && x.endpoint->address == y.endpoint->address;
  };
  return std::ranges::equal(a.hosts, b.hosts, same);
}

}  // namespace

MainCluster::MainCluster(std::unique_ptr<ClusterOptions> options, AssignmentPlan plan,
                         stats::Store& store)
    : plan_(std::move(plan)),
      breakers_(MakeBreakers(*options->config, store.slots())),
      registry_(MakeRegistry(*options, store.slots())),
      options_(Complete(std::move(options), *breakers_, registry_.get())),
      snapshots_(plan_, store.slots()),
      hosts_(snapshots_.MakeEmpty()),
      discovery_stats_(store.MainScope("cluster." + options_->stat_name)),
      normal_gauges_(store.MainScope("cluster." + options_->stat_name), "default",
                     breakers_->For(Priority::kDefault)),
      high_gauges_(store.MainScope("cluster." + options_->stat_name), "high",
                   breakers_->For(Priority::kHigh)) {
  const stats::Scope scope = store.MainScope("cluster." + options_->stat_name);
  membership_change_ = scope.MakeCounter("membership_change");
  membership_total_ = scope.MakeGauge("membership_total");
  membership_healthy_ = scope.MakeGauge("membership_healthy");
  membership_degraded_ = scope.MakeGauge("membership_degraded");
  membership_excluded_ = scope.MakeGauge("membership_excluded");
  max_host_weight_ = scope.MakeGauge("max_host_weight");
  version_ = scope.MakeGauge("version");
}

void MainCluster::Start(EventLoop& loop, net::DnsResolver& dns,
                        std::function<void(SnapshotPtr)> hosts, std::function<void()> warmed) {
  net::DnsResolver& resolver = own_dns_ != nullptr ? *own_dns_ : dns;
  discovery_ = MakeDiscovery(
      DiscoveryContext{loop, resolver, *options_, plan_, snapshots_, discovery_stats_});
  discovery_->Start(
      [this, hosts = std::move(hosts)](SnapshotPtr snapshot) {
        Take(std::move(snapshot));
        hosts(hosts_);
      },
      [this, warmed = std::move(warmed)] {
        warming_ = false;
        warmed();
      });
}

void MainCluster::Take(SnapshotPtr hosts) {
  if (!SameHosts(*hosts_, *hosts)) membership_change_.Inc();
  hosts_ = std::move(hosts);
  CountHosts();
}

void MainCluster::CountHosts() {
  uint32_t heaviest = 0;
  uint64_t healthy = 0;
  uint64_t degraded = 0;
  for (const HostEntry& host : hosts_->hosts) {
    heaviest = std::max(heaviest, host.weight);
    healthy += host.health() == HostHealth::kHealthy ? 1 : 0;
    degraded += host.health() == HostHealth::kDegraded ? 1 : 0;
  }
  membership_total_.Set(hosts_->hosts.size());
  membership_healthy_.Set(healthy);
  membership_degraded_.Set(degraded);
  max_host_weight_.Set(heaviest);
}

void MainCluster::RefreshFoundHosts() {
  if (registry_ == nullptr) return;
  std::vector<net::Address> before;
  for (const HostEntry& host : hosts_->hosts) before.push_back(host.endpoint->address);
  // Let go first what we hold, or it would count as somebody's.
  hosts_ = snapshots_.MakeEmpty();
  auto snapshot = std::make_shared<HostSetSnapshot>(*hosts_);
  snapshot->hosts = registry_->List();
  const auto same = [](const HostEntry& host, const net::Address& address) {
    return host.endpoint->address == address;
  };
  if (!std::ranges::equal(snapshot->hosts, before, same)) membership_change_.Inc();
  hosts_ = std::move(snapshot);
  CountHosts();
}

void MainCluster::RefreshGauges() {
  RefreshFoundHosts();
  normal_gauges_.Refresh();
  high_gauges_.Refresh();
}

}  // namespace sluice::upstream
