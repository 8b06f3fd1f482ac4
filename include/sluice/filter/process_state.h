// What the whole process knows and every worker may read without a lock: who we are, and whether we
// are on our way out. Written by main, read by all; lives as long as the process.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "sluice/base/clock.h"
#include "sluice/base/value.h"
#include "sluice/filter/overload_state.h"

namespace sluice::filter {

struct LocalInfo {
  std::string node_id;
  std::string cluster;
  std::string region;
  std::string zone;
  std::string sub_zone;
  Value metadata;       // of the node: a struct, or null
  std::string address;  // the first non-loopback address, for %...% operators and via XFF
};

class ProcessState {
 public:
  LocalInfo local;  // set before workers start
  OverloadState overload;

  // Draining: connections are asked to go away, with a probability that grows over the drain time
  // (gradual) or at once (immediate).
  // `inbound_only`: the others stay as they are.
  void StartDrain(MonoTime now, Duration length, bool immediate, bool inbound_only = false) {
    inbound_only_.store(inbound_only, std::memory_order_relaxed);
    drain_length_ns_.store(immediate ? 0 : length.count(), std::memory_order_relaxed);
    drain_start_ns_.store(now.time_since_epoch().count(), std::memory_order_release);
  }
  bool draining() const { return drain_start_ns_.load(std::memory_order_relaxed) != 0; }
  // `random` is uniform in [0, 2^32).
  bool ShouldCloseNow(MonoTime now, uint32_t random, bool inbound) const {
    const int64_t start = drain_start_ns_.load(std::memory_order_acquire);
    if (start == 0) return health_failed();
    if (!inbound && inbound_only_.load(std::memory_order_relaxed)) return health_failed();
    const int64_t length = drain_length_ns_.load(std::memory_order_relaxed);
    const int64_t elapsed = now.time_since_epoch().count() - start;
    if (elapsed >= length) return true;
    return static_cast<double>(random) * static_cast<double>(length) <
           4294967296.0 * static_cast<double>(elapsed);
  }

  // /healthcheck/fail: health checks answer 503 and connections are drained.
  void SetHealthFailed(bool failed) { health_failed_.store(failed, std::memory_order_relaxed); }
  bool health_failed() const { return health_failed_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> drain_start_ns_{0};
  std::atomic<int64_t> drain_length_ns_{0};
  std::atomic<bool> inbound_only_{false};
  std::atomic<bool> health_failed_{false};
};

}  // namespace sluice::filter
