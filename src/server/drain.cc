#include "drain.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sluice/base/log.h"

namespace sluice::server {
namespace {

// Long-lived byte streams (TCP, tunnels, upgrades) get this long to end by themselves.
constexpr Duration kHardAfter = std::chrono::seconds(3);
constexpr Duration kStep = std::chrono::milliseconds(20);
// What a worker publishes of its connections is at most this old.
constexpr Duration kSettle = std::chrono::milliseconds(60);

}  // namespace

Drain::Drain(const Parts& parts, std::function<void()> done)
    : parts_(parts), done_(std::move(done)), step_timer_(parts.loop, [this] { Step(); }) {}

void Drain::Start() {
  if (started()) return;
  started_at_ = parts_.loop.Now();
  stage_ = Stage::kSoft;
  SLUICE_LOG(kMain, kInfo, "draining: {} connections, at most {} s", OpenConnections(),
             std::chrono::duration_cast<std::chrono::seconds>(parts_.grace).count());
  parts_.process.StartDrain(parts_.loop.clock().Mono(), Duration::zero(), true);
  parts_.listeners.StopAccepting(false);
  parts_.listeners.Drain(false);
  step_timer_.Arm(kStep);
}

size_t Drain::OpenConnections() const {
  size_t open = 0;
  for (const auto& worker : parts_.workers) open += worker->open_connections();
  return open;
}

void Drain::Step() {
  const Duration elapsed = parts_.loop.Now() - started_at_;
  // A worker that is busy, or waits for a processor, may be longer in counting than kSettle.
  const bool counted = std::ranges::all_of(
      parts_.workers, [](const auto& worker) { return worker->counted_at_the_end(); });
  const size_t open = OpenConnections();
  if (elapsed >= parts_.grace || (counted && open == 0 && elapsed >= kSettle)) {
    if (open != 0) SLUICE_LOG(kMain, kWarning, "grace is over: {} connections are cut", open);
    done_();
    return;
  }
  if (stage_ == Stage::kSoft && elapsed >= kHardAfter) {
    stage_ = Stage::kHard;
    parts_.listeners.Drain(true);
  }
  step_timer_.Arm(kStep);
}

}  // namespace sluice::server
