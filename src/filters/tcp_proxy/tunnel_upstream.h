// The server's side of a connection that is carried inside an HTTP stream (tunneling_config): asks
// the cluster for the stream, sends CONNECT or POST, waits for the answer, then moves bytes.
//
// Owned by its TunnelFilter; after Linger by the worker, until what was sent has left. One worker.
// Hard rule: its user is never called from inside Begin, and may give it up in any callback.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/route/header_edits.h"
#include "sluice/stream/filter_state.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/http_pool.h"
#include "sluice/upstream/tcp_connect.h"

namespace sluice::filters::tcp_proxy {

struct TunnelPlan {
  std::string hostname;                             // when it has no command operators
  std::unique_ptr<const route::TextFormat> format;  // else
  std::string post_path;                            // empty: CONNECT
  route::HeaderEdits headers;
  bool keep_response_headers = false;
  bool keep_response_trailers = false;
};

class TunnelUser {
 public:
  virtual ~TunnelUser() = default;
  virtual void OnTunnelOpen(upstream::UpstreamStream& stream) = 0;
  virtual void OnTunnelFailed(upstream::ConnectFailure reason, std::string_view detail,
                              bool may_retry) = 0;
  virtual void OnTunnelData(ByteChain& data, bool end) = 0;
  virtual void OnTunnelHigh() = 0;
  virtual void OnTunnelLow() = 0;
  virtual void OnTunnelReset(std::string_view detail) = 0;
  // What is to be left for other filters and logs.
  virtual void OnTunnelState(std::string_view name,
                             std::unique_ptr<stream::FilterStateObject> state) = 0;
};

class TunnelUpstream final : public DeferredDeletable,
                             private upstream::StreamEvents,
                             private http::MessageSink,
                             private RunItem {
 public:
  TunnelUpstream(const TunnelPlan& plan, TunnelUser& user, EventLoop& loop);
  ~TunnelUpstream() override;

  // `info` is read now.
  void Begin(upstream::Cluster& cluster, const upstream::LbContext& context,
             const stream::StreamInfo& info);
  // Only while open.
  void Send(ByteChain& data, bool end);
  void Pause();
  void Resume();
  bool ended() const { return state_ == State::kOver || sent_end_; }
  // Resets it, if it is not over. Nothing is called any more.
  void Abandon();
  // The user goes; calls `done` when all has been sent, or nobody takes it in time.
  void Linger(Duration most, std::function<void()> done);

 private:
  enum class State : uint8_t { kNew, kConnecting, kAsked, kOpen, kFailed, kOver };

  // upstream::StreamEvents
  http::MessageSink& ResponseSink() override { return *this; }
  void OnStreamReady(upstream::UpstreamStream& stream) override;
  void OnStreamFailed(const upstream::PoolFailure& failure) override;
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return response_; }
  http::HeaderMap& TrailerMap() override { return trailers_; }
  void Pin(Slice bytes) override { pins_.Append(std::move(bytes)); }
  void OnInformational(http::HeaderMap& head) override { head.Clear(); }
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override;
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnStreamDone() override;
  // RunItem
  void Run() override;

  void MakeHead(const stream::StreamInfo& info);
  void FailLater(upstream::ConnectFailure reason, std::string detail, bool may_retry);
  void Keep(std::string_view name, const http::HeaderMap& fields);
  void ServerEnded();

  const TunnelPlan& plan_;
  TunnelUser* user_;  // null: it has gone
  EventLoop& loop_;
  upstream::HostPin host_;
  Arena arena_;
  http::HeaderMap request_{arena_};
  http::HeaderMap response_{arena_};
  http::HeaderMap trailers_{arena_};
  ByteChain pins_;
  std::function<void()> lingered_;
  std::unique_ptr<Timer> linger_timer_;
  std::string failure_;
  upstream::ConnectFailure failure_reason_ = upstream::ConnectFailure::kFailed;
  State state_ = State::kNew;
  bool may_retry_ = false;
  bool sent_end_ = false;
  bool server_ended_ = false;
  upstream::StreamTicket ticket_;  // last: it goes first
};

}  // namespace sluice::filters::tcp_proxy
