// Looks at the process's resources again and again, and says how far it is overloaded. Owned by the
// server; main thread. Workers read what it says in filter::OverloadState.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/config/problems.h"
#include "sluice/event/loop.h"
#include "sluice/filter/overload_state.h"
#include "sluice/server/overload_config.h"
#include "sluice/stats/stats.h"
#include "sluice/stats/store.h"

namespace sluice::server {

class OverloadManager {
 public:
  struct Parts {
    EventLoop& loop;
    stats::Store& store;
    filter::OverloadState& state;
    std::function<void(bool)> pause_accepting;  // true: no more connections for now
  };
  OverloadManager(const OverloadManagerConfig& config, Parts parts, config::Problems& problems);
  ~OverloadManager();

  // The limit on the connections of all listeners, if a monitor says one.
  std::optional<uint64_t> max_connections() const { return max_connections_; }
  void Start() { Refresh(); }

 private:
  struct Monitor;
  struct Trigger;
  struct Action;

  void AddMonitor(const ResourceMonitorConfig& config, config::Problems& problems);
  void AddAction(const OverloadActionConfig& config, config::Problems& problems);
  void Refresh();
  void Apply(Action& action);

  Parts parts_;
  Duration interval_;
  Timer timer_;
  std::optional<uint64_t> max_connections_;
  std::vector<std::unique_ptr<Monitor>> monitors_;
  std::vector<std::unique_ptr<Action>> actions_;
  stats::Counter shrinks_;
  bool paused_ = false;
};

}  // namespace sluice::server
