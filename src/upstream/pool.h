// One HTTP pool: connections that can take a request, last in, first out, and a queue of requests
// in order of arrival.
//
// Owned by its HttpPools, one worker. It owns its connections in whatever state; lists only say
// where they stand. A connection of HTTP/2 takes many requests at once and stays among the ready
// ones until it is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "http_pools.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::upstream {

class PooledConnection;
class PooledStream;
struct ClusterStats;
struct HttpPoolOptions;

struct PoolListTag;

class HttpPool final : public DeferredDeletable {
 public:
  HttpPool(HttpPools& owner, Host& host, PoolKey key, BudgetToken token);
  ~HttpPool() override;

  void NewStream(bool fresh, StreamEvents& events, StreamTicket& ticket);
  void Drain();
  void DrainExisting();
  bool CloseOneIdle();
  void LookForPlaces();
  bool empty() const { return connections_.empty() && pending_.empty(); }
  const PoolKey& key() const { return key_; }
  Host& host() { return host_; }
  bool draining() const { return draining_; }

  // For StreamTicket: leaves the queue.
  void Cancel(StreamTicket& ticket);

  // For PooledConnection.
  void OnConnected(PooledConnection& connection, uint32_t expected);
  void OnConnectFailed(PooledConnection& connection, const PoolFailure& failure);
  void OnReady(PooledConnection& connection);  // may take a request (again)
  void OnUnready(PooledConnection& connection);
  void OnLimitChanged(PooledConnection& connection);
  void OnClosed(PooledConnection& connection);
  net::TransportOptions transport_options() const;
  // What is spoken on a connection whose transport has negotiated that.
  http::Version VersionOf(std::string_view alpn) const;
  std::unique_ptr<PooledStream> LendStream();
  void TakeBack(std::vector<std::unique_ptr<PooledStream>>& streams);

 private:
  PooledConnection* TakeReady(const StreamTicket& ticket);
  void Enqueue(StreamEvents& events, StreamTicket& ticket);
  StreamTicket* NextFor(const PooledConnection& connection);
  static bool Suits(const StreamTicket& ticket, const PooledConnection& connection);
  void Attach(PooledConnection& connection, StreamEvents& events, StreamTicket& ticket);
  void ConnectAsNeeded();
  bool WantsConnection() const;
  bool Connect();
  void LeaveQueue(StreamTicket& ticket);
  void FailPending(const PoolFailure& failure);
  void CheckEmpty();
  void CheckStarving();
  ClusterStats& stats();
  const HttpPoolOptions& options() const;

  using ConnectionList = IntrusiveList<PooledConnection, PoolListTag>;

  HttpPools& owner_;
  Host& host_;
  PoolKey key_;
  BudgetToken token_;
  std::vector<std::unique_ptr<PooledConnection>> connections_;
  ConnectionList ready_;
  std::vector<std::unique_ptr<PooledStream>> spare_streams_;
  IntrusiveList<StreamTicket, PendingStreamTag> pending_;
  uint32_t pending_count_ = 0;
  uint64_t expected_ = 0;        // exchanges that connections being made will take
  uint32_t expected_limit_ = 1;  // of one of them, by the latest experience
  bool draining_ = false;
  bool dying_ = false;
  bool starving_ = false;  // requests wait, and there is no place for a connection
};

}  // namespace sluice::upstream
