// A TCP connection to a host of a cluster, as tcp_proxy asks for it.
//
// The ticket belongs to the asker; destroying it gives the connect up. One worker. Hard rule:
// exactly one callback, never from inside ConnectTcp, none after the ticket is gone; the ticket may
// be destroyed inside the callback.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/upstream/upstream_connection.h"

namespace sluice::upstream {

enum class ConnectFailure : uint8_t {
  kNoHealthyHost,  // flag UH; another attempt finds nobody either
  kOverflow,       // circuit breaker; flag UO
  kTimeout,        // connect_timeout; flag UF
  kFailed,         // refused, unreachable, transport handshake; flag UF
};

struct TcpFailure {
  ConnectFailure reason = ConnectFailure::kFailed;
  const Error& error;      // detail has the words; lives for the call
  Host* host = nullptr;    // null when none was picked
  bool may_retry = false;  // another host, or the same one again, may do
};

class TcpConnectEvents {
 public:
  virtual ~TcpConnectEvents() = default;
  // Connected, handshake done, reading not yet paused or started beyond the connection's own
  // defaults: set the connection's events before returning.
  virtual void OnTcpConnected(std::unique_ptr<UpstreamConnection> upstream) = 0;
  virtual void OnTcpFailed(const TcpFailure& failure) = 0;
};

class ConnectTicket {
 public:
  virtual ~ConnectTicket() = default;
};

}  // namespace sluice::upstream
