#include "pooled_stream.h"

#include <utility>

#include "pooled_connection.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

void PooledStream::Begin(PooledConnection& owner, StreamEvents& events, StreamTicket& ticket,
                         BudgetToken request, bool reused) {
  owner_ = &owner;
  connection_ = &owner.upstream_->connection();
  host_ = &owner.upstream_->host();
  ticket_ = &ticket;
  request_ = std::move(request);
  reused_ = reused;
  unprocessed_ = false;
  read_before_ = connection_->bytes_read();
  pauses_ = 0;
  ClusterStats& stats = host_->cluster().stats();
  stats.upstream_rq_total.Inc();
  stats.upstream_rq_active.Inc();
  HostCells::Add(host_->cells().rq_total);
  HostCells::Add(host_->cells().rq_active);
  ticket.stream_ = this;
  sink_ = &events.ResponseSink();
  codec_ = &owner.codec_->NewStream(*this);
  events.OnStreamReady(*this);
}

MonoTime PooledStream::connect_end() const { return owner_->upstream_->connected_at(); }

bool PooledStream::response_started() const { return connection_->bytes_read() != read_before_; }

void PooledStream::CloseConnectionAfter() { owner_->close_after_ = true; }

// With one exchange on the connection its socket rests; with many only the exchange does.
void PooledStream::PauseReading() {
  if (codec_ == nullptr) return;
  if (pauses_++ == 0) {
    host_->cluster().stats().upstream_flow_control_paused_reading_total.Inc();
    if (!owner_->multiplexed()) connection_->PauseReading();
  }
  codec_->PauseReading();
}

void PooledStream::ResumeReading() {
  if (codec_ == nullptr || pauses_ == 0) return;
  if (--pauses_ == 0) {
    host_->cluster().stats().upstream_flow_control_resumed_reading_total.Inc();
    if (!owner_->multiplexed()) connection_->ResumeReading();
  }
  codec_->ResumeReading();
}

void PooledStream::SpliceBody() {
  if (codec_ == nullptr || sink_ == nullptr || connection_->splicing()) return;
  const uint64_t length = codec_->SpliceableInput();
  if (!connection_->WorthSplicing(length)) return;
  if (net::Connection* target = sink_->SpliceTarget(length)) {
    connection_->StartSplice(*target, length);
  }
}

void PooledStream::BodySpliced(uint64_t bytes) {
  if (codec_ == nullptr) return;
  if (sink_ != nullptr) sink_->OnSpliced(bytes);
  if (codec_ != nullptr) codec_->SplicedInput(bytes);
}

void PooledStream::OnReset(http::ResetReason reason, std::string_view detail) {
  if (sink_ == nullptr) return;
  if (reason == http::ResetReason::kRemoteReset || reason == http::ResetReason::kRemoteRefused) {
    host_->cluster().stats().upstream_rq_rx_reset.Inc();
  }
  // RFC 9113 section 6.8: what lies above a GOAWAY's last stream has not been looked at.
  unprocessed_ = reason == http::ResetReason::kRemoteRefused && owner_->goaway_;
  sink_->OnReset(reason, detail);
}

void PooledStream::OnOutputHigh() {
  host_->cluster().stats().upstream_flow_control_backed_up_total.Inc();
  if (sink_ != nullptr) sink_->OnOutputHigh();
}

void PooledStream::OnOutputLow() {
  host_->cluster().stats().upstream_flow_control_drained_total.Inc();
  if (sink_ != nullptr) sink_->OnOutputLow();
}

void PooledStream::OnStreamDone() {
  if (codec_ == nullptr) return;
  bytes_ = codec_->bytes();
  codec_ = nullptr;
  // A pause belongs to the exchange; the connection goes on without it.
  if (std::exchange(pauses_, 0) != 0 && !owner_->multiplexed()) connection_->ResumeReading();
  host_->cluster().stats().upstream_rq_active.Dec();
  HostCells::Sub(host_->cells().rq_active);
  request_.Reset();
  http::MessageSink* sink = std::exchange(sink_, nullptr);
  owner_->OnStreamEnded(*this);
  if (sink != nullptr) sink->OnStreamDone();
  if (StreamTicket* ticket = std::exchange(ticket_, nullptr)) ticket->stream_ = nullptr;
}

void PooledStream::OnTicketDropped(http::ResetReason reason) {
  ticket_ = nullptr;
  sink_ = nullptr;
  if (codec_ == nullptr) return;
  host_->cluster().stats().upstream_rq_tx_reset.Inc();
  if (!owner_->multiplexed()) owner_->close_after_ = true;
  codec_->Reset(reason);
  if (codec_ != nullptr) OnStreamDone();  // a codec need not tell whoever asked for it
}

void StreamTicket::Drop(http::ResetReason reason) {
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->OnTicketDropped(reason);
  if (pool_ != nullptr) pool_->Cancel(*this);
}

}  // namespace sluice::upstream
