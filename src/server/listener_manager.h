// The listeners of the process: their plans, their sockets, and the workers they run on. Owned by
// the server; main thread. Sockets outlive every version of the config.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exact_balancer.h"
#include "sluice/event/loop.h"
#include "sluice/filter/registry.h"
#include "sluice/listener/listener_config.h"
#include "sluice/listener/plan.h"
#include "sluice/net/listen_socket.h"
#include "sluice/stats/table.h"
#include "worker.h"

namespace sluice::server {

struct ListenerManagerStats {
  stats::Counter listener_added;
  stats::Counter listener_modified;
  stats::Counter listener_removed;
  stats::Counter listener_stopped;
  stats::Counter listener_create_success;
  stats::Counter listener_create_failure;
  stats::Counter listener_in_place_updated;
  stats::Gauge total_listeners_warming;
  stats::Gauge total_listeners_active;
  stats::Gauge total_listeners_draining;
  stats::Gauge total_filter_chains_draining;
  stats::Gauge workers_started;

  static constexpr stats::Field<ListenerManagerStats> kFields[] = {
      {&ListenerManagerStats::listener_added, "listener_added", "Listeners added"},
      {&ListenerManagerStats::listener_modified, "listener_modified", "Listeners replaced"},
      {&ListenerManagerStats::listener_removed, "listener_removed", "Listeners removed"},
      {&ListenerManagerStats::listener_stopped, "listener_stopped", "Listeners stopped"},
      {&ListenerManagerStats::listener_create_success, "listener_create_success",
       "Listeners started, summed over workers"},
      {&ListenerManagerStats::listener_create_failure, "listener_create_failure",
       "Listeners that could not start, summed over workers"},
      {&ListenerManagerStats::listener_in_place_updated, "listener_in_place_updated",
       "Listeners whose filter chains alone were replaced"},
      {&ListenerManagerStats::total_listeners_warming, "total_listeners_warming",
       "Listeners waiting for what they need"},
      {&ListenerManagerStats::total_listeners_active, "total_listeners_active",
       "Listeners that accept"},
      {&ListenerManagerStats::total_listeners_draining, "total_listeners_draining",
       "Listeners on their way out"},
      {&ListenerManagerStats::total_filter_chains_draining, "total_filter_chains_draining",
       "Filter chains on their way out"},
      {&ListenerManagerStats::workers_started, "workers_started", "1 once the workers run"},
  };
};

class ListenerManager {
 public:
  using Configs = std::vector<std::shared_ptr<const listener::ListenerConfig>>;

  // Main's loop; `drain_time` is how long connections of a listener that is gone may go on.
  ListenerManager(EventLoop& loop, stats::Store& store, Duration drain_time);
  ~ListenerManager();

  // Compiles all; what is wrong goes to ctx.problems.
  void Build(const Configs& configs, uint32_t workers, filter::LoadContext& ctx);
  // The listeners that there are beside those of Build (and after it), from now on: others than
  // before come, change or go. One that is equal to what runs is not touched. False, with problems:
  // nothing has happened.
  bool Update(const Configs& configs, filter::LoadContext& ctx);
  // The services of dynamic listeners: `main` is what those on main work with.
  void StartServices(filter::WorkerContext& main);
  void StopServices();
  // Opens the sockets of all listeners, or says which one failed and why. Nobody can connect yet.
  Result<> OpenSockets();
  // Before the workers run.
  void AddTo(const std::vector<std::unique_ptr<Worker>>& workers, SharedBudget* global_limit);
  // The sockets listen and the workers begin to accept.
  Result<> Listen();
  // Turns new arrivals away, lets the workers take what is queued, then closes the sockets, so that
  // a client is refused at once.
  void StopAccepting(bool inbound_only);
  void Drain(bool hard);

  struct View {
    const listener::ListenerConfig& config;
    const listener::ListenerPlan& plan;
    std::vector<net::Address> addresses;  // as bound
    bool dynamic;                         // of Update
  };
  std::vector<View> Views() const;

 private:
  struct Entry;
  struct Change;  // listener_update.cc
  struct Shift;   // the same
  enum class Phase : uint8_t { kLoading, kListening, kEnding };

  std::unique_ptr<Entry> Compile(std::shared_ptr<const listener::ListenerConfig> config,
                                 filter::LoadContext& ctx);
  // Two listeners cannot accept from one socket.
  static bool HasOwnAddress(const Entry& entry, const std::vector<const Entry*>& others,
                            config::Problems& problems);
  Result<> Open(Entry& entry);
  void Balance(Entry& entry);
  void CloseStopped();
  std::unexpected<Error> CannotListen(const Entry& entry, Error error);

  std::unique_ptr<Entry> CompileDynamic(
      const std::shared_ptr<const listener::ListenerConfig>& config, filter::LoadContext& ctx);
  std::vector<Change> Plan(const Configs& configs, filter::LoadContext& ctx,
                           std::vector<const Entry*>& stay);
  Entry* FindEntry(std::string_view name) const;
  bool OpenChanged(std::vector<Change>& changes, config::Problems& problems);
  void Apply(std::vector<Change> changes, const std::vector<const Entry*>& stay);
  void Retire(std::unique_ptr<Entry> entry, Shift& shift);
  void Send(Shift shift);
  void OnAcceptorsGone(Entry& entry);
  void OnGone(Entry& entry);

  EventLoop& loop_;
  const Duration drain_time_;
  Phase phase_ = Phase::kLoading;
  uint32_t workers_wanted_ = 1;
  uint32_t instances_ = 0;
  SharedBudget* global_limit_ = nullptr;
  filter::WorkerContext* main_ = nullptr;  // null: no services may be started yet
  size_t stopping_ = 0;                    // workers that have still to take what is queued
  ListenerManagerStats stats_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::unique_ptr<Entry>> retired_;  // workers still have connections of them
  const std::vector<std::unique_ptr<Worker>>* workers_ = nullptr;
  net::ListenSocketSet sockets_;
};

}  // namespace sluice::server
