// An endpoint, three times: what all threads know of it (HostRecord), where it stands in a version
// of the cluster (HostEntry in a HostSetSnapshot), and one worker's side of it (Host).
//
// Records and snapshots are made on main and immutable but for the counters' cells, each written by
// one worker. A Host belongs to its worker's Cluster; whoever uses one beyond a callback holds a
// HostPin, which keeps it after its removal from the cluster.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/base/local_pin.h"
#include "sluice/event/loop.h"
#include "sluice/net/address.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/outlier_reports.h"

namespace sluice::config {
struct Metadata;
}

namespace sluice::stream {
struct HostLocality;
}

namespace sluice::upstream {

class Cluster;
class HttpPools;
class UpstreamConnection;
struct HostConnectionTag;

// The counters that /clusters shows for a host: one cache line a worker.
struct alignas(64) HostCells {
  using Cell = std::atomic<uint64_t>;
  Cell cx_active{0}, cx_connect_fail{0}, cx_total{0};
  Cell rq_active{0}, rq_error{0}, rq_success{0}, rq_timeout{0}, rq_total{0};

  static void Add(Cell& cell, uint64_t n = 1) {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  static void Sub(Cell& cell) { Add(cell, static_cast<uint64_t>(-1)); }
};

struct Locality {
  std::string region;
  std::string zone;
  std::string sub_zone;
  friend bool operator==(const Locality&, const Locality&) = default;
};

// What a cluster wants to know of each host, beside the counters.
struct HostTracking {
  bool outliers = false;
  // per_host_thresholds, by Priority.
  std::array<std::optional<uint64_t>, kPriorities> max_connections{};
};

// Identity and counters; the same object over all snapshots that name the endpoint.
class HostRecord {
 public:
  HostRecord(std::string hostname, uint32_t slots, const HostTracking& tracking = {});

  const std::string& hostname() const { return hostname_; }
  HostCells& cells(uint32_t slot) const { return cells_[slot]; }
  uint64_t Sum(HostCells::Cell HostCells::* member) const;
  // Null without outlier detection.
  OutlierCells* outliers() const { return outliers_.get(); }
  // The limit on connections to this host alone; null: none.
  SharedBudget* connections(Priority priority) const {
    return connections_[static_cast<size_t>(priority)].get();
  }
  // For /clusters; -1: not known. Written by main.
  std::atomic<double>& success_rate(bool local) const { return success_rates_[local ? 1 : 0]; }
  // A worker has told main that the host calls itself unhealthy, and main has not looked yet.
  std::atomic<bool>& told_unhealthy() const { return told_unhealthy_; }

 private:
  std::string hostname_;
  uint32_t slots_;
  std::unique_ptr<HostCells[]> cells_;
  std::unique_ptr<OutlierCells> outliers_;
  std::array<std::unique_ptr<SharedBudget>, kPriorities> connections_;
  mutable std::array<std::atomic<double>, 2> success_rates_{-1.0, -1.0};
  mutable std::atomic<bool> told_unhealthy_{false};
};

// health_check_config of an endpoint.
struct HealthCheckTarget {
  std::optional<net::Address> address;
  uint16_t port = 0;  // 0: the address's own, or the check's
  std::string hostname;
  bool disabled = false;
};

// Where a host is to be reached; replaced as a whole when a LOGICAL_DNS name moves.
struct Endpoint {
  net::Address address;
  std::string text;  // "10.0.0.1:80", as logs and /clusters show it
};

enum class HostHealth : uint8_t { kHealthy, kDegraded, kUnhealthy };

// Reasons, as bits, for /clusters' health_flags; the health follows from them.
enum HealthFlag : uint32_t {
  kFailedActiveHc = 1U << 0,
  kFailedOutlierCheck = 1U << 1,
  kFailedEdsHealth = 1U << 2,
  kDegradedActiveHc = 1U << 3,
  kDegradedEdsHealth = 1U << 4,
  kPendingDynamicRemoval = 1U << 5,
  kPendingActiveHc = 1U << 6,
  kActiveHcTimeout = 1U << 7,
};
std::string HealthFlagsText(uint32_t flags);  // "healthy", "/failed_active_hc/..."

struct HostEntry {
  std::shared_ptr<const HostRecord> record;
  std::shared_ptr<const Endpoint> endpoint;
  std::shared_ptr<const config::Metadata> metadata;       // may be null
  std::shared_ptr<const HealthCheckTarget> health_check;  // the same
  std::shared_ptr<const stream::HostLocality> place;      // the same
  uint32_t weight = 1;
  uint32_t priority = 0;
  uint32_t locality = 0;  // index into HostSetSnapshot::localities
  uint32_t health_flags = 0;
  bool canary = false;

