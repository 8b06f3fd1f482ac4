#include "sluice/upstream/host.h"

#include <utility>

#include "http_pools.h"
#include "sluice/base/check.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/upstream_connection.h"

namespace sluice::upstream {

HostRecord::HostRecord(std::string hostname, uint32_t slots, const HostTracking& tracking)
    : hostname_(std::move(hostname)),
      slots_(slots),
      cells_(std::make_unique<HostCells[]>(slots)),
      outliers_(tracking.outliers ? std::make_unique<OutlierCells>(slots) : nullptr) {
  for (size_t i = 0; i < kPriorities; ++i) {
    if (!tracking.max_connections[i]) continue;
    connections_[i] = std::make_unique<SharedBudget>(*tracking.max_connections[i], slots);
  }
}

uint64_t HostRecord::Sum(HostCells::Cell HostCells::* member) const {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < slots_; ++i) sum += (cells_[i].*member).load(std::memory_order_relaxed);
  return sum;
}

std::string HealthFlagsText(uint32_t flags) {
  static constexpr std::pair<HealthFlag, std::string_view> kNames[] = {
      {kFailedActiveHc, "/failed_active_hc"},
      {kFailedOutlierCheck, "/failed_outlier_check"},
      {kFailedEdsHealth, "/failed_eds_health"},
      {kDegradedActiveHc, "/degraded_active_hc"},
      {kDegradedEdsHealth, "/degraded_eds_health"},
      {kPendingDynamicRemoval, "/pending_dynamic_removal"},
      {kPendingActiveHc, "/pending_active_hc"},
      {kActiveHcTimeout, "/active_hc_timeout"},
  };
  std::string text;
  for (const auto& [flag, name] : kNames) {
    if ((flags & flag) != 0) text += name;
  }
  return text.empty() ? "healthy" : text;
}

HostHealth HostEntry::health() const {
  if ((health_flags & (kFailedActiveHc | kFailedOutlierCheck | kFailedEdsHealth)) != 0) {
    return HostHealth::kUnhealthy;
  }
  if ((health_flags & (kDegradedActiveHc | kDegradedEdsHealth)) != 0) return HostHealth::kDegraded;
  return HostHealth::kHealthy;
}

Host::Host(Cluster& cluster, const HostEntry& entry, uint32_t slot)
    : cluster_(cluster),
      entry_(entry),
      cells_(&entry.record->cells(slot)),
      pools_(std::make_unique<HttpPools>(*this)),
      healthy_since_(cluster.loop().Now()),
      health_(entry.health()) {}

Host::~Host() {
  pools_.reset();
  SLUICE_DCHECK(pins_ == 0);
}

bool Host::Update(const HostEntry& entry) {
  SLUICE_DCHECK(entry.record == entry_.record);
  // The text of the old endpoint may be in use by a stream that pins this host.
  if (entry.endpoint != entry_.endpoint && pins_ != 0) {
    former_endpoints_.push_back(std::move(entry_.endpoint));
  }
  entry_ = entry;
  const HostHealth before = std::exchange(health_, entry.health());
  if (before == HostHealth::kUnhealthy && health_ != HostHealth::kUnhealthy) {
    healthy_since_ = cluster_.loop().Now();
  }
  return before != HostHealth::kUnhealthy && health_ == HostHealth::kUnhealthy;
}

void Host::AddTcp(UpstreamConnection& connection) {
  if (cluster_.options().close_on_health_failure) tcp_.PushBack(connection);
}

void Host::GiveUpConnections() {
  pools_->DrainExisting();
  if (health_ != HostHealth::kUnhealthy) return;
  while (UpstreamConnection* one = tcp_.PopFront()) one->connection().Reset();
}

void Host::MarkRemoved() {
  removed_ = true;
  DrainPools();
}

void Host::DrainPools() { pools_->Drain(); }

void Host::DropPin() {
  SLUICE_DCHECK(pins_ > 0);
  if (--pins_ != 0) return;
  former_endpoints_.clear();
  if (removed_) cluster_.BuryHost(*this);
}

}  // namespace sluice::upstream
