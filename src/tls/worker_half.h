// What one worker keeps of a TLS transport: its counters, the context that its next connection is
// made from, and the sessions it may resume. Touched by its worker only.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "client_sessions.h"
#include "record_buffers.h"
#include "tls_context.h"
#include "tls_stats.h"

namespace sluice::tls {

struct WorkerHalf {
  WorkerHalf(const stats::Scope& scope, size_t sessions_per_host)
      : stats(scope), sessions(sessions_per_host) {}

  TlsStats stats;
  std::shared_ptr<const TlsContext> context;
  uint64_t version = 0;  // of context
  ClientSessions sessions;
  WarmBuffers warm;
};

// The newest context. Main publishes; a worker looks at one number that seldom changes, and takes
// the lock when it has.
class CurrentContext {
 public:
  void Publish(std::shared_ptr<const TlsContext> context);
  // Brings the half up to date; true when it has changed.
  bool Refresh(WorkerHalf& half) const;
  std::shared_ptr<const TlsContext> Get() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;
  std::atomic<uint64_t> version_ = 0;
};

}  // namespace sluice::tls
