#include "dynamic_hosts.h"

#include <utility>

#include "dns_cache.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

DynamicHosts::DynamicHosts(Cluster& cluster) : cluster_(cluster) {
  const stats::Scope scope(cluster.set().store(), cluster.slot(),
                           "dns_cache." + cluster.options().names->config().name);
  overflow_ = scope.MakeCounter("dns_rq_pending_overflow");
}

DynamicHosts::~DynamicHosts() = default;

void DynamicHosts::Update(std::span<const HostView> priorities) {
  hosts_.clear();
  for (Host* host : priorities.front().all) hosts_.emplace(host->hostname(), host);
}

Host* DynamicHosts::Pick(const LbContext& context) {
  const auto found = hosts_.find(context.name);
  if (found == hosts_.end() || found->second->health() == HostHealth::kUnhealthy) return nullptr;
  return found->second;
}

bool DynamicHosts::Wait(std::string_view name, NameWait& wait) {
  const ClusterOptions& options = cluster_.options();
  wait.place_ = BudgetToken::Take(options.names->waits(), cluster_.slot());
  if (!wait.place_) {
    overflow_.Inc();
    return false;
  }
  auto found = waiting_.find(name);
  if (found == waiting_.end()) {
    found = waiting_.try_emplace(std::string(name)).first;
    options.ask_name(cluster_.set(), std::string(name));
  }
  found->second.PushBack(wait);
  return true;
}

void DynamicHosts::Answer(std::string_view name, NameOutcome outcome, std::string_view detail) {
  const auto found = waiting_.find(name);
  if (found == waiting_.end()) return;
  Waits waits;
  waits.Splice(found->second);
  waiting_.erase(found);
  Wake(waits, outcome, detail);
}

void DynamicHosts::GiveUp() {
  Waits waits;
  for (auto& [name, each] : waiting_) waits.Splice(each);
  waiting_.clear();
  Wake(waits, NameOutcome::kFailed, "the cluster has been removed");
}

void DynamicHosts::Wake(Waits& waits, NameOutcome outcome, std::string_view detail) {
  while (NameWait* wait = waits.PopFront()) {
    wait->place_.Reset();
    wait->events_.OnNameAnswered(outcome, detail);
  }
}

}  // namespace sluice::upstream
