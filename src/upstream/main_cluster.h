// Main's side of one cluster: configuration, circuit breakers, discovery, the hosts of now, and the
// gauges that only main can know.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "assignment.h"
#include "breaker_gauges.h"
#include "discovery.h"
#include "host_registry.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

class MainCluster {
 public:
  MainCluster(std::unique_ptr<ClusterOptions> options, AssignmentPlan plan, stats::Store& store);

  const ClusterOptions& options() const { return *options_; }
  const std::shared_ptr<const ClusterOptions>& shared_options() const { return options_; }
  const SnapshotPtr& hosts() const { return hosts_; }
  // What a new worker begins with.
  SnapshotPtr initial_hosts() { return registry_ == nullptr ? hosts_ : snapshots_.MakeEmpty(); }
  // ORIGINAL_DST: looks what the workers have found.
  void RefreshFoundHosts();
  Breakers& breakers() { return *breakers_; }
  bool warming() const { return warming_; }

  // A resolver of its own, in place of the one that Start is given.
  void SetResolver(std::unique_ptr<net::DnsResolver> dns) { own_dns_ = std::move(dns); }
  void Start(EventLoop& loop, net::DnsResolver& dns, std::function<void(SnapshotPtr)> hosts,
             std::function<void()> warmed);
  void GiveUpWarming() { warming_ = false; }
  void RefreshGauges();

 private:
  void Take(SnapshotPtr hosts);
  void CountHosts();

  AssignmentPlan plan_;
  std::unique_ptr<Breakers> breakers_;
  std::unique_ptr<HostRegistry> registry_;  // ORIGINAL_DST only
  std::shared_ptr<const ClusterOptions> options_;
  SnapshotMaker snapshots_;
  SnapshotPtr hosts_;
  DiscoveryStats discovery_stats_;
  BreakerGauges normal_gauges_;
  BreakerGauges high_gauges_;
  stats::Counter membership_change_;
  stats::Gauge membership_total_;
  stats::Gauge membership_healthy_;
  stats::Gauge membership_degraded_;
  stats::Gauge membership_excluded_;
  stats::Gauge max_host_weight_;
  stats::Gauge version_;
  bool warming_ = true;
  std::unique_ptr<net::DnsResolver> own_dns_;
  std::unique_ptr<DiscoverySource> discovery_;  // last: its callbacks use the rest
};

}  // namespace sluice::upstream
