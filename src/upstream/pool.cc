#include "pool.h"

#include <algorithm>
#include <utility>

#include "pooled_connection.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

HttpPool::HttpPool(HttpPools& owner, Host& host, PoolKey key, BudgetToken token)
    : owner_(owner),
      host_(host),
      key_(std::move(key)),
      token_(std::move(token)),
      expected_limit_(
          key_.protocol == PoolProtocol::kHttp1 ? 1 : options().http2.max_concurrent_streams) {}

HttpPool::~HttpPool() {
  draining_ = true;
  dying_ = true;
  FailPending(PoolFailure{http::ResetReason::kLocalReset, {}, {}});
  while (!connections_.empty()) connections_.back()->Close();
}

ClusterStats& HttpPool::stats() { return host_.cluster().stats(); }
const HttpPoolOptions& HttpPool::options() const { return host_.cluster().options().http; }

net::TransportOptions HttpPool::transport_options() const {
  net::TransportOptions options;
  const bool proxied = key_.proxied_source.family() != net::Address::Family::kNone;
  options.proxied_source = proxied ? &key_.proxied_source : nullptr;
  options.proxied_destination = proxied ? &key_.proxied_destination : nullptr;
  options.proxied_tlvs = key_.proxied_tlvs;
  // RFC 6066 section 3: an address is no server name.
  const bool named = !key_.server_name.empty() && !net::Address::FromIp(key_.server_name, 0);
  if (named) options.server_name = key_.server_name;
  if (this->options().auto_san_validation) options.verify_name = key_.server_name;
  switch (key_.protocol) {
    case PoolProtocol::kHttp1: options.alpn = "http/1.1"; break;
    case PoolProtocol::kHttp2: options.alpn = "h2"; break;
    case PoolProtocol::kAlpn: options.alpn = "h2,http/1.1"; break;
  }
  return options;
}

http::Version HttpPool::VersionOf(std::string_view alpn) const {
  const bool http2 = key_.protocol == PoolProtocol::kHttp2 ||
                     (key_.protocol == PoolProtocol::kAlpn && alpn == "h2");
  return http2 ? http::Version::kHttp2 : http::Version::kHttp11;
}

void HttpPool::NewStream(bool fresh, StreamEvents& events, StreamTicket& ticket) {
  ticket.fresh_ = fresh;
  ticket.since_ = host_.cluster().loop().Now();
  if (PooledConnection* connection = TakeReady(ticket)) {
    Attach(*connection, events, ticket);
    if (WantsConnection()) Connect();  // preconnect_policy
    return;
  }
  Enqueue(events, ticket);
  CheckEmpty();  // when it was refused
}

// The first that suits; those that turn out to be dead go.
PooledConnection* HttpPool::TakeReady(const StreamTicket& ticket) {
  while (!ready_.empty()) {
    PooledConnection& connection = ready_.front();
    if (!Suits(ticket, connection)) return nullptr;
    if (connection.Usable()) return &connection;
    OnUnready(connection);
    if (!connection.has_streams()) connection.CloseStale();
  }
  return nullptr;
}

// A request that wants a fresh connection is content with one that came to be after its wish, too.
bool HttpPool::Suits(const StreamTicket& ticket, const PooledConnection& connection) {
  if (!ticket.fresh_ || !connection.used()) return true;
  return connection.multiplexed() && connection.connected_at() >= ticket.since_;
}

void HttpPool::Attach(PooledConnection& connection, StreamEvents& events, StreamTicket& ticket) {
  BudgetToken request =
      BudgetToken::Take(host_.cluster().breaker(key_.priority).requests, host_.cluster().slot());
  if (!request) {
    stats().upstream_rq_pending_overflow.Inc();
    events.OnStreamFailed(PoolFailure{http::ResetReason::kOverflow, {}, {}});
    return;
  }
  // It leaves the ready ones before anything can look at it as one of them.
  if (connection.TakesOnlyOneMore()) OnUnready(connection);
  connection.Start(events, ticket, std::move(request));
}

std::unique_ptr<PooledStream> HttpPool::LendStream() {
  if (spare_streams_.empty()) return std::make_unique<PooledStream>();
  std::unique_ptr<PooledStream> stream = std::move(spare_streams_.back());
  spare_streams_.pop_back();
  return stream;
}