  HostHealth health() const;
};

struct LocalityEntry {
  Locality locality;
  uint32_t priority = 0;
  uint32_t weight = 0;  // 0: none given
};

// One version of a cluster's endpoints.
struct HostSetSnapshot {
  uint64_t version = 0;
  std::vector<HostEntry> hosts;
  std::vector<LocalityEntry> localities;
  uint32_t priorities = 1;
  uint32_t overprovisioning_factor = 140;
};

// One worker's side of an endpoint.
class Host final : public DeferredDeletable {
 public:
  Host(Cluster& cluster, const HostEntry& entry, uint32_t slot);
  ~Host() override;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Cluster& cluster() { return cluster_; }
  const HostEntry& entry() const { return entry_; }
  const HostRecord& record() const { return *entry_.record; }
  const net::Address& address() const { return entry_.endpoint->address; }
  // Lives while the host does, also when LOGICAL_DNS moves on.
  std::string_view address_text() const { return entry_.endpoint->text; }
  std::string_view hostname() const { return entry_.record->hostname(); }
  uint32_t weight() const { return entry_.weight; }
  uint32_t priority() const { return entry_.priority; }
  HostHealth health() const { return health_; }
  // Not counted before its first health check (ignore_new_hosts_until_first_hc).
  bool excluded() const { return (entry_.health_flags & kPendingActiveHc) != 0; }
  // When it was made or came back to health, for slow start.
  MonoTime healthy_since() const { return healthy_since_; }
  bool removed() const { return removed_; }
  HostCells& cells() { return *cells_; }
  HttpPools& pools() { return *pools_; }

  // No new connections; those there are end with their requests.
  void DrainPools();
  // A TCP connection of it, to be closed when it fails (close_connections_on_host_health_failure).
  void AddTcp(UpstreamConnection& connection);

  // Passive health: the status of a response; what came before one or in its place; the host's own
  // word that it is not well (x-envoy-immediate-health-check-fail).
  void NoteStatus(uint32_t status);
  void NoteLocal(LocalOutcome outcome);
  void NoteUnhealthy();

  // For Cluster only. Update: true when it was usable before and is not any more.
  bool Update(const HostEntry& entry);
  void MarkRemoved();
  // Those there are take no more requests.
  void GiveUpConnections();

  // For HostPin only.
  void AddPin() { ++pins_; }
  void DropPin();
  bool pinned() const { return pins_ != 0; }

 private:
  void NoteInARow(ConsecutiveKind kind, bool success);

  Cluster& cluster_;
  HostEntry entry_;
  HostCells* cells_;
  std::unique_ptr<HttpPools> pools_;
  IntrusiveList<UpstreamConnection, HostConnectionTag> tcp_;
  std::vector<std::shared_ptr<const Endpoint>> former_endpoints_;  // while pinned
  uint32_t pins_ = 0;
  MonoTime healthy_since_{};
  HostHealth health_ = HostHealth::kHealthy;
  bool removed_ = false;
};

using HostPin = LocalPin<Host>;

}  // namespace sluice::upstream
