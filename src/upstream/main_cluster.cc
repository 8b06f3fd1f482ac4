#include "main_cluster.h"

#include <algorithm>
#include <utility>

#include "compile_options.h"
#include "runtime_values.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

BreakerLimits Configured(const ClusterConfig& config, Priority priority) {
  return CompileBreaker(config, priority == Priority::kHigh ? config::RoutingPriority::kHigh
                                                            : config::RoutingPriority::kDefault);
}

std::unique_ptr<Breakers> MakeBreakers(const ClusterConfig& config, uint32_t slots) {
  return std::make_unique<Breakers>(Configured(config, Priority::kDefault),
                                    Configured(config, Priority::kHigh), slots);
}

std::unique_ptr<HostRegistry> MakeRegistry(const ClusterOptions& options, uint32_t slots) {
  if (options.discovery != Discovery::kOriginalDst) return nullptr;
  return std::make_unique<HostRegistry>(slots);
}

bool SameHosts(const HostSetSnapshot& a, const HostSetSnapshot& b) {
  const auto same = [](const HostEntry& x, const HostEntry& y) {
    return x.record == y.record && x.endpoint->address == y.endpoint->address;
  };
  return std::ranges::equal(a.hosts, b.hosts, same);
}

}  // namespace

MainCluster::MainCluster(Parts parts)
    : plan_(std::move(parts.plan)),
      loop_(parts.loop),
      store_(parts.store),
      health_(std::move(parts.health)),
      outlier_events_(parts.outlier_events),
      runtime_(parts.runtime),
      names_(parts.names),
      breakers_(MakeBreakers(*parts.options->config, store_.slots())),
      registry_(MakeRegistry(*parts.options, store_.slots())),
      options_(Complete(std::move(parts.options))),
      snapshots_(plan_, store_.slots(), options_->tracking),
      discovered_(snapshots_.MakeEmpty()),
      hosts_(discovered_),
      discovery_stats_(store_.MainScope("cluster." + options_->stat_name)),
      normal_gauges_(store_.MainScope("cluster." + options_->stat_name), "default",
                     breakers_->For(Priority::kDefault)),
      high_gauges_(store_.MainScope("cluster." + options_->stat_name), "high",
                   breakers_->For(Priority::kHigh)),
      file_(std::move(parts.file)) {
  const stats::Scope scope = store_.MainScope("cluster." + options_->stat_name);
  membership_change_ = scope.MakeCounter("membership_change");
  membership_total_ = scope.MakeGauge("membership_total");
  membership_healthy_ = scope.MakeGauge("membership_healthy");
  membership_degraded_ = scope.MakeGauge("membership_degraded");
  membership_excluded_ = scope.MakeGauge("membership_excluded");
  max_host_weight_ = scope.MakeGauge("max_host_weight");
  version_ = scope.MakeGauge("version");
  TakeRuntime();
}

MainCluster::~MainCluster() = default;

// What the workers need of main beside the configuration.
std::shared_ptr<const ClusterOptions> MainCluster::Complete(
    std::unique_ptr<ClusterOptions> options) {
  options->breakers = breakers_.get();
  options->registry = registry_.get();
  if (names_ != nullptr) {
    options->names = names_;
    options->ask_name = [this](ClusterSet& set, std::string name) {
      loop_.Post(
          [this, &set, name = std::move(name)]() mutable { FindName(set, std::move(name)); });
    };
  }
  if (options->tracking.outliers) {
    outlier_watch_.split = options->config->outlier_detection->split_external_local_origin_errors;
    outlier_watch_.report = [this](std::shared_ptr<const HostRecord> record, ConsecutiveKind kind) {
      loop_.Post([this, record = std::move(record), kind] {
        if (detector_ != nullptr) detector_->OnConsecutive(record.get(), kind);
      });
    };
    options->outliers = &outlier_watch_;
  }
  if (health_) {
    options->on_unhealthy = [this](std::shared_ptr<const HostRecord> record) {
      loop_.Post([this, record = std::move(record)] {
        record->told_unhealthy().store(false, std::memory_order_relaxed);
        if (checker_ != nullptr) checker_->FailNow(record.get());
      });
    };
  }
  return options;
}

void MainCluster::Start(net::DnsResolver& dns, std::function<void(SnapshotPtr)> hosts,
                        std::function<void()> warmed) {
  publish_ = std::move(hosts);
  on_warm_ = std::move(warmed);
  WatchHealth();
  net::DnsResolver& resolver = own_dns_ != nullptr ? *own_dns_ : dns;
  discovery_ = MakeDiscovery(
      DiscoveryContext{loop_, resolver, *options_, plan_, snapshots_, discovery_stats_, file_.get(),
                       [this](AssignmentPlan plan) { plan_ = std::move(plan); }, names_});
  discovery_->Start([this](SnapshotPtr snapshot) { TakeDiscovered(std::move(snapshot)); },
                    [this] {
                      first_answer_ = true;
                      CheckWarm();
                    });
}

// Whoever has asked a cluster that has a successor is told by its worker.
void MainCluster::FindName(ClusterSet& set, std::string name) {
  if (discovery_ == nullptr) return;
  discovery_->Want(name, [this, &set, name](NameOutcome outcome, std::string_view detail) {
    tell_name_(set, name, outcome, detail);
  });
}

void MainCluster::Stop() {
  discovery_.reset();
  file_.reset();
  own_dns_.reset();
  checker_.reset();
  detector_.reset();
  leavers_.clear();
  on_warm_ = nullptr;
  publish_ = [](const SnapshotPtr&) {};
  RunItem& pending = *this;
  if (pending.linked()) pending.Unlink();
}

