// One HTTP exchange on the proxy's own behalf: finding the host, the deadline, and how it fails.
// AsyncCall sends and collects it as a whole, AsyncStreamCall in parts. One worker. Hard rule: a
// failure is told from the loop, after the exchange has been given up; whoever is told may destroy
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/buffer/arena.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/http/header_map.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::upstream {

class AsyncExchange : private StreamEvents, protected http::MessageSink, private RunItem {
 public:
  void Start();

 protected:
  AsyncExchange(ClusterSet& clusters, filter::AsyncRequest request);
  ~AsyncExchange() override = default;

  // From the loop, once after TellLater and after a failure.
  virtual void Tell() = 0;
  virtual void SendRequest(UpstreamStream& stream) = 0;

  void Begin(bool fresh);
  void TellLater() { clusters_.loop().RunLater(*this); }
  void FailLater(ErrorCode code, std::string detail);  // the first failure counts
  void GiveUp(ErrorCode code, std::string detail);
  // The response has come to its end: a reset does not change it any more.
  void Complete() { complete_ = true; }
  void DisarmDeadline() { timer_.Disarm(); }

  const filter::AsyncRequest& request() const { return request_; }
  const http::HeaderMap& request_head() const { return request_head_; }
  const http::HeaderMap& request_trailers() const { return request_trailers_; }
  // Null: nothing can be sent, not yet or no more.
  UpstreamStream* stream() const { return ticket_.stream(); }
  Cluster& cluster() const { return *cluster_; }
  bool complete() const { return complete_; }
  const std::optional<Error>& error() const { return error_; }
  uint32_t status() const;
  filter::AsyncFields HeadFields() const { return ToFields(response_head_); }
  filter::AsyncFields TrailerFields() const { return ToFields(trailers_); }

  // http::MessageSink
  void OnReset(http::ResetReason reason, std::string_view detail) override;

 private:
  static filter::AsyncFields ToFields(const http::HeaderMap& map);

  // StreamEvents
  http::MessageSink& ResponseSink() final { return *this; }
  void OnStreamReady(UpstreamStream& stream) final { SendRequest(stream); }
  void OnStreamFailed(const PoolFailure& failure) final;
  // http::MessageSink
  http::HeaderMap& HeadMap() final { return response_head_; }
  http::HeaderMap& TrailerMap() final { return trailers_; }
  void Pin(Slice bytes) final { pins_.push_back(std::move(bytes)); }
  void OnInformational(http::HeaderMap& head) final { head.Clear(); }
  // RunItem
  void Run() final { Tell(); }

  ClusterSet& clusters_;
  filter::AsyncRequest request_;
  ClusterPin cluster_;
  Arena arena_;
  http::HeaderMap request_head_{arena_};
  http::HeaderMap request_trailers_{arena_};
  http::HeaderMap response_head_{arena_};
  http::HeaderMap trailers_{arena_};
  std::vector<Slice> pins_;
  std::optional<Error> error_;
  Timer timer_;
  bool complete_ = false;
  StreamTicket ticket_;  // last: it goes first
};

}  // namespace sluice::upstream
