#include "pool.h"

#include <cmath>
#include <utility>

#include "pooled_connection.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

HttpPool::HttpPool(HttpPools& owner, Host& host, PoolKey key, BudgetToken token)
    : owner_(owner), host_(host), key_(std::move(key)), token_(std::move(token)) {}

HttpPool::~HttpPool() {
  draining_ = true;
  dying_ = true;
  FailPending(PoolFailure{http::ResetReason::kLocalReset, {}, {}});
  while (!connections_.empty()) connections_.back()->Close();
}

ClusterStats& HttpPool::stats() { return host_.cluster().stats(); }

net::TransportOptions HttpPool::transport_options() const {
  net::TransportOptions options;
  const bool proxied = key_.proxied_source.family() != net::Address::Family::kNone;
  options.proxied_source = proxied ? &key_.proxied_source : nullptr;
  options.proxied_destination = proxied ? &key_.proxied_destination : nullptr;
  return options;
}

void HttpPool::NewStream(bool fresh, StreamEvents& events, StreamTicket& ticket) {
  ticket.fresh_ = fresh;
  if (PooledConnection* connection = fresh ? nullptr : TakeIdle()) {
    Attach(*connection, events, ticket);
    if (WantsConnection()) Connect();  // preconnect_policy
    return;
  }
  Enqueue(events, ticket);
  CheckEmpty();  // when it was refused
}

PooledConnection* HttpPool::TakeIdle() {
  while (PooledConnection* connection = idle_.PopFront()) {
    --idle_count_;
    if (connection->Usable()) return connection;
    connection->CloseStale();
  }
  return nullptr;
}

void HttpPool::Attach(PooledConnection& connection, StreamEvents& events, StreamTicket& ticket) {
  BudgetToken request =
      BudgetToken::Take(host_.cluster().breaker(key_.priority).requests, host_.cluster().slot());
  if (!request) {
    stats().upstream_rq_pending_overflow.Inc();
    OnIdle(connection);
    events.OnStreamFailed(PoolFailure{http::ResetReason::kOverflow, {}, {}});
    return;
  }
  connection.Start(events, ticket, std::move(request));
}

void HttpPool::Enqueue(StreamEvents& events, StreamTicket& ticket) {
  Cluster& cluster = host_.cluster();
  ticket.pending_ = BudgetToken::Take(cluster.breaker(key_.priority).pending, cluster.slot());
  if (!ticket.pending_) {
    stats().upstream_rq_pending_overflow.Inc();
    events.OnStreamFailed(PoolFailure{http::ResetReason::kOverflow, {}, {}});
    return;
  }
  stats().upstream_rq_pending_total.Inc();
  stats().upstream_rq_pending_active.Inc();
  ticket.pool_ = this;
  ticket.events_ = &events;
  pending_.PushBack(ticket);
  ++pending_count_;
  ConnectAsNeeded();
}

void HttpPool::LeaveQueue(StreamTicket& ticket) {
  static_cast<ListNode<PendingStreamTag>&>(ticket).Unlink();
  ticket.pool_ = nullptr;
  ticket.pending_.Reset();
  --pending_count_;
  stats().upstream_rq_pending_active.Dec();
}

void HttpPool::Cancel(StreamTicket& ticket) {
  LeaveQueue(ticket);
  stats().upstream_rq_cancelled.Inc();
  CheckStarving();
  CheckEmpty();
}

// A connection for each request that waits; with preconnect_policy some more for those to come.
bool HttpPool::WantsConnection() const {
  if (draining_) return pending_count_ > connecting_;
  const double ratio = host_.cluster().options().preconnect_per_host;
  if (ratio <= 1.0) return pending_count_ > connecting_;
  const auto serving = static_cast<double>(connections_.size() - connecting_ - idle_count_);
  const double wanted = (static_cast<double>(pending_count_) + serving) * ratio;
  return wanted > static_cast<double>(connections_.size());
}

void HttpPool::ConnectAsNeeded() {
  while (WantsConnection() && Connect()) {
  }
  CheckStarving();
}

