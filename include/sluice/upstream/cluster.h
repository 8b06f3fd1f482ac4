// One worker's side of a cluster: its hosts, the balancer, stats, breakers; where requests and
// connections upstream begin. And the set of them, by small integers that routes keep.
//
// Clusters belong to the worker's ClusterSet, which belongs to the worker. Names are resolved to
// ids at load; Find is for cluster_header and the like. A Cluster used beyond a callback is held by
// a ClusterPin: a reload may replace it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/local_pin.h"
#include "sluice/base/strong_id.h"
#include "sluice/codec/http1/options.h"
#include "sluice/codec/http2/counters.h"
#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/host.h"
#include "sluice/upstream/load_balancer.h"
#include "sluice/upstream/named_host.h"
#include "sluice/upstream/tcp_connect.h"

namespace sluice::match {
class RuntimeSnapshot;
}

namespace sluice::upstream {

using ClusterId = StrongId<struct ClusterIdTag>;

// What workers ask of one another through main: close an idle connection; see whether there is a
// place now.
enum class PlaceCall : uint8_t { kGiveOneUp, kLookAgain };

struct ClusterConfig;
struct ClusterOptions;
struct ClusterStats;
struct PoolFailure;
struct StreamWish;
class ClusterSet;
class DynamicHosts;
class StreamTicket;
class TcpExchange;
class StreamEvents;

// Where this proxy is: its own locality, and the cluster that it and its like are the hosts of.
struct LocalZone {
  Locality locality;
  std::string cluster;  // empty: not known
};

class Cluster final : public DeferredDeletable {
 public:
  Cluster(ClusterSet& set, std::shared_ptr<const ClusterOptions> options);
  ~Cluster() override;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const std::string& name() const;
  ClusterId id() const;
  const ClusterConfig& config() const;    // as configured
  const ClusterOptions& options() const;  // as compiled for use; see cluster_options.h
  ClusterStats& stats() { return *stats_; }
  Breaker& breaker(Priority priority);
  EventLoop& loop();
  ClusterSet& set() { return set_; }
  uint32_t slot() const;
  const match::RuntimeSnapshot* runtime() const;  // null: none

  // The host that the next request goes to; null when there is none.
  Host* PickHost(const LbContext& context);
  bool has_hosts() const { return !hosts_.empty(); }
  const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }

  // Of clusters whose hosts go by names (Discovery::kDynamic): whether there is one of that name,
  // and waiting for one. False: too many wait; else the answer comes later.
  bool KnowsHost(std::string_view name) const;
  bool WaitForHost(std::string_view name, NameWait& wait);

  // A TCP connection to a picked host. See tcp_connect.h for the rules.
  std::unique_ptr<ConnectTicket> ConnectTcp(const LbContext& context, TcpConnectEvents& events);
  std::unique_ptr<ConnectTicket> ConnectTcp(Host& host, const LbContext& context,
                                            TcpConnectEvents& events);

  // An HTTP exchange with `host`. The answer comes through `events`, possibly from inside this
  // call; dropping the ticket cancels. See http_pool.h.
  void NewStream(Host& host, const StreamWish& wish, const LbContext& context, StreamEvents& events,
                 StreamTicket& ticket);

  // For TcpExchange only: its socket is closed.
  void Bury(TcpExchange& exchange);
  // Gives up an idle connection of any host, so that its place can be used. False if none is idle.
  bool CloseOneIdle(Priority priority);
  // The same for a connection to `host`, whose own limit may be the one that is reached.
  bool MakeRoom(Host& host, Priority priority);
  // Places under the limit on connections, across workers: a pool without any connection has found
  // none / is served again or gives up / a place has become free.
  void BeginStarving(Priority priority);
  void EndStarving(Priority priority);
  void OnPlaceFree(Priority priority);
  void Answer(PlaceCall call, Priority priority);
  http1::Counters& http1_counters() { return http1_counters_; }
  http2::Counters& http2_counters() { return http2_counters_; }

  const Locality& LocalityOf(const Host& host) const;