void MainCluster::ShowNoHosts() {
  hosts_ = snapshots_.MakeEmpty();
  CountHosts();
}

void MainCluster::WatchHealth() {
  const stats::Scope scope = store_.MainScope("cluster." + options_->stat_name);
  const auto later = [this] { loop_.RunLater(*this); };
  if (options_->tracking.outliers) {
    detector_ = std::make_unique<OutlierDetector>(loop_, *options_, scope, outlier_events_, later);
    TakeRuntime();
    detector_->Start();
  }
  if (!health_) return;
  HealthChecker::Events events;
  events.changed = later;
  events.settled = later;
  events.passed = [this](const HostRecord* record) {
    if (detector_ != nullptr) detector_->OnHealthCheckPassed(record);
  };
  checker_ = std::make_unique<HealthChecker>(loop_, *options_, *health_, scope, runtime_,
                                             std::move(events));
}

void MainCluster::TakeDiscovered(SnapshotPtr discovered) {
  KeepHealthyLeavers(*discovered);
  discovered_ = std::move(discovered);
  SetWatched();
  Rebuild();
}

// DNS may forget a host that is well; the checks know better.
void MainCluster::KeepHealthyLeavers(const HostSetSnapshot& discovered) {
  std::vector<HostEntry> kept;
  if (checker_ != nullptr && !options_->config->ignore_health_on_host_removal) {
    for (const HostEntry& host : hosts_->hosts) {
      const bool stays = std::ranges::find(discovered.hosts, host.record, &HostEntry::record) !=
                         discovered.hosts.end();
      const bool watched = host.health_check == nullptr || !host.health_check->disabled;
      if (stays || !watched || (checker_->Flags(host) & kFailedActiveHc) != 0) continue;
      kept.push_back(host);
      kept.back().health_flags = 0;
    }
  }
  leavers_ = std::move(kept);
}

void MainCluster::SetWatched() {
  if (checker_ == nullptr && detector_ == nullptr) return;
  std::vector<HostEntry> all = discovered_->hosts;
  all.insert(all.end(), leavers_.begin(), leavers_.end());
  if (checker_ != nullptr) checker_->SetHosts(all);
  if (detector_ != nullptr) detector_->SetHosts(all);
}

uint32_t MainCluster::HealthFlags(const HostEntry& host) const {
  uint32_t flags = host.health_flags;
  if (checker_ != nullptr) flags |= checker_->Flags(host);
  if (detector_ != nullptr) flags |= detector_->Flags(host);
  return flags;
}

void MainCluster::Rebuild() {
  auto snapshot = std::make_shared<HostSetSnapshot>(*discovered_);
  for (HostEntry& host : snapshot->hosts) host.health_flags = HealthFlags(host);
  for (const HostEntry& host : leavers_) {
    snapshot->hosts.push_back(host);
    snapshot->hosts.back().health_flags = HealthFlags(host) | kPendingDynamicRemoval;
  }
  if (!SameHosts(*hosts_, *snapshot)) membership_change_.Inc();
  hosts_ = std::move(snapshot);
  CountHosts();
  publish_(hosts_);
}

void MainCluster::Run() {
  const size_t gone = std::erase_if(leavers_, [this](const HostEntry& host) {
    return (checker_->Flags(host) & kFailedActiveHc) != 0;
  });
  if (gone != 0) SetWatched();
  Rebuild();
  CheckWarm();
}

// The first answer of discovery, and of each host that it named.
void MainCluster::CheckWarm() {
  if (!first_answer_ || !on_warm_) return;
  if (checker_ != nullptr && !checker_->settled()) return;
  warming_ = false;
  std::exchange(on_warm_, nullptr)();
}

void MainCluster::CountHosts() {
  uint32_t heaviest = 0;
  uint64_t healthy = 0;
  uint64_t degraded = 0;
  uint64_t excluded = 0;
  for (const HostEntry& host : hosts_->hosts) {
    heaviest = std::max(heaviest, host.weight);
    healthy += host.health() == HostHealth::kHealthy ? 1 : 0;
    degraded += host.health() == HostHealth::kDegraded ? 1 : 0;
    excluded += (host.health_flags & kPendingActiveHc) != 0 ? 1 : 0;
  }
  membership_total_.Set(hosts_->hosts.size());
  membership_healthy_.Set(healthy);
  membership_degraded_.Set(degraded);
  membership_excluded_.Set(excluded);
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

void MainCluster::TakeRuntime() {
  const ClusterConfig& config = *options_->config;
  for (const Priority priority : {Priority::kDefault, Priority::kHigh}) {
    breakers_->For(priority).SetLimits(
        LimitsNow(Configured(config, priority), options_->name, priority, runtime_));
  }
  if (!config.outlier_detection) return;
  const OutlierDetectionConfig now = OutliersNow(*config.outlier_detection, runtime_);
  const uint32_t in_a_row[] = {now.consecutive_5xx, now.consecutive_gateway_failure,
                               now.consecutive_local_origin_failure};
  for (size_t i = 0; i < kConsecutiveKinds; ++i) {
    outlier_watch_.thresholds[i].store(in_a_row[i], std::memory_order_relaxed);
  }
  if (detector_ != nullptr) detector_->Configure(now);
}

void MainCluster::RefreshGauges() {
  RefreshFoundHosts();
  normal_gauges_.Refresh();
  high_gauges_.Refresh();
}

}  // namespace sluice::upstream
