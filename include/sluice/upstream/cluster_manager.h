// The clusters of the process, on the main thread: built from the bootstrap, resolved by DNS,
// warmed, and sent to the workers as immutable versions.
//
// Owned by the server; outlives the workers' ClusterSets. Main thread only; it reaches a worker by
// EventLoop::Post and in no other way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/event/loop.h"
#include "sluice/filter/registry.h"
#include "sluice/net/dns.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster.h"

namespace sluice::discovery {
class Host;
}

namespace sluice::upstream {

// A cluster as the admin shows it. References live until the next turn of the main loop.
struct ClusterView {
  const ClusterConfig& config;
  const ClusterOptions& options;
  const HostSetSnapshot& hosts;
  Breakers& breakers;
  bool warming;
  bool dynamic;  // of Update
  // Of outlier detection; null without it.
  const OutlierRates* external_rates;
  const OutlierRates* local_rates;
};

class ClusterManager final : public filter::ClusterDirectory {
 public:
  struct Settings {
    EventLoop& loop;  // main
    stats::Store& store;
    net::DnsResolver& dns;               // for clusters without a resolver of their own
    std::string outlier_event_log = {};  // a path; empty: none
    LocalZone zone = {};
    const match::RuntimeSnapshot* runtime = nullptr;  // outlives the workers
    discovery::Host* discovery = nullptr;             // null only in tests
  };
  using Configs = std::vector<std::shared_ptr<const ClusterConfig>>;

  // Problems of the configuration go to `problems`; then the manager is of no use. `dynamic` is the
  // first of what Update gets later.
  ClusterManager(const Settings& settings, Configs clusters, config::Problems& problems,
                 const Configs& dynamic = {});
  ~ClusterManager() override;

  // The worker's half; `slot` is its slot in the store. Call on main before the worker runs.
  std::unique_ptr<ClusterSet> MakeSet(EventLoop& worker_loop, uint32_t slot);
  // Posts nothing more to any worker: their loops are about to end.
  void StopUpdates();

  // Starts resolving. `done` comes once, from the loop: every cluster that is to be waited for
  // (wait_for_warm_on_init) has its first answer, good or bad, or its time is up.
  void Start(std::function<void()> done);

  // The clusters that there are beside those of the constructor, from now on: others than before
  // come, change or go. One that is equal to what runs is not touched; one that replaces another
  // does it when it is warm. False, with problems: nothing has happened.
  bool Update(const Configs& clusters, config::Problems& problems);

  // ClusterDirectory
  std::optional<uint32_t> FindId(std::string_view name) const override;
  std::optional<uint32_t> Reserve(std::string_view name) const override;
  std::string_view NearestName(std::string_view name) const override;
  std::string StatPrefix(uint32_t id) const override;
  const DnsCacheConfig* FindDnsCache(std::string_view name) const override;

  // In the order of the configuration.
  void ForEach(const std::function<void(const ClusterView&)>& visit) const;
  // Brings the gauges up to date that are sums over workers (circuit_breakers.*): call it before
  // stats are read out.
  void RefreshGauges();
  // Runtime values are others than before: those that go before what clusters are configured with
  // (docs/configuration.md) act from now on.
  void OnRuntimeChanged();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::upstream
