#include "pooled_connection.h"

#include <utility>

#include "client_codec.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

// More than this is written at once; less waits for the end of the turn, so that a head and its
// body leave by one system call.
constexpr size_t kFlushAtOnceBytes = size_t{64} * 1024;

std::string_view Words(const net::CloseInfo& info) {
  return info.error != nullptr ? std::string_view(info.error->detail) : std::string_view();
}

}  // namespace

PooledConnection::PooledConnection(HttpPool& pool, Host& host, ConnectionPlace place)
    : pool_(pool),
      upstream_(std::make_unique<UpstreamConnection>(host, pool.transport_options(),
                                                     pool.key().priority, std::move(place))),
      stream_(*this),
      timer_(host.cluster().loop(), [this] { OnTimer(); }) {
  upstream_->connection().SetEvents(this);
  timer_.Arm(host.cluster().options().connect_timeout);
}

PooledConnection::~PooledConnection() = default;

bool PooledConnection::Usable() {
  return state_ == State::kOpen && !close_after_ && !input_ended_ && codec_->reusable() &&
         upstream_->connection().IdleAndClean();
}

void PooledConnection::Start(StreamEvents& events, StreamTicket& ticket, BudgetToken request) {
  const bool reused = streams_started_++ != 0;
  const uint32_t most = upstream_->host().cluster().options().http.max_requests_per_connection;
  if (most != 0 && streams_started_ >= most && !close_after_) {
    close_after_ = true;
    upstream_->host().cluster().stats().upstream_cx_max_requests.Inc();
  }
  stream_.Begin(*codec_, events, ticket, std::move(request), reused);
}

void PooledConnection::CloseStale() {
  upstream_->NoteClosed(net::CloseInfo{net::CloseKind::kOrderly, true, nullptr}, stream_.active());
  Close();
}

void PooledConnection::Close() {
  if (state_ != State::kClosed) upstream_->connection().Close();  // goes on in OnClosed
}

void PooledConnection::CloseAfterStream() {
  close_after_ = true;
  if (state_ == State::kOpen && !stream_.active()) Close();
}

void PooledConnection::OnConnected() {
  upstream_->NoteConnected();
  Cluster& cluster = upstream_->host().cluster();
  const HttpPoolOptions& options = cluster.options().http;
  codec_ = MakeClientCodec(cluster, *this);
  upstream_->connection().SetInputFloor(options.http1.max_head_bytes + 1);
  state_ = State::kOpen;
  if (options.max_connection_duration > Duration{}) {
    max_duration_.emplace(cluster.loop(), [this] { OnMaxDuration(); });
    max_duration_->Arm(options.max_connection_duration);
  }
  timer_.Disarm();
  pool_.OnConnected(*this);
}

void PooledConnection::OnBytes(ByteChain& /*in*/, bool end) {
  input_ended_ = input_ended_ || end;
  Dispatch();
}

void PooledConnection::OnSpliced(uint64_t bytes, bool /*done*/) {
  if (state_ != State::kOpen) return;
  dispatching_ = true;
  stream_.BodySpliced(bytes);
  dispatching_ = false;
  if (state_ != State::kOpen) return;
  upstream_->CountBytes();
  Settle();
}

void PooledConnection::Dispatch() {
  if (state_ != State::kOpen) return;
  ByteChain& in = upstream_->connection().input();
  // Bytes that no request asked for belong to nobody.
  if (!stream_.active() && !in.empty()) {
    Close();
    return;
  }
  const bool was_active = stream_.active();
  dispatching_ = true;
  Result<> result = in.empty() ? Result<>() : codec_->Dispatch(in);
  if (state_ == State::kOpen && result && input_ended_ && !end_told_) {
    end_told_ = true;
    result = codec_->DispatchEnd();
  }
  dispatching_ = false;
  if (state_ != State::kOpen) return;
  upstream_->CountBytes();
  if (!result) {
    Fail(result.error(), was_active);
    return;
  }
  stream_.SpliceBody();
  Settle();
}

