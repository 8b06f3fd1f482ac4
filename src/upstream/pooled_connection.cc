#include "pooled_connection.h"

#include <algorithm>
#include <utility>

#include "client_codec.h"
#include "pings.h"
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
      timer_(host.cluster().loop(), [this] { OnTimer(); }) {
  upstream_->connection().SetEvents(this);
  timer_.Arm(host.cluster().options().connect_timeout);
}

PooledConnection::~PooledConnection() = default;

bool PooledConnection::CanTake() const {
  return state_ == State::kOpen && !close_after_ && !input_ended_ && streams_.size() < limit_ &&
         codec_->reusable();
}

// A connection with exchanges on it, or whose peer may speak at any time, shows by itself when it
// is dead.
bool PooledConnection::Usable() {
  return CanTake() && (multiplexed() || upstream_->connection().IdleAndClean());
}

void PooledConnection::Start(StreamEvents& events, StreamTicket& ticket, BudgetToken request) {
  const bool reused = streams_started_++ != 0;
  const uint32_t most = upstream_->host().cluster().options().http.max_requests_per_connection;
  if (most != 0 && streams_started_ >= most && !close_after_) {
    close_after_ = true;
    upstream_->host().cluster().stats().upstream_cx_max_requests.Inc();
  }
  if (pings_ != nullptr && streams_.empty()) {
    DoPing(pings_->keepalive.OnNewStream(idle_since_, upstream_->connection().loop().Now()));
  }
  std::unique_ptr<PooledStream> lent = pool_.LendStream();
  PooledStream& stream = *lent;
  stream.place = streams_.size();
  streams_.push_back(std::move(lent));
  stream.Begin(*this, events, ticket, std::move(request), reused);
}

void PooledConnection::CloseStale() {
  upstream_->NoteClosed(net::CloseInfo{net::CloseKind::kOrderly, true, nullptr}, has_streams());
  Close();
}

void PooledConnection::Close() {
  if (state_ != State::kClosed) upstream_->connection().Close();  // goes on in OnClosed
}

void PooledConnection::CloseAfterStreams() {
  close_after_ = true;
  if (state_ != State::kOpen) return;
  if (!has_streams()) return Close();
  if (multiplexed()) codec_->StartDrain();
}

void PooledConnection::OnConnected() {
  upstream_->NoteConnected();
  Cluster& cluster = upstream_->host().cluster();
  const HttpPoolOptions& options = cluster.options().http;
  const http::Version version = pool_.VersionOf(upstream_->connection().transport().alpn());
  codec_ = MakeClientCodec(cluster, version, *this);
  state_ = State::kOpen;
  if (multiplexed()) {
    StartPings();
    OutputReady();  // the preface
  } else {
    upstream_->connection().SetInputFloor(options.http1.max_head_bytes + 1);
  }
  if (options.max_connection_duration > Duration{}) {
    max_duration_.emplace(cluster.loop(), [this] { OnMaxDuration(); });
    max_duration_->Arm(options.max_connection_duration);
  }
  timer_.Disarm();
  const uint32_t expected = std::exchange(limit_, codec_->max_concurrent_streams());
  pool_.OnConnected(*this, expected);
}

// --- Input.

void PooledConnection::OnBytes(ByteChain& /*in*/, bool end) {
  input_ended_ = input_ended_ || end;
  Dispatch();
}

void PooledConnection::OnSpliced(uint64_t bytes, bool /*done*/) {
  if (state_ != State::kOpen) return;
  dispatching_ = true;
  if (has_streams()) streams_.front()->BodySpliced(bytes);
  dispatching_ = false;
  if (state_ != State::kOpen) return;
  upstream_->CountBytes();
  Settle();
}

void PooledConnection::Dispatch() {
  if (state_ != State::kOpen) return;
  ByteChain& in = upstream_->connection().input();
  const bool was_active = has_streams();
  // Bytes that no request asked for belong to nobody.
  if (!was_active && !multiplexed() && !in.empty()) {
    Close();
    return;
  }
  const bool wanted = std::exchange(input_wanted_, false);
  dispatching_ = true;
  Result<> result = in.empty() && !wanted ? Result<>() : codec_->Dispatch(in);
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
  if (multiplexed()) {
    NoteLimit();
  } else if (has_streams()) {
    streams_.front()->SpliceBody();
  }
  Settle();
}

// The codec has told the exchanges already.
void PooledConnection::Fail(const Error& error, bool was_active) {
  if (error.code == ErrorCode::kConnectionClosed) {
    upstream_->NoteClosed(net::CloseInfo{net::CloseKind::kOrderly, true, nullptr}, was_active);
    Close();
    return;
  }
  upstream_->host().cluster().stats().upstream_cx_protocol_error.Inc();
  if (multiplexed()) Flush();  // the GOAWAY that says why
  Close();
}

