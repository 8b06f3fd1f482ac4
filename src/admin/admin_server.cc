#include "sluice/admin/admin_server.h"

#include <unordered_map>
#include <utility>

#include "admin_connection.h"
#include "sluice/net/acceptor.h"

namespace sluice::admin {
namespace {

// Scripts and scrapers; whoever leaks connections shall not take the process's descriptors.
constexpr size_t kMaxConnections = 256;

}  // namespace

struct AdminServer::State final : net::AcceptorEvents {
  State(EventLoop& main_loop, net::ListenLease lease, Handler& answers, stats::Store& store,
        RequestLog request_log)
      : loop(main_loop),
        socket(std::move(lease)),
        handler(answers),
        log(std::move(request_log)),
        counters(http1::MakeCounters(store.MainScope("http.admin"))),
        overflow(store.MainScope("http.admin").MakeCounter("downstream_cx_overflow")),
        evicted(store.MainScope("http.admin").MakeCounter("downstream_cx_evicted")),
        acceptor(main_loop, *socket, 0, *this, stats::Counter()) {}

  // net::AcceptorEvents
  void OnAccepted(net::AcceptedSocket accepted) override {
    if (connections.size() >= kMaxConnections && !CloseOneIdle()) {
      overflow.Inc();
      return;
    }
    auto made = std::make_unique<AdminConnection>(loop, std::move(accepted), handler, log, counters,
                                                  [this](AdminConnection& gone) { Bury(gone); });
    AdminConnection* key = made.get();
    connections.emplace(key, std::move(made));
  }

  // The one that has been idle for longest makes room.
  bool CloseOneIdle() {
    AdminConnection* oldest = nullptr;
    for (const auto& [connection, owned] : connections) {
      if (!connection->idle()) continue;
      if (oldest == nullptr || connection->idle_since() < oldest->idle_since()) {
        oldest = connection;
      }
    }
    if (oldest == nullptr) return false;
    evicted.Inc();
    oldest->Close();
    return true;
  }

  void Bury(AdminConnection& gone) {
    const auto at = connections.find(&gone);
    if (at == connections.end()) return;
    loop.DeferDelete(std::move(at->second));
    connections.erase(at);
  }

  EventLoop& loop;
  net::ListenLease socket;
  Handler& handler;
  const RequestLog log;
  http1::Counters counters;
  stats::Counter overflow;  // connections refused: all others were asking something
  stats::Counter evicted;   // idle ones closed to make room
  std::unordered_map<AdminConnection*, std::unique_ptr<AdminConnection>> connections;
  net::Acceptor acceptor;
};

AdminServer::AdminServer(EventLoop& loop, net::ListenLease socket, Handler& handler,
                         stats::Store& store, RequestLog log)
    : state_(std::make_unique<State>(loop, std::move(socket), handler, store, std::move(log))) {}

AdminServer::~AdminServer() {
  while (!state_->connections.empty()) state_->connections.begin()->second->Close();
  state_->loop.RunOnce(Duration::zero());  // what was deferred uses our counters
}

Result<> AdminServer::Start() { return state_->acceptor.Start(); }

const net::Address& AdminServer::address() const { return state_->socket->local(); }

}  // namespace sluice::admin
