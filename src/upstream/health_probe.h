// One way to ask a host how it is: a connection on the main loop and what is said on it. Main
// thread. Hard rules: OnProbeDone comes once for each Begin unless GiveUp comes first, and never
// from inside Begin; the probe may be given to EventLoop::DeferDelete inside it.
#pragma once

#include <memory>
#include <string_view>

#include "health_options.h"
#include "sluice/event/loop.h"
#include "sluice/net/connection.h"
#include "sluice/net/transport.h"
#include "sluice/upstream/local_side.h"

namespace sluice::upstream {

enum class ProbeOutcome : uint8_t {
  kHealthy,
  kDegraded,
  kRetriable,  // bad, but not so bad that it counts at once
  kFailed,     // the host said so
  kNetwork,    // no or no proper answer
};

class ProbeEvents {
 public:
  virtual ~ProbeEvents() = default;
  virtual void OnProbeDone(ProbeOutcome outcome) = 0;
};

struct ProbeTarget {
  net::Address address;
  std::string hostname;  // the host field, if the endpoint has one of its own
};

// What all probes of a cluster have in common; outlives them.
struct ProbeContext {
  EventLoop& loop;
  const HealthOptions& options;
  const net::TransportFactory& transport;
  const LocalSide& local_side;
  size_t max_head_bytes;
};

class Probe : public DeferredDeletable {
 public:
  // On the connection there is, if it may be used again, else on a new one.
  virtual void Begin(const ProbeTarget& target) = 0;
  // Nobody waits for the answer any more; the connection goes.
  virtual void GiveUp() = 0;
};

std::unique_ptr<Probe> MakeProbe(const ProbeContext& context, ProbeEvents& events);

}  // namespace sluice::upstream
