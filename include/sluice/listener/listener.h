// A listener on one worker, as the server drives it. Called on the worker's thread only.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/filter/worker_context.h"
#include "sluice/listener/plan.h"
#include "sluice/net/acceptor.h"

namespace sluice::listener {

// Spreads the accepted sockets of one listener over the workers (exact_balance). Any worker.
class Balancer {
 public:
  virtual ~Balancer() = default;
  // Takes the socket to the worker with the fewest connections; false when that is the asker.
  virtual bool PassOn(uint32_t from_slot, net::AcceptedSocket& socket) = 0;
  // A connection of that worker has ended (or was not admitted).
  virtual void Gone(uint32_t slot) = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // Begins to accept on the worker's share of a listening socket, whose lease outlives us.
  virtual Result<> Listen(const net::ListenSocket& socket) = 0;
  virtual void Take(net::AcceptedSocket socket) = 0;
  virtual void SetBalancer(Balancer* balancer) = 0;
  // Takes what the kernel has queued, then lets go of the listening sockets.
  virtual void StopAccepting() = 0;
  virtual void PauseAccepting() = 0;
  virtual void ResumeAccepting() = 0;
  // Asks the connections to end; `hard`: long-lived byte streams too.
  virtual void Drain(bool hard) = 0;
  // Has a successor or is gone: what is open may end by itself.
  virtual void Retire() = 0;
  virtual void CloseAll() = 0;
  virtual size_t connection_count() const = 0;
  virtual const ListenerPlan& plan() const = 0;
};

std::unique_ptr<Listener> MakeListener(std::shared_ptr<const ListenerPlan> plan,
                                       filter::WorkerContext& worker, SharedBudget* global_limit);

}  // namespace sluice::listener
