// A copy of a request on its way to another cluster (request_mirror_policies). What it answers
// interests nobody; what goes wrong with it is counted and changes nothing for the client.
//
// Owned by the RouterWorker, because it may take longer than the request that it copies. The router
// gives it the body as it comes, and must call Release before it goes.
#pragma once

#include <cstdint>

#include "sluice/buffer/arena.h"
#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::filters::router {

class RouterWorker;

class Shadow final : public DeferredDeletable,
                     private upstream::StreamEvents,
                     private http::MessageSink {
 public:
  // Copies the head. `buffer_limit` bounds what waits for a slow cluster: beyond it the copy is
  // given up.
  Shadow(RouterWorker& worker, upstream::Cluster& cluster, const http::HeaderMap& request,
         size_t buffer_limit, Duration timeout);
  ~Shadow() override;

  http::HeaderMap& head() { return request_; }
  void Start(const upstream::LbContext& context, bool end);
  // The slices are shared, not taken.
  void Data(const ByteChain& data, bool end);
  void Trailers(const http::HeaderMap& trailers);
  // The router says nothing more; a copy without its end is given up.
  void Release();

 private:
  // upstream::StreamEvents
  http::MessageSink& ResponseSink() override { return *this; }
  void OnStreamReady(upstream::UpstreamStream& stream) override;
  void OnStreamFailed(const upstream::PoolFailure& failure) override;
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return response_; }
  http::HeaderMap& TrailerMap() override { return trailers_; }
  void Pin(Slice bytes) override { pin_ = std::move(bytes); }
  void OnInformational(http::HeaderMap& head) override { head.Clear(); }
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override { answered_ = true; }
  void OnReset(http::ResetReason /*reason*/, std::string_view /*detail*/) override {}
  void OnStreamDone() override { Over(); }

  void SendHeld();
  void RequestEnded();
  void Abandon();
  void Over();

  RouterWorker& worker_;
  upstream::ClusterPin cluster_;
  Arena arena_;
  http::HeaderMap request_{arena_};
  http::HeaderMap request_trailers_{arena_};
  http::HeaderMap response_{arena_};
  http::HeaderMap trailers_{arena_};
  Slice pin_;  // what the response's fields are views of
  ByteChain held_;
  size_t buffer_limit_;
  Duration timeout_;
  Timer timer_;
  bool ended_ = false;  // the request is complete
  bool has_trailers_ = false;
  bool answered_ = false;
  bool released_ = false;
  bool over_ = false;
  upstream::StreamTicket ticket_;  // last: it goes first
};

}  // namespace sluice::filters::router