void HttpPool::TakeBack(std::vector<std::unique_ptr<PooledStream>>& streams) {
  constexpr size_t kMostSpare = 256;
  for (std::unique_ptr<PooledStream>& stream : streams) {
    if (spare_streams_.size() < kMostSpare) spare_streams_.push_back(std::move(stream));
  }
  streams.clear();
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

// Room for each request that waits; with preconnect_policy some more for those to come.
bool HttpPool::WantsConnection() const {
  const double ratio = host_.cluster().options().preconnect_per_host;
  if (draining_ || ratio <= 1.0) return pending_count_ > expected_;
  uint64_t room = 0;
  uint64_t serving = 0;
  for (const std::unique_ptr<PooledConnection>& connection : connections_) {
    room += connection->limit();
    serving += connection->stream_count();
  }
  return static_cast<double>(pending_count_ + serving) * ratio > static_cast<double>(room);
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
  connection->Expect(expected_limit_);
  expected_ += expected_limit_;
  connections_.push_back(std::move(connection));
  return true;
}

void HttpPool::OnConnected(PooledConnection& connection, uint32_t expected) {
  expected_ -= expected;
  expected_limit_ = std::max<uint32_t>(connection.limit(), 1);
  (connection.multiplexed() ? stats().upstream_cx_http2_total : stats().upstream_cx_http1_total)
      .Inc();
  OnReady(connection);
  if (!pending_.empty()) ConnectAsNeeded();  // it takes fewer than was hoped for
}

// In order of arrival; those that want a fresh connection let used ones pass.
StreamTicket* HttpPool::NextFor(const PooledConnection& connection) {
  StreamTicket* next = nullptr;
  pending_.ForEach([&](StreamTicket& ticket) {
    if (next == nullptr && Suits(ticket, connection)) next = &ticket;
  });
  return next;
}

void HttpPool::OnReady(PooledConnection& connection) {
  while (connection.CanTake()) {
    StreamTicket* ticket = NextFor(connection);
    if (ticket == nullptr) break;
    StreamEvents& events = *ticket->events_;
    LeaveQueue(*ticket);
    Attach(connection, events, *ticket);
  }
  if (!connection.CanTake()) return OnUnready(connection);
  const Breaker& breaker = host_.cluster().breaker(key_.priority);
  const bool idle = !connection.has_streams();
  if (idle && (draining_ || breaker.starving.load(std::memory_order_relaxed) != 0)) {
    connection.Close();
    return;
  }
  auto& node = static_cast<ListNode<PoolListTag>&>(connection);
  if (idle) node.Unlink();  // to the front: the last that was used is the first to be used again
  if (!node.linked()) ready_.PushFront(connection);
  if (idle) connection.BecomeIdle();
}

void HttpPool::OnUnready(PooledConnection& connection) {
  static_cast<ListNode<PoolListTag>&>(connection).Unlink();
}

void HttpPool::OnLimitChanged(PooledConnection& connection) {
  expected_limit_ = std::max<uint32_t>(connection.limit(), 1);
  if (!connection.CanTake()) OnUnready(connection);
}

// Whoever waits behind a failing connect would most likely fail the same way, only later: they are
// all told, and decide by their retry policies.
void HttpPool::OnConnectFailed(PooledConnection& connection, const PoolFailure& failure) {
  expected_ -= connection.limit();
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
  OnUnready(connection);
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
  DrainExisting();
}

// Those that are still being made are wanted by somebody, and end after that.
void HttpPool::DrainExisting() {
  while (CloseOneIdle()) {
  }
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->CloseAfterStreams();
}

// The one that has been idle for the longest time.
bool HttpPool::CloseOneIdle() {
  PooledConnection* idle = nullptr;
  if (!ready_.empty() && !ready_.back().has_streams()) {
    idle = &ready_.back();
  } else {
    ready_.ForEach([&](PooledConnection& connection) {
      if (!connection.has_streams()) idle = &connection;
    });
  }
  if (idle == nullptr) return false;
  idle->Close();
  return true;
}

}  // namespace sluice::upstream
