// Serves a Handler over HTTP/1.1 on the main loop, by the project's own codec. Owned by the server.
#pragma once

#include <memory>

#include "sluice/admin/admin.h"
#include "sluice/event/loop.h"
#include "sluice/log/access_log.h"
#include "sluice/net/listen_socket.h"
#include "sluice/stats/store.h"

namespace sluice::admin {

// Where requests are logged; nowhere without a set.
struct RequestLog {
  std::shared_ptr<const log::AccessLogSet> logs;
  log::LogQueue* queue = nullptr;  // main's
};

class AdminServer {
 public:
  // The socket's lease is kept; the handler outlives us.
  AdminServer(EventLoop& loop, net::ListenLease socket, Handler& handler, stats::Store& store,
              RequestLog log = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  Result<> Start();
  const net::Address& address() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::admin
