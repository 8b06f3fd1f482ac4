// How the process ends: stop arrivals, ask connections to go, end what lives long, and leave as
// soon as nothing is open or the grace is over. Owned by the server; main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "listener_manager.h"
#include "sluice/event/loop.h"
#include "sluice/filter/process_state.h"
#include "worker.h"

namespace sluice::server {

class Drain {
 public:
  struct Parts {
    EventLoop& loop;
    filter::ProcessState& process;
    ListenerManager& listeners;
    const std::vector<std::unique_ptr<Worker>>& workers;
    Duration grace;
  };
  // `done` is called once, from the loop, when the process may end.
  Drain(const Parts& parts, std::function<void()> done);

  bool started() const { return started_at_ != MonoTime{}; }
  MonoTime started_at() const { return started_at_; }
  void Start();

 private:
  void Step();
  size_t OpenConnections() const;

  Parts parts_;
  std::function<void()> done_;
  Timer step_timer_;
  MonoTime started_at_{};
  enum class Stage : uint8_t { kIdle, kSoft, kHard } stage_ = Stage::kIdle;
};

}  // namespace sluice::server
