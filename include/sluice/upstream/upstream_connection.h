// A connection to a host together with what counts it: circuit breaker, gauges, lengths, bytes.
//
// Made by TCP tickets and HTTP pools; owned by whoever got it; one worker. It may be destroyed
// inside any callback of its connection: the socket is then closed and buried by the loop.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/base/clock.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/net/connection.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/connection_place.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

class UpstreamConnection : public ListNode<HostConnectionTag> {
 public:
  // Begins to connect to the host's endpoint. Set the connection's events at once.
  UpstreamConnection(Host& host, const net::TransportOptions& transport, Priority priority,
                     ConnectionPlace place);
  ~UpstreamConnection();
  UpstreamConnection(const UpstreamConnection&) = delete;
  UpstreamConnection& operator=(const UpstreamConnection&) = delete;

  net::Connection& connection() { return *connection_; }
  Host& host() { return *host_; }
  const HostPin& host_pin() const { return host_; }

  // Each TCP connection is a request, for counters and for LEAST_REQUEST.
  void CountAsRequest();

  // It is over, though its object may live on: its place can be used.
  void ReleasePlace() { place_.Reset(); }

  // Call from OnConnected, or when it could not be connected: upstream_cx_connect_*.
  void NoteConnected();
  void NoteConnectFailed(bool timed_out, const Error* error);
  MonoTime connected_at() const { return connected_at_; }
  // Call from OnClosed, for cluster.*.upstream_cx_destroy_{local,remote}[_with_active_rq].
  void NoteClosed(const net::CloseInfo& info, bool active_request);
  // Brings upstream_cx_{rx,tx}_bytes_{total,buffered} up to what the connection has moved and
  // holds.
  void CountBytes();

 private:
  HostPin host_;
  std::unique_ptr<net::Connection> connection_;
  ConnectionPlace place_;
  Priority priority_;
  uint64_t rx_counted_ = 0;
  uint64_t tx_counted_ = 0;
  size_t rx_buffered_ = 0;
  size_t tx_buffered_ = 0;
  MonoTime connected_at_{};
  bool closed_ = false;  // NoteClosed has been called
  bool request_ = false;
};

}  // namespace sluice::upstream
