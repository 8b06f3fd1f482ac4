// Main's side of one cluster: configuration, circuit breakers, discovery, the hosts of now, and the
// gauges that only main can know.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assignment.h"
#include "breaker_gauges.h"
#include "discovery.h"
#include "endpoint_file.h"
#include "health_checker.h"
#include "health_event_log.h"
#include "health_options.h"
#include "host_registry.h"
#include "outlier_detector.h"
#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

class MainCluster final : private RunItem {
 public:
  struct Parts {
    std::unique_ptr<ClusterOptions> options;
    AssignmentPlan plan;
    std::optional<HealthOptions> health;  // active checks
    std::unique_ptr<EndpointFile> file;   // EDS only
    EventLoop& loop;
    stats::Store& store;
    HealthEventLog* outlier_events;         // may be null
    const match::RuntimeSnapshot* runtime;  // the same
    DnsCache* names = nullptr;              // dynamic clusters only
  };
  explicit MainCluster(Parts parts);
  ~MainCluster() override;

  const ClusterOptions& options() const { return *options_; }
  const std::shared_ptr<const ClusterOptions>& shared_options() const { return options_; }
  const SnapshotPtr& hosts() const { return hosts_; }
  // What a new worker begins with.
  SnapshotPtr initial_hosts() { return registry_ == nullptr ? hosts_ : snapshots_.MakeEmpty(); }
  // ORIGINAL_DST: looks what the workers have found.
  void RefreshFoundHosts();
  Breakers& breakers() { return *breakers_; }
  bool warming() const { return warming_; }
  // Null without outlier detection.
  const OutlierDetector* outliers() const { return detector_.get(); }

  // A resolver of its own, in place of the one that Start is given.
  void SetResolver(std::unique_ptr<net::DnsResolver> dns) { own_dns_ = std::move(dns); }
  void Start(net::DnsResolver& dns, std::function<void(SnapshotPtr)> hosts,
             std::function<void()> warmed);
  // Who tells a worker's set of a name that it has asked for; dynamic clusters only.
  using TellName = std::function<void(ClusterSet& set, const std::string& name, NameOutcome outcome,
                                      std::string_view detail)>;
  void SetTellName(TellName tell) { tell_name_ = std::move(tell); }
  void GiveUpWarming() { warming_ = false; }
  // Finds and watches nothing any more: it has a successor, and only workers use it.
  void Stop();
  // It is gone: the gauges say so.
  void ShowNoHosts();
  void RefreshGauges();
  // Runtime values that go before the configuration may be others than before.
  void TakeRuntime();

 private:
  // RunItem: what is known of the hosts' health has changed.
  void Run() override;

  std::shared_ptr<const ClusterOptions> Complete(std::unique_ptr<ClusterOptions> options);
  void FindName(ClusterSet& set, std::string name);
  void WatchHealth();
  void TakeDiscovered(SnapshotPtr discovered);
  void KeepHealthyLeavers(const HostSetSnapshot& discovered);
  void SetWatched();
  void Rebuild();
  void CheckWarm();
  uint32_t HealthFlags(const HostEntry& host) const;
  void CountHosts();

  AssignmentPlan plan_;
  EventLoop& loop_;
  stats::Store& store_;
  std::optional<HealthOptions> health_;
  HealthEventLog* outlier_events_;
  const match::RuntimeSnapshot* runtime_;
  DnsCache* names_;
  OutlierWatch outlier_watch_;
  std::unique_ptr<Breakers> breakers_;
  std::unique_ptr<HostRegistry> registry_;  // ORIGINAL_DST only
  std::shared_ptr<const ClusterOptions> options_;
  SnapshotMaker snapshots_;
  SnapshotPtr discovered_;
  std::vector<HostEntry> leavers_;  // healthy, though discovery has dropped them
  SnapshotPtr hosts_;               // all of them, with their health
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
  std::function<void(SnapshotPtr)> publish_;
  TellName tell_name_;
  std::function<void()> on_warm_;
  bool warming_ = true;
  bool first_answer_ = false;  // of discovery
  std::unique_ptr<HealthChecker> checker_;
  std::unique_ptr<OutlierDetector> detector_;
  std::unique_ptr<net::DnsResolver> own_dns_;
  std::unique_ptr<EndpointFile> file_;
  std::unique_ptr<DiscoverySource> discovery_;  // last: its callbacks use the rest
};

}  // namespace sluice::upstream
