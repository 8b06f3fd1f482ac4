// One HTTP exchange on the proxy's own behalf: the request is there as a whole, the response is
// collected up to a limit. The ticket of filter::AsyncClient; one worker.
#pragma once

#include <optional>
#include <vector>

#include "sluice/buffer/arena.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/http/header_map.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::upstream {

class AsyncCall final : public filter::AsyncTicket,
                        private StreamEvents,
                        private http::MessageSink,
                        private RunItem {
 public:
  AsyncCall(ClusterSet& clusters, filter::AsyncRequest request, filter::AsyncEvents& events);
  ~AsyncCall() override;

  void Start();

 private:
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
  void OnTrailers() override { complete_ = true; }
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnStreamDone() override;
  // RunItem
  void Run() override;

  void Begin(bool fresh);
  bool MayGoAgain() const;
  void FailLater(ErrorCode code, std::string detail);
  void Deliver();

  ClusterSet& clusters_;
  filter::AsyncRequest request_;
  filter::AsyncEvents& events_;
  ClusterPin cluster_;
  Arena arena_;
  http::HeaderMap request_head_{arena_};
  http::HeaderMap request_trailers_{arena_};
  http::HeaderMap response_head_{arena_};
  http::HeaderMap trailers_{arena_};
  std::vector<Slice> pins_;
  std::string body_;
  std::optional<Error> error_;
  Timer timer_;
  bool complete_ = false;
  bool again_ = false;        // the one repetition has been used
  bool wants_again_ = false;  // it is due
  StreamTicket ticket_;       // last: it goes first
};

}  // namespace sluice::upstream