  // For the set only: a new version of the hosts; others are in the zones than before.
  void Apply(std::shared_ptr<const HostSetSnapshot> snapshot);
  void OnZonesChanged();
  // Runtime values that the balancers go by are others than before.
  void OnRuntimeChanged();
  // For balancers that find hosts by themselves (ORIGINAL_DST).
  Host& AddDynamicHost(const HostEntry& entry);
  void RemoveDynamicHost(Host& host);
  void AnswerName(std::string_view name, NameOutcome outcome, std::string_view detail);
  // No new requests will come: connections end with those that are on them.
  void Drain();
  // For hosts only: the last pin of a removed host has gone.
  void BuryHost(Host& host);

  // For ClusterPin only.
  void AddPin() { ++pins_; }
  void DropPin();

 private:
  Host* FindUsable(const net::Address& address) const;
  void CloseIdleOfFullHosts(Priority priority);
  void Rebalance();
  std::vector<HostPin> ReplaceHosts(const HostSetSnapshot& snapshot);
  void RemoveHost(std::unique_ptr<Host> host);
  // A cluster taken out of the set goes when nobody uses it or its hosts any more.
  void CheckUnused();

  ClusterSet& set_;
  std::shared_ptr<const ClusterOptions> options_;
  std::unique_ptr<ClusterStats> stats_;
  http1::Counters http1_counters_;
  http2::Counters http2_counters_;
  std::shared_ptr<const HostSetSnapshot> snapshot_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<Host>> removed_hosts_;  // still pinned
  std::vector<std::unique_ptr<TcpExchange>> tcp_exchanges_;
  struct Views;
  std::unique_ptr<Views> views_;
  std::unique_ptr<LoadBalancer> balancer_;
  DynamicHosts* by_name_ = nullptr;  // the balancer of a dynamic cluster
  uint32_t pins_ = 0;
  bool removed_ = false;
  bool dying_ = false;
};

using ClusterPin = LocalPin<Cluster>;

class ClusterSet {
 public:
  // Made by ClusterManager::MakeSet on main before the worker runs; used by the worker only, and
  // destroyed on its thread or after it has ended.
  ClusterSet(EventLoop& loop, stats::Store& store, uint32_t slot);
  ~ClusterSet();
  ClusterSet(const ClusterSet&) = delete;
  ClusterSet& operator=(const ClusterSet&) = delete;

  // Null when the cluster has been removed since the id was given out.
  Cluster* Get(ClusterId id) const {
    return id.value < clusters_.size() ? clusters_[id.value].get() : nullptr;
  }
  Cluster* Find(std::string_view name) const;

  EventLoop& loop() { return loop_; }
  stats::Store& store() { return store_; }
  uint32_t slot() const { return slot_; }
  // Closes idle connections, and the others as their requests end.
  void Drain();
  const LocalZone& local_zone() const { return local_zone_; }
  void SetLocalZone(LocalZone zone) { local_zone_ = std::move(zone); }
  const match::RuntimeSnapshot* runtime() const { return runtime_; }
  void SetRuntime(const match::RuntimeSnapshot* runtime) { runtime_ = runtime; }
  // How a PlaceCall reaches all workers; set by the manager.
  using PlaceBell = std::function<void(ClusterId, PlaceCall, Priority)>;
  void SetPlaceBell(PlaceBell bell) { place_bell_ = std::move(bell); }
  void RingPlaceBell(ClusterId id, PlaceCall call, Priority priority) {
    if (place_bell_) place_bell_(id, call, priority);
  }

  // For Cluster only: it has been removed, and nobody uses it any more.
  void Bury(Cluster& cluster);

  // For ClusterManager only, on the worker's thread (or before it runs).
  void Install(std::shared_ptr<const ClusterOptions> options,
               std::shared_ptr<const HostSetSnapshot> hosts);
  void Apply(ClusterId id, std::shared_ptr<const HostSetSnapshot> hosts);
  void OnRuntimeChanged();
  void Remove(ClusterId id);

 private:
  EventLoop& loop_;
  stats::Store& store_;
  uint32_t slot_;
  std::vector<std::unique_ptr<Cluster>> clusters_;  // by id
  struct NameIndex;
  std::unique_ptr<NameIndex> names_;
  std::vector<std::unique_ptr<Cluster>> removed_;  // still pinned
  PlaceBell place_bell_;
  LocalZone local_zone_;
  const match::RuntimeSnapshot* runtime_ = nullptr;
};

}  // namespace sluice::upstream