// With a connection of its own, however busy, the pool's requests get their turn. Without one they
// depend on places that others hold, perhaps on other workers, perhaps idle.
void HttpPool::CheckStarving() {
  const bool starving = !pending_.empty() && connections_.empty();
  if (starving == starving_) return;
  starving_ = starving;
  Cluster& cluster = host_.cluster();
  starving ? cluster.BeginStarving(key_.priority) : cluster.EndStarving(key_.priority);
}

void HttpPool::LookForPlaces() {
  if (starving_) ConnectAsNeeded();
}

bool HttpPool::Connect() {
  Cluster& cluster = host_.cluster();
  ConnectionPlace place = ConnectionPlace::Take(host_, key_.priority);
  if (!place && cluster.MakeRoom(host_, key_.priority)) {
    place = ConnectionPlace::Take(host_, key_.priority);
  }
  if (!place) {
    stats().upstream_cx_overflow.Inc();
    return false;
  }
  auto connection = std::make_unique<PooledConnection>(*this, host_, std::move(place));
  connection->place = connections_.size();
  connections_.push_back(std::move(connection));
  ++connecting_;
  return true;
}

void HttpPool::OnConnected(PooledConnection& connection) {
  --connecting_;
  stats().upstream_cx_http1_total.Inc();
  OnIdle(connection);
}

// In order of arrival; those that want a fresh connection let used ones pass.
StreamTicket* HttpPool::NextFor(const PooledConnection& connection) {
  StreamTicket* next = nullptr;
  pending_.ForEach([&](StreamTicket& ticket) {
    if (next == nullptr && (!ticket.fresh_ || !connection.used())) next = &ticket;
  });
  return next;
}

void HttpPool::OnIdle(PooledConnection& connection) {
  if (StreamTicket* ticket = NextFor(connection)) {
    StreamEvents& events = *ticket->events_;
    LeaveQueue(*ticket);
    Attach(connection, events, *ticket);
    return;
  }
  const Breaker& breaker = host_.cluster().breaker(key_.priority);
  if (draining_ || breaker.starving.load(std::memory_order_relaxed) != 0) {
    connection.Close();
    return;
  }
  idle_.PushFront(connection);
  ++idle_count_;
  connection.BecomeIdle();
}

// Whoever waits behind a failing connect would most likely fail the same way, only later: they are
// all told, and decide by their retry policies.
void HttpPool::OnConnectFailed(PooledConnection& /*connection*/, const PoolFailure& failure) {
  --connecting_;
  for (uint32_t i = 0; i < pending_count_; ++i) stats().upstream_rq_pending_failure_eject.Inc();
  FailPending(failure);
}

void HttpPool::FailPending(const PoolFailure& failure) {
  // Those that come in meanwhile are not part of it.
  IntrusiveList<StreamTicket, PendingStreamTag> failing;
  failing.Splice(pending_);
  while (!failing.empty()) {
    StreamTicket& ticket = failing.front();
    StreamEvents& events = *ticket.events_;
    LeaveQueue(ticket);
    events.OnStreamFailed(failure);
  }
  CheckStarving();
}

void HttpPool::OnClosed(PooledConnection& connection) {
  auto& node = static_cast<ListNode<PoolListTag>&>(connection);
  if (node.linked()) {
    node.Unlink();
    --idle_count_;
  }
  const size_t place = connection.place;
  std::unique_ptr<PooledConnection> gone = std::move(connections_[place]);
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place = place;
  }
  connections_.pop_back();
  host_.cluster().loop().DeferDelete(std::move(gone));
  if (!pending_.empty()) ConnectAsNeeded();
  CheckStarving();
  CheckEmpty();
}

void HttpPool::CheckEmpty() {
  if (empty() && !dying_) owner_.OnEmpty(*this);
}

void HttpPool::Drain() {
  draining_ = true;
  while (CloseOneIdle()) {
  }
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->CloseAfterStream();
}

bool HttpPool::CloseOneIdle() {
  if (idle_.empty()) return false;
  idle_.back().Close();  // the one that has been idle for the longest time
  return true;
}

}  // namespace sluice::upstream
