// Where a cluster's hosts come from, on the main thread: from the configuration as it stands, or
// from DNS again and again. Each new state of affairs is a HostSetSnapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assignment.h"
#include "sluice/event/loop.h"
#include "sluice/net/dns.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/named_host.h"

namespace sluice::upstream {

using SnapshotPtr = std::shared_ptr<const HostSetSnapshot>;

// Makes snapshots of endpoints so that a host that stays keeps its record.
class SnapshotMaker {
 public:
  SnapshotMaker(const AssignmentPlan& plan, uint32_t slots, const HostTracking& tracking = {})
      : plan_(plan), slots_(slots), tracking_(tracking) {}

  struct Resolved {
    const EndpointPlan* plan;
    net::Address address;
  };
  SnapshotPtr Make(const std::vector<Resolved>& hosts);
  // LOGICAL_DNS: the one host, wherever it is now.
  SnapshotPtr MakeLogical(const EndpointPlan& plan, const net::Address& address);
  // A host of a name that somebody has asked for; null: a new record.
  HostEntry MakeNamed(const std::string& name, const net::Address& address,
                      std::shared_ptr<const HostRecord> record) const;
  // Without hosts.
  SnapshotPtr MakeEmpty();

 private:
  std::unique_ptr<HostSetSnapshot> Begin();
  HostEntry Entry(const Resolved& host, std::shared_ptr<const HostRecord> record) const;

  const AssignmentPlan& plan_;
  uint32_t slots_;
  HostTracking tracking_;
  uint64_t version_ = 0;
  std::map<std::string, std::shared_ptr<const HostRecord>> records_;  // by address and hostname
};

struct DiscoveryStats {
  explicit DiscoveryStats(const stats::Scope& scope);
  stats::Counter update_attempt;
  stats::Counter update_success;
  stats::Counter update_failure;
  stats::Counter update_empty;
  stats::Counter update_no_rebuild;
};

class DnsCache;
class EndpointFile;

class DiscoverySource {
 public:
  virtual ~DiscoverySource() = default;
  // Called for each new set of hosts.
  using OnHosts = std::function<void(SnapshotPtr)>;
  // `first` comes once: there is an answer for every name, good or bad.
  virtual void Start(OnHosts hosts, std::function<void()> first) = 0;
  // A worker asks for a host by its name: of dynamic clusters only.
  virtual void Want(std::string /*name*/, NameAnswer /*answer*/) {}
};

struct DiscoveryContext {
  EventLoop& loop;
  net::DnsResolver& dns;
  const ClusterOptions& options;
  const AssignmentPlan& plan;
  SnapshotMaker& snapshots;
  DiscoveryStats& stats;
  EndpointFile* file = nullptr;                    // kFile only
  std::function<void(AssignmentPlan)> set_plan{};  // the same: what `plan` is from now on
  DnsCache* names = nullptr;                       // kDynamic only
};

std::unique_ptr<DiscoverySource> MakeDiscovery(const DiscoveryContext& context);

}  // namespace sluice::upstream
