// One HTTP exchange on the proxy's own behalf, in parts as they come: the ticket of
// filter::AsyncClient::Open. One worker. Hard rule: what has come is told from the loop and not
// from inside the codec, one thing at a time, so that each may destroy the exchange.
#pragma once

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

filter::AsyncFields ToFields(const http::HeaderMap& map);

class AsyncExchange final : public filter::AsyncStream,
                            private StreamEvents,
                            private http::MessageSink,
                            private RunItem {
 public:
  AsyncExchange(ClusterSet& clusters, filter::AsyncRequest request,
                filter::AsyncStreamEvents& events);
  ~AsyncExchange() override;

  void Start();
  // filter::AsyncStream
  bool Write(std::string_view bytes, bool end) override;

 private:
  enum class Sending : uint8_t { kOpen, kEndWaits, kEnded };

  // StreamEvents
  http::MessageSink& ResponseSink() override { return *this; }
  void OnStreamReady(UpstreamStream& stream) override;
  void OnStreamFailed(const PoolFailure& failure) override;
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return response_head_; }
  http::HeaderMap& TrailerMap() override { return trailers_; }
  void Pin(Slice bytes) override { pins_.push_back(std::move(bytes)); }
  void OnInformational(http::HeaderMap& head) override { head.Clear(); }
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override;
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnStreamDone() override;
  // RunItem
  void Run() override;

  void SendWaiting();
  void FailLater(ErrorCode code, std::string detail);
  bool TellsMore() const { return head_waits_ || !data_.empty() || complete_ || error_; }
  void TellNext();

  ClusterSet& clusters_;
  filter::AsyncRequest request_;
  filter::AsyncStreamEvents& events_;
  ClusterPin cluster_;
  Arena arena_;
  http::HeaderMap request_head_{arena_};
  http::HeaderMap response_head_{arena_};
  http::HeaderMap trailers_{arena_};
  std::vector<Slice> pins_;
  ByteChain waiting_;  // of the request, until there is a connection
  std::string data_;   // of the response, until it is told
  std::optional<Error> error_;
  Timer timer_;
  Sending sending_ = Sending::kOpen;
  bool head_sent_ = false;
  bool head_waits_ = false;  // has come, and is not told yet
  bool complete_ = false;    // the response has come to its end
  StreamTicket ticket_;      // last: it goes first
};

}  // namespace sluice::upstream