// The peer may allow more or fewer exchanges than before (SETTINGS).
void PooledConnection::NoteLimit() {
  const uint32_t before = std::exchange(limit_, codec_->max_concurrent_streams());
  if (before == limit_) return;
  settle_ = true;
  pool_.OnLimitChanged(*this);
}

void PooledConnection::OnStreamEnded(PooledStream& stream) {
  settle_ = true;
  const size_t at = stream.place;
  ended_.push_back(std::move(streams_[at]));
  if (at + 1 != streams_.size()) {
    streams_[at] = std::move(streams_.back());
    streams_[at]->place = at;
  }
  streams_.pop_back();
  if (!dispatching_ && state_ == State::kOpen) upstream_->connection().loop().RunLater(*this);
}

// Nothing of an exchange is on the stack: decides what becomes of the connection.
void PooledConnection::Settle() {
  if (state_ != State::kOpen) return;
  pool_.TakeBack(ended_);
  const bool idle = !has_streams();
  if (idle && input_ended_) {
    CloseStale();
    return;
  }
  if (!std::exchange(settle_, false)) return;
  const bool left_over = !multiplexed() && !upstream_->connection().input().empty();
  if (idle && (close_after_ || !codec_->reusable() || left_over)) {
    Close();
    return;
  }
  pool_.OnReady(*this);
}

void PooledConnection::BecomeIdle() {
  idle_since_ = upstream_->connection().loop().Now();
  const Duration idle = upstream_->host().cluster().options().http.idle_timeout;
  if (idle > Duration{} && !timer_.armed()) timer_.Arm(idle);
}

// --- http::CodecHost

void PooledConnection::OutputReady() {
  net::Connection& connection = upstream_->connection();
  if (!multiplexed() && connection.output().size() >= kFlushAtOnceBytes) {
    connection.Flush();  // which may find the connection broken
  } else {
    connection.loop().RunLater(*this);
  }
}

void PooledConnection::OnInputWanted() {
  input_wanted_ = true;
  upstream_->connection().loop().RunLater(*this);
}

void PooledConnection::OnOutputEnd() {
  upstream_->connection().EndOutput();
  upstream_->connection().loop().RunLater(*this);
}

void PooledConnection::OnGoaway(uint32_t /*last_id*/) {
  goaway_ = close_after_ = settle_ = true;
  pool_.OnUnready(*this);
  if (!dispatching_) upstream_->connection().loop().RunLater(*this);
}

void PooledConnection::Run() {
  if (state_ != State::kOpen) return;
  Flush();
  if (state_ != State::kOpen) return;  // the flush may have found it broken
  if (!upstream_->connection().input().empty() || input_wanted_) {
    Dispatch();
    return;
  }
  upstream_->CountBytes();
  Settle();
}

void PooledConnection::Flush() {
  net::Connection& connection = upstream_->connection();
  bool more = true;
  while (more && state_ == State::kOpen) {
    more = codec_->WriteOutput();
    connection.Flush();
  }
}

void PooledConnection::OnOutputHigh() {
  if (codec_ != nullptr) codec_->OnOutputHigh();
}

void PooledConnection::OnOutputLow() {
  if (codec_ != nullptr) codec_->OnOutputLow();
}

void PooledConnection::OnQuiet() {
  if (codec_ != nullptr) codec_->OnQuiet();
}

// --- The end.

void PooledConnection::OnClosed(const net::CloseInfo& info) {
  const bool was_connecting = state_ == State::kConnecting;
  state_ = State::kClosed;
  timer_.Disarm();
  pings_.reset();
  RunItem::Unlink();
  upstream_->NoteClosed(info, has_streams());
  if (!was_connecting) {
    codec_->ConnectionLost(http::ResetReason::kConnectionTermination, Words(info));
    while (has_streams()) streams_.back()->Abandon();
    Retire();
    return;
  }
  upstream_->NoteConnectFailed(timed_out_, info.error);
  PoolFailure failure;
  failure.reason =
      timed_out_ ? http::ResetReason::kConnectionTimeout : http::ResetReason::kConnectionFailure;
  failure.transport_failure = Words(info);
  failure.local = upstream_->connection().local();
  pool_.OnConnectFailed(*this, failure);
  Retire();
}

// Leaves the pool; dies when the loop has come back to itself. The place goes first, for those that
// wait for one, and the pin on the host last.
void PooledConnection::Retire() {
  const std::unique_ptr<UpstreamConnection> upstream = std::move(upstream_);
  upstream->ReleasePlace();
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
  if (has_streams()) {
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
  pool_.OnUnready(*this);
  CloseAfterStreams();
}

}  // namespace sluice::upstream
