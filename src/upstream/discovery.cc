#include "discovery.h"

#include <set>
#include <utility>

#include "dns_discovery.h"
#include "dynamic_discovery.h"
#include "endpoint_file.h"

namespace sluice::upstream {

std::unique_ptr<HostSetSnapshot> SnapshotMaker::Begin() {
  auto snapshot = std::make_unique<HostSetSnapshot>();
  snapshot->version = ++version_;
  snapshot->localities = plan_.localities;
  snapshot->priorities = plan_.priorities;
  snapshot->overprovisioning_factor = plan_.overprovisioning_factor;
  return snapshot;
}

HostEntry SnapshotMaker::Entry(const Resolved& host,
                               std::shared_ptr<const HostRecord> record) const {
  HostEntry entry;
  entry.record = std::move(record);
  entry.endpoint = std::make_shared<Endpoint>(Endpoint{host.address, host.address.ToString()});
  entry.metadata = host.plan->metadata;
  entry.health_check = host.plan->health_check;
  entry.place = host.plan->place;
  entry.weight = host.plan->weight;
  entry.priority = host.plan->priority;
  entry.locality = host.plan->locality;
  entry.health_flags = host.plan->health_flags;
  entry.canary = host.plan->canary;
  return entry;
}

SnapshotPtr SnapshotMaker::Make(const std::vector<Resolved>& hosts) {
  std::unique_ptr<HostSetSnapshot> snapshot = Begin();
  std::map<std::string, std::shared_ptr<const HostRecord>> kept;
  for (const Resolved& host : hosts) {
    // The same endpoint may be listed twice, to give it twice the share.
    std::string key = host.address.ToString() + ' ' + host.plan->hostname;
    while (kept.contains(key)) key += '+';
    const auto known = records_.find(key);
    std::shared_ptr<const HostRecord> record =
        known != records_.end()
            ? known->second
            : std::make_shared<HostRecord>(host.plan->hostname, slots_, tracking_);
    kept.emplace(std::move(key), record);
    snapshot->hosts.push_back(Entry(host, std::move(record)));
  }
  records_ = std::move(kept);
  return snapshot;
}

SnapshotPtr SnapshotMaker::MakeLogical(const EndpointPlan& plan, const net::Address& address) {
  std::unique_ptr<HostSetSnapshot> snapshot = Begin();
  std::shared_ptr<const HostRecord>& record = records_[plan.name];
  if (record == nullptr) record = std::make_shared<HostRecord>(plan.hostname, slots_, tracking_);
  snapshot->hosts.push_back(Entry({&plan, address}, record));
  return snapshot;
}

HostEntry SnapshotMaker::MakeNamed(const std::string& name, const net::Address& address,
                                   std::shared_ptr<const HostRecord> record) const {
  static const EndpointPlan kPlain;
  if (record == nullptr) record = std::make_shared<HostRecord>(name, slots_, tracking_);
  return Entry({&kPlain, address}, std::move(record));
}

SnapshotPtr SnapshotMaker::MakeEmpty() { return Begin(); }

DiscoveryStats::DiscoveryStats(const stats::Scope& scope)
    : update_attempt(scope.MakeCounter("update_attempt")),
      update_success(scope.MakeCounter("update_success")),
      update_failure(scope.MakeCounter("update_failure")),
      update_empty(scope.MakeCounter("update_empty")),
      update_no_rebuild(scope.MakeCounter("update_no_rebuild")) {}

namespace {

class StaticDiscovery final : public DiscoverySource {
 public:
  explicit StaticDiscovery(const DiscoveryContext& context) : context_(context) {}

  // DiscoverySource
  void Start(OnHosts hosts, std::function<void()> first) override {
    std::vector<SnapshotMaker::Resolved> all;
    for (const EndpointPlan& plan : context_.plan.endpoints) all.push_back({&plan, *plan.address});
    hosts(context_.snapshots.Make(all));
    first();
  }

 private:
  DiscoveryContext context_;
};

// Hosts of a file: those that stay keep their records, and with them their connections.
class FileDiscovery final : public DiscoverySource {
 public:
  explicit FileDiscovery(const DiscoveryContext& context) : context_(context) {}

  // DiscoverySource
  void Start(OnHosts hosts, std::function<void()> first) override {
    hosts_ = std::move(hosts);
    Take(context_.file->Start([this](AssignmentPlan plan) { Take(std::move(plan)); }));
    first();
  }

 private:
  void Take(AssignmentPlan plan) {
    context_.set_plan(std::move(plan));
    std::vector<SnapshotMaker::Resolved> all;
    for (const EndpointPlan& one : context_.plan.endpoints) all.push_back({&one, *one.address});
    if (all.empty()) context_.stats.update_empty.Inc();
    hosts_(context_.snapshots.Make(all));
  }

  DiscoveryContext context_;
  OnHosts hosts_;
};

}  // namespace

std::unique_ptr<DiscoverySource> MakeDiscovery(const DiscoveryContext& context) {
  switch (context.options.discovery) {
    case Discovery::kStatic:
    case Discovery::kOriginalDst: return std::make_unique<StaticDiscovery>(context);
    case Discovery::kStrictDns:
    case Discovery::kLogicalDns: return std::make_unique<DnsDiscovery>(context);
    case Discovery::kDynamic: return std::make_unique<DynamicDiscovery>(context);
    case Discovery::kFile: return std::make_unique<FileDiscovery>(context);
  }
  return nullptr;
}

}  // namespace sluice::upstream
