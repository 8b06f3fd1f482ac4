// A connection of an HTTP pool: socket, codec and the exchange that is on it.
//
// Owned by its HttpPool, one worker. It works in three steps that never nest: bytes go through the
// codec, output is flushed once a turn, and then (Settle) it is decided whether the connection
// takes another request or ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "pool.h"
#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/upstream/http_pool.h"
#include "sluice/upstream/upstream_connection.h"

namespace sluice::upstream {

class PooledConnection;

// Stands between the codec and the asker's sink, so that the pool sees when an exchange is over.
class PooledStream final : public UpstreamStream, public http::MessageSink {
 public:
  explicit PooledStream(PooledConnection& owner) : owner_(owner) {}

  void Begin(http::ClientCodec& codec, StreamEvents& events, StreamTicket& ticket,
             BudgetToken request, bool reused);
  bool active() const { return codec_ != nullptr; }
  // The response's body may go straight on / has done so.
  void SpliceBody();
  void BodySpliced(uint64_t bytes);

  // UpstreamStream
  bool response_started() const override;
  MonoTime connect_end() const override;
  void CloseConnectionAfter() override;
  void PauseReading() override;
  void ResumeReading() override;

  // http::MessageSink
  http::HeaderMap& HeadMap() override { return sink_->HeadMap(); }
  http::HeaderMap& TrailerMap() override { return sink_->TrailerMap(); }
  void Pin(Slice bytes) override { sink_->Pin(std::move(bytes)); }
  void OnInformational(http::HeaderMap& head) override { sink_->OnInformational(head); }
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override { sink_->OnData(data, end); }
  void OnTrailers() override { sink_->OnTrailers(); }
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnDecodeError(const Error& error) override { sink_->OnDecodeError(error); }
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnStreamDone() override;

 private:
  // UpstreamStream
  void OnTicketDropped(http::ResetReason reason) override;

  PooledConnection& owner_;
  http::MessageSink* sink_ = nullptr;
  BudgetToken request_;
  uint64_t read_before_ = 0;  // the connection's bytes when the exchange began
  uint32_t pauses_ = 0;
};

class PooledConnection final : public DeferredDeletable,
                               public ListNode<PoolListTag>,
                               private net::ConnectionEvents,
                               private http::CodecHost,
                               private RunItem {
 public:
  PooledConnection(HttpPool& pool, Host& host, ConnectionPlace place);
  ~PooledConnection() override;

  enum class State : uint8_t { kConnecting, kOpen, kClosed };
  State state() const { return state_; }
  // Idle, and the peer has neither closed it nor said anything.
  bool Usable();
  void Start(StreamEvents& events, StreamTicket& ticket, BudgetToken request);
  // The peer closed it while it was idle.
  void CloseStale();
  void Close();
  // It ends with the exchange that is on it, or now.
  void CloseAfterStream();
  // The pool has put it among the idle ones.
  void BecomeIdle();
  bool used() const { return streams_started_ != 0; }
  bool has_stream() const { return stream_.active(); }

  // For the pool's vector.
  size_t place = 0;

 private:
  friend class PooledStream;

  // net::ConnectionEvents
  void OnConnected() override;
  void OnBytes(ByteChain& in, bool end) override;
  void OnSpliced(uint64_t bytes, bool done) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnClosed(const net::CloseInfo& info) override;
  // http::CodecHost
  ByteChain& Output() override { return upstream_->connection().output(); }
  void OutputReady() override;
  void OnGoaway(uint32_t last_id) override;
  void OnInputWanted() override;
  void OnOutputEnd() override;
  // RunItem
  void Run() override;

  void Dispatch();
  void Fail(const Error& error, bool was_active);
  void Settle();
  void OnTimer();
  void OnMaxDuration();
  void OnStreamEnded();
  void Retire();

  HttpPool& pool_;
  std::unique_ptr<UpstreamConnection> upstream_;
  std::unique_ptr<http::ClientCodec> codec_;
  PooledStream stream_;
  Timer timer_;  // connect_timeout, then idle_timeout
  std::optional<Timer> max_duration_;
  MonoTime idle_since_{};
  uint32_t streams_started_ = 0;
  State state_ = State::kConnecting;
  bool input_ended_ = false;
  bool close_after_ = false;  // no exchange after this one
  bool end_told_ = false;     // the codec knows that input has ended
  bool dispatching_ = false;
  bool settle_ = false;  // an exchange has ended since the last look
  bool timed_out_ = false;
};

}  // namespace sluice::upstream
