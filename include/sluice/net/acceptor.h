// Takes connections from a listening socket on one worker, a bounded number a turn.
//
// Owned by the worker's listener. Out of descriptors or memory it pauses for a while and counts;
// it never spins. Hard rule: it goes before the ListenLease of its socket does.
#pragma once

#include <cstdint>

#include "sluice/event/io.h"
#include "sluice/event/loop.h"
#include "sluice/net/address.h"
#include "sluice/net/listen_socket.h"
#include "sluice/net/unique_fd.h"
#include "sluice/stats/stats.h"

namespace sluice::net {

// May be posted to another worker before a Connection is made of it (exact balance).
struct AcceptedSocket {
  UniqueFd fd;
  Address local;  // of no family when the listener has a wildcard address: see LocalAddressOf
  Address remote;
};

// getsockname(2).
Address LocalAddressOf(int fd);

class AcceptorEvents {
 public:
  virtual ~AcceptorEvents() = default;
  // May pause or drain the acceptor; must not destroy it.
  virtual void OnAccepted(AcceptedSocket socket) = 0;
};

class Acceptor final : private IoHandler {
 public:
  // `paused` counts how often the process was out of descriptors, memory or ports.
  Acceptor(EventLoop& loop, const ListenSocket& socket, size_t worker, AcceptorEvents& events,
           stats::Counter paused);
  ~Acceptor() override;

  // Connections taken in one turn, at most.
  void SetMaxBatch(uint32_t connections) { max_batch_ = connections; }
  Result<> Start();
  // Pauses count, as those of a connection's reading do.
  void Pause();
  void Resume();
  // Takes everything that is queued now, bounded by the backlog, and stops for good. To shut down
  // without a reset: ListenSocket::StopArrivals, then this on every worker, then drop the lease.
  void Drain();

 private:
  // IoHandler
  void OnIo() override;

  bool AcceptOne();
  void PauseForResources(int errno_value);
  void Watch();

  EventLoop& loop_;
  const ListenSocket& socket_;
  AcceptorEvents& events_;
  IoWatch watch_;
  Timer resource_timer_;
  stats::Counter paused_counter_;
  uint64_t last_turn_ = 0;
  uint32_t batch_ = 1;
  uint32_t max_batch_ = 32;
  uint32_t pauses_ = 0;
  int fd_;
  enum class State : uint8_t { kIdle, kAccepting, kNoResources, kDrained } state_ = State::kIdle;
};

}  // namespace sluice::net
