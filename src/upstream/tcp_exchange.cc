#include "tcp_exchange.h"

#include <utility>

#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

// How long a socket whose both sides have ended may take to hand its last bytes over.
constexpr Duration kLinger = std::chrono::seconds(30);

http::ResetReason ReasonOf(ConnectFailure failure) {
  switch (failure) {
    case ConnectFailure::kOverflow: return http::ResetReason::kOverflow;
    case ConnectFailure::kTimeout: return http::ResetReason::kConnectionTimeout;
    case ConnectFailure::kNoHealthyHost:
    case ConnectFailure::kFailed: break;
  }
  return http::ResetReason::kConnectionFailure;
}

}  // namespace

TcpExchange::TcpExchange(Cluster& cluster, StreamEvents& events, StreamTicket& ticket,
                         std::string_view first_bytes)
    : cluster_(cluster), events_(events), first_bytes_(first_bytes) {
  ticket_ = &ticket;
  ticket.stream_ = this;
}

TcpExchange::~TcpExchange() {
  if (ticket_ != nullptr) ticket_->stream_ = nullptr;
}

void TcpExchange::Begin(Host& host, const LbContext& context) {
  host_ = &host;
  connect_ = cluster_.ConnectTcp(host, context, *this);
}

void TcpExchange::OnTcpFailed(const TcpFailure& failure) {
  Fail(ReasonOf(failure.reason), failure.error.detail);
}

void TcpExchange::Fail(http::ResetReason reason, std::string_view words) {
  state_ = State::kOver;
  std::exchange(ticket_, nullptr)->stream_ = nullptr;
  cluster_.Bury(*this);
  PoolFailure told;
  told.reason = reason;
  told.transport_failure = words;
  events_.OnStreamFailed(told);
}

void TcpExchange::OnTcpConnected(std::unique_ptr<UpstreamConnection> upstream) {
  connect_.reset();
  request_ = BudgetToken::Take(cluster_.breaker(Priority::kDefault).requests, cluster_.slot());
  if (!request_) {
    cluster_.stats().upstream_rq_pending_overflow.Inc();
    return Fail(http::ResetReason::kOverflow, {});  // the connection goes with its argument
  }
  upstream_ = std::move(upstream);
  connection_ = &upstream_->connection();
  connection_->SetEvents(this);
  connection_->PauseReading();  // until the answer has been given
  state_ = State::kOpen;
  ClusterStats& stats = cluster_.stats();
  stats.upstream_rq_total.Inc();
  stats.upstream_rq_active.Inc();
  HostCells::Add(host_->cells().rq_total);
  HostCells::Add(host_->cells().rq_active);
  if (!first_bytes_.empty()) connection_->output().Append(first_bytes_);
  codec_ = this;
  sink_ = &events_.ResponseSink();
  events_.OnStreamReady(*this);
  if (sink_ != nullptr) Answer();
  if (state_ != State::kOver) connection_->ResumeReading();
}

void TcpExchange::Answer() {
  http::HeaderMap& head = sink_->HeadMap();
  head.Clear();
  head.AddView(http::HeaderId::kStatus, "200");
  sink_->OnHead(false);
}

// --- Sending.

void TcpExchange::SendHead(const http::HeaderMap& /*head*/, bool end) {
  connection_->Flush();
  if (end) EndOutput();
}

void TcpExchange::SendData(ByteChain& data, bool end) {
  if (state_ != State::kOpen) return data.Clear();
  counted_.wire_out += data.size();
  connection_->output().Append(std::move(data));
  connection_->Flush();
  if (end) EndOutput();
}

void TcpExchange::SendTrailers(const http::HeaderMap& /*trailers*/) { EndOutput(); }

void TcpExchange::EndOutput() {
  if (state_ != State::kOpen || std::exchange(sent_end_, true)) return;
  connection_->EndOutput();
  CheckEnded();
}

void TcpExchange::OnOutputHigh() {
  cluster_.stats().upstream_flow_control_backed_up_total.Inc();
  if (sink_ != nullptr) sink_->OnOutputHigh();
}

void TcpExchange::OnOutputLow() {
  cluster_.stats().upstream_flow_control_drained_total.Inc();
  if (sink_ != nullptr) sink_->OnOutputLow();
}

// --- Receiving.

void TcpExchange::OnBytes(ByteChain& in, bool end) {
  if (state_ != State::kOpen || sink_ == nullptr) return in.Clear();
  counted_.wire_in += in.size();
  read_end_ = read_end_ || end;
  sink_->OnData(in, end);
  in.Clear();
  upstream_->CountBytes();
  CheckEnded();
}

void TcpExchange::PauseReading() {
  cluster_.stats().upstream_flow_control_paused_reading_total.Inc();
  if (state_ == State::kOpen) connection_->PauseReading();
}

void TcpExchange::ResumeReading() {
  cluster_.stats().upstream_flow_control_resumed_reading_total.Inc();
  if (state_ == State::kOpen) connection_->ResumeReading();
}

// --- The end.

// Both directions have said their end. The asker is told later, never from inside its own call.
void TcpExchange::CheckEnded() {
  if (state_ != State::kOpen || !sent_end_ || !read_end_) return;
  state_ = State::kEnding;
  cluster_.loop().RunLater(*this);
}

void TcpExchange::Run() {
  if (state_ != State::kEnding) return;
  connection_->CloseAfterFlush(kLinger);  // goes on in OnClosed, perhaps at once
  Release();
}

void TcpExchange::OnClosed(const net::CloseInfo& info) {
  const State was = std::exchange(state_, State::kOver);
  upstream_->CountBytes();
  upstream_->NoteClosed(info, was == State::kOpen);
  if (was == State::kOpen && sink_ != nullptr) {
    sink_->OnReset(http::ResetReason::kConnectError, info.error != nullptr
                                                         ? std::string_view(info.error->detail)
                                                         : std::string_view());
  }
  Release();
  RunItem::Unlink();
  cluster_.Bury(*this);
}

void TcpExchange::OnTicketDropped(http::ResetReason /*reason*/) {
  const State was = state_;
  sink_ = nullptr;
  ticket_ = nullptr;
  if (was == State::kConnecting) {
    state_ = State::kOver;
    connect_.reset();
    cluster_.Bury(*this);
    return;
  }
  if (was == State::kOpen) {
    cluster_.stats().upstream_rq_tx_reset.Inc();
    connection_->Reset();  // goes on in OnClosed
  }
}

// The asker's part is over.
void TcpExchange::Release() {
  if (codec_ == nullptr) return;
  bytes_ = counted_;
  codec_ = nullptr;
  cluster_.stats().upstream_rq_active.Dec();
  HostCells::Sub(host_->cells().rq_active);
  request_.Reset();
  if (http::MessageSink* sink = std::exchange(sink_, nullptr)) sink->OnStreamDone();
  if (StreamTicket* ticket = std::exchange(ticket_, nullptr)) ticket->stream_ = nullptr;
}

}  // namespace sluice::upstream
