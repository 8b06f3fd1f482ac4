// The connection of a probe: opens it, buries it. Main thread.
#pragma once

#include <memory>

#include "health_probe.h"
#include "sluice/net/connection.h"

namespace sluice::upstream {

class ProbeConnection {
 public:
  explicit ProbeConnection(const ProbeContext& context) : context_(context) {}
  ~ProbeConnection() { Drop(); }
  ProbeConnection(const ProbeConnection&) = delete;
  ProbeConnection& operator=(const ProbeConnection&) = delete;

  void Open(const net::Address& to, net::ConnectionEvents& events);
  // Legal inside the connection's callbacks; none comes after it.
  void Drop();
  net::Connection* get() const { return connection_.get(); }
  net::Connection* operator->() const { return connection_.get(); }
  // Open to this address, and the peer has neither closed it nor said anything.
  bool Usable(const net::Address& to) const;
  bool OpenTo(const net::Address& to) const;

 private:
  const ProbeContext& context_;
  std::unique_ptr<net::Connection> connection_;
  net::Address to_;
};

}  // namespace sluice::upstream