// The codec has told the exchange already.
void PooledConnection::Fail(const Error& error, bool was_active) {
  if (error.code == ErrorCode::kConnectionClosed) {
    upstream_->NoteClosed(net::CloseInfo{net::CloseKind::kOrderly, true, nullptr}, was_active);
    Close();
    return;
  }
  upstream_->host().cluster().stats().upstream_cx_protocol_error.Inc();
  Close();
}

void PooledConnection::OnStreamEnded() {
  settle_ = true;
  if (!dispatching_ && state_ == State::kOpen) upstream_->connection().loop().RunLater(*this);
}

// Decides what becomes of a connection that has nothing to do any more.
void PooledConnection::Settle() {
  if (state_ != State::kOpen || stream_.active()) return;
  if (input_ended_) {
    CloseStale();
    return;
  }
  if (!std::exchange(settle_, false)) return;
  if (close_after_ || !codec_->reusable() || !upstream_->connection().input().empty()) {
    Close();
    return;
  }
  pool_.OnIdle(*this);
}

void PooledConnection::BecomeIdle() {
  idle_since_ = upstream_->connection().loop().Now();
  const Duration idle = upstream_->host().cluster().options().http.idle_timeout;
  if (idle > Duration{} && !timer_.armed()) timer_.Arm(idle);
}

void PooledConnection::OutputReady() {
  net::Connection& connection = upstream_->connection();
  if (connection.output().size() >= kFlushAtOnceBytes) {
    connection.Flush();  // which may find the connection broken
  } else {
    connection.loop().RunLater(*this);
  }
}

void PooledConnection::OnInputWanted() { upstream_->connection().loop().RunLater(*this); }

void PooledConnection::OnOutputEnd() {
  upstream_->connection().EndOutput();
  upstream_->connection().loop().RunLater(*this);
}

void PooledConnection::OnGoaway(uint32_t /*last_id*/) { close_after_ = true; }

void PooledConnection::Run() {
  if (state_ != State::kOpen) return;
  upstream_->connection().Flush();
  if (state_ != State::kOpen) return;  // the flush may have found it broken
  if (!upstream_->connection().input().empty()) {
    Dispatch();
    return;
  }
  upstream_->CountBytes();
  Settle();
}

void PooledConnection::OnOutputHigh() {
  if (codec_ != nullptr) codec_->OnOutputHigh();
}

void PooledConnection::OnOutputLow() {
  if (codec_ != nullptr) codec_->OnOutputLow();
}

void PooledConnection::OnClosed(const net::CloseInfo& info) {
  const bool was_connecting = state_ == State::kConnecting;
  state_ = State::kClosed;
  timer_.Disarm();
  RunItem::Unlink();
  upstream_->NoteClosed(info, stream_.active());
  if (!was_connecting) {
    codec_->ConnectionLost(http::ResetReason::kConnectionTermination, Words(info));
    if (stream_.active()) stream_.OnStreamDone();
    Retire();
    return;
  }
  upstream_->NoteConnectFailed(timed_out_);
  PoolFailure failure;
  failure.reason =
      timed_out_ ? http::ResetReason::kConnectionTimeout : http::ResetReason::kConnectionFailure;
  failure.transport_failure = Words(info);
  failure.local = upstream_->connection().local();
  pool_.OnConnectFailed(*this, failure);
  Retire();
}

// Leaves the pool; dies when the loop has come back to itself. The pin on the host goes now.
void PooledConnection::Retire() {
  const std::unique_ptr<UpstreamConnection> upstream = std::move(upstream_);
  pool_.OnClosed(*this);
}

void PooledConnection::OnTimer() {
  Cluster& cluster = upstream_->host().cluster();
  if (state_ == State::kConnecting) {
    timed_out_ = true;
    Close();
    return;
  }
  const Duration idle = cluster.options().http.idle_timeout;
  if (stream_.active()) {
    timer_.Arm(idle);
    return;
  }
  const Duration left = idle_since_ + idle - cluster.loop().Now();
  if (left > Duration{}) {
    timer_.Arm(left);
    return;
  }
  cluster.stats().upstream_cx_idle_timeout.Inc();
  Close();
}

void PooledConnection::OnMaxDuration() {
  upstream_->host().cluster().stats().upstream_cx_max_duration_reached.Inc();
  CloseAfterStream();
}

}  // namespace sluice::upstream
