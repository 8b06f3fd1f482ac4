#include "health_checker.h"

#include <algorithm>
#include <utility>

#include "host_check.h"

namespace sluice::upstream {

HealthStats::HealthStats(const stats::Scope& cluster)
    : attempt(cluster.Sub("health_check").MakeCounter("attempt")),
      success(cluster.Sub("health_check").MakeCounter("success")),
      failure(cluster.Sub("health_check").MakeCounter("failure")),
      passive_failure(cluster.Sub("health_check").MakeCounter("passive_failure")),
      network_failure(cluster.Sub("health_check").MakeCounter("network_failure")),
      verify_cluster(cluster.Sub("health_check").MakeCounter("verify_cluster")),
      healthy(cluster.Sub("health_check").MakeGauge("healthy")),
      degraded(cluster.Sub("health_check").MakeGauge("degraded")) {}

HealthChecker::HealthChecker(EventLoop& loop, const ClusterOptions& options,
                             const HealthOptions& health, const stats::Scope& cluster,
                             const match::RuntimeSnapshot* runtime, Events tell)
    : loop_(loop),
      options_(options),
      health_(health),
      probe_{loop, health_, *options.transport, options.local_side,
             options.http.http1.max_head_bytes},
      stats_(cluster),
      runtime_(runtime),
      tell_(std::move(tell)) {
  for (const std::string& path : health_.event_logs) event_logs_.emplace_back(path);
}

HealthChecker::~HealthChecker() = default;

void HealthChecker::SetHosts(const std::vector<HostEntry>& hosts) {
  std::unordered_map<const HostRecord*, std::unique_ptr<HostCheck>> before;
  before.swap(checks_);
  std::vector<HostCheck*> fresh;
  for (const HostEntry& host : hosts) {
    if (host.health_check != nullptr && host.health_check->disabled) continue;
    const HostRecord* record = host.record.get();
    const auto known = before.find(record);
    if (known != before.end() && known->second != nullptr) {
      known->second->Update(host);
      checks_.emplace(record, std::move(known->second));
    } else if (!checks_.contains(record)) {
      const auto made = checks_.emplace(record, std::make_unique<HostCheck>(*this, host));
      fresh.push_back(made.first->second.get());
    }
  }
  for (HostCheck* check : fresh) check->Start();
}

uint32_t HealthChecker::Flags(const HostEntry& host) const {
  const auto found = checks_.find(host.record.get());
  return found == checks_.end() ? 0 : found->second->flags();
}

bool HealthChecker::settled() const {
  return std::ranges::all_of(checks_, [](const auto& each) { return each.second->checked(); });
}

void HealthChecker::NoteSettled() {
  if (settled()) tell_.settled();
}

void HealthChecker::FailNow(const HostRecord* record) {
  const auto found = checks_.find(record);
  if (found != checks_.end()) found->second->FailNow();
}

// Whether the cluster has ever been connected to, but by us.
bool HealthChecker::HasTraffic() {
  if (traffic_) return true;
  traffic_ = std::ranges::any_of(
      checks_, [](const auto& each) { return each.first->Sum(&HostCells::cx_total) != 0; });
  return traffic_;
}

}  // namespace sluice::upstream
