// A connection of an HTTP pool: socket, codec and the exchanges that are on it, one at a time or
// many.
//
// Owned by its HttpPool, one worker. It works in three steps that never nest: bytes go through the
// codec, output is flushed once a turn, and then (Settle) it is decided whether the connection
// takes another request or ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pool.h"
#include "pooled_stream.h"
#include "sluice/codec/http2/keepalive.h"
#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/upstream/http_pool.h"
#include "sluice/upstream/upstream_connection.h"

namespace sluice::upstream {

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
  // Open and not at the end of its life, with room for another exchange.
  bool CanTake() const;
  // The same, and not known to be dead: for one that has had nothing to do for a while.
  bool Usable();
  // CanTake() holds.
  void Start(StreamEvents& events, StreamTicket& ticket, BudgetToken request);
  // The peer closed it while it was idle.
  void CloseStale();
  void Close();
  // It ends with the exchanges that are on it, or now.
  void CloseAfterStreams();
  // The pool has put it among those that can take a request, and it has none.
  void BecomeIdle();

  bool used() const { return streams_started_ != 0; }
  bool has_streams() const { return !streams_.empty(); }
  size_t stream_count() const { return streams_.size(); }
  bool TakesOnlyOneMore() const { return streams_.size() + 1 >= limit_; }
  // It carries several exchanges at once.
  bool multiplexed() const {
    return codec_ != nullptr && codec_->version() == http::Version::kHttp2;
  }
  http::Version version() const { return codec_->version(); }
  MonoTime connected_at() const { return upstream_->connected_at(); }
  // Exchanges at once: as the pool expects it while connecting, then what the codec allows.
  uint32_t limit() const { return limit_; }
  // For the pool, while connecting.
  void Expect(uint32_t limit) { limit_ = limit; }

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
  void OnQuiet() override;
  void OnClosed(const net::CloseInfo& info) override;
  // http::CodecHost
  ByteChain& Output() override { return upstream_->connection().output(); }
  void OutputReady() override;
  void OnGoaway(uint32_t last_id) override;
  void OnInputWanted() override;
  void OnOutputEnd() override;
  void OnPong() override;
  // RunItem
  void Run() override;

  void Dispatch();
  void Flush();
  void Fail(const Error& error, bool was_active);
  void Settle();
  void NoteLimit();
  void OnTimer();
  void OnMaxDuration();
  void OnStreamEnded(PooledStream& stream);
  void Retire();

  // PINGs (pooled_keepalive.cc).
  struct Pings;
  void StartPings();
  void PlanPing();
  void OnPingTime();
  void DoPing(http2::Keepalive::Due due);

  HttpPool& pool_;
  std::unique_ptr<UpstreamConnection> upstream_;
  std::unique_ptr<http::ClientCodec> codec_;
  std::vector<std::unique_ptr<PooledStream>> streams_;
  std::vector<std::unique_ptr<PooledStream>> ended_;  // until the next Settle
  std::unique_ptr<Pings> pings_;
  Timer timer_;  // connect_timeout, then idle_timeout
  std::optional<Timer> max_duration_;
  MonoTime idle_since_{};
  uint32_t streams_started_ = 0;
  uint32_t limit_ = 1;
  State state_ = State::kConnecting;
  bool input_ended_ = false;
  bool close_after_ = false;  // no exchange after those that are on it
  bool goaway_ = false;       // the peer has said so
  bool end_told_ = false;     // the codec knows that input has ended
  bool dispatching_ = false;
  bool settle_ = false;        // an exchange has ended since the last look
  bool input_wanted_ = false;  // the codec holds input that it can deliver now
  bool timed_out_ = false;
};

}  // namespace sluice::upstream
