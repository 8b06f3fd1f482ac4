// Active health checking of one cluster: asks each host again and again, and keeps what is known of
// it as health flags. Main thread; owned by the MainCluster, which puts the flags into snapshots.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "health_event_log.h"
#include "health_options.h"
#include "health_probe.h"
#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

struct HealthStats {
  explicit HealthStats(const stats::Scope& cluster);
  stats::Counter attempt;
  stats::Counter success;
  stats::Counter failure;
  stats::Counter passive_failure;
  stats::Counter network_failure;
  stats::Counter verify_cluster;
  stats::Gauge healthy;
  stats::Gauge degraded;
};

class HostCheck;

class HealthChecker {
 public:
  struct Events {
    std::function<void()> changed;                  // flags are others than before
    std::function<void()> settled;                  // now every host has been checked once
    std::function<void(const HostRecord*)> passed;  // a check has
  };
  HealthChecker(EventLoop& loop, const ClusterOptions& options, const HealthOptions& health,
                const stats::Scope& cluster, const match::RuntimeSnapshot* runtime, Events tell);
  ~HealthChecker();

  // The hosts of now, the ones that leave included that are still to be watched.
  void SetHosts(const std::vector<HostEntry>& hosts);
  // 0: healthy, or not checked at all.
  uint32_t Flags(const HostEntry& host) const;
  bool settled() const;
  // A response of the host itself said that it is not well.
  void FailNow(const HostRecord* record);

 private:
  friend class HostCheck;

  bool HasTraffic();
  void NoteSettled();

  EventLoop& loop_;
  const ClusterOptions& options_;
  const HealthOptions health_;
  ProbeContext probe_;
  HealthStats stats_;
  const match::RuntimeSnapshot* runtime_;  // may be null
  std::vector<HealthEventLog> event_logs_;
  Events tell_;
  std::unordered_map<const HostRecord*, std::unique_ptr<HostCheck>> checks_;
  bool traffic_ = false;
};

}  // namespace sluice::upstream
