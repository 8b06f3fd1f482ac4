#include "tcp_proxy_filter.h"

#include <utility>

#include "sluice/stream/stream_info.h"

namespace sluice::filters::tcp_proxy {

using stream::ResponseFlag;
using upstream::ConnectFailure;

void TcpProxyFilter::ServerEvents::OnOutputHigh() {
  filter_.worker().stats().downstream_flow_control_paused_reading_total.Inc();
  filter_.client().PauseReading();
}

void TcpProxyFilter::ServerEvents::OnOutputLow() {
  filter_.worker().stats().downstream_flow_control_resumed_reading_total.Inc();
  filter_.client().ResumeReading();
}

TcpProxyFilter::~TcpProxyFilter() = default;

void TcpProxyFilter::Connect() { ticket_ = cluster().ConnectTcp(MakeLbContext(), *this); }

void TcpProxyFilter::OnTcpFailed(const upstream::TcpFailure& failure) {
  if (failure.host != nullptr && failure.reason != ConnectFailure::kOverflow) {
    failure.host->NoteLocal(failure.reason == ConnectFailure::kTimeout
                                ? upstream::LocalOutcome::kTimeout
                                : upstream::LocalOutcome::kConnectFailed);
  }
  stream::StreamInfo& info = host().info();
  if (failure.host != nullptr) {
    info.upstream_host.address = failed_host_ = failure.host->address_text();
    info.upstream_host.hostname = failed_hostname_ = failure.host->hostname();
  }
  // The ticket, and the words in it, go when the next attempt has begun or the session is over.
  const std::unique_ptr<upstream::ConnectTicket> ticket = std::move(ticket_);
  ConnectFailed(failure.reason, failure.error.detail, failure.may_retry);
}

void TcpProxyFilter::OnTcpConnected(std::unique_ptr<upstream::UpstreamConnection> upstream) {
  ticket_.reset();
  upstream_ = std::move(upstream);
  upstream_->host().NoteLocal(upstream::LocalOutcome::kConnectedFinal);
  server().SetEvents(&server_events_);
  FillInfo();
  Connected();
}

void TcpProxyFilter::FillInfo() {
  stream::StreamInfo& info = host().info();
  info.upstream_host.address = upstream_->host().address_text();
  info.upstream_host.hostname = upstream_->host().hostname();
  info.upstream_host.metadata = upstream_->host().entry().metadata.get();
  info.upstream_host.locality = upstream_->host().entry().place.get();
  server_local_ = server().local();
  server_remote_ = server().remote();
  info.upstream_local = &server_local_;
  info.upstream_remote = &server_remote_;
  info.upstream_connection_id = server().id();
  if (const stream::TlsInfo* tls = server().transport().tls_info()) {
    info.upstream_tls = LocalPin(*tls);
  }
}

// Bytes that nobody needs to see bypass us, both ways, as long as the connection lives.
void TcpProxyFilter::TrySplice() {
  if (!host().bytes_may_bypass()) return;
  const auto pipes_fit = [](net::Connection& from, net::Connection& to) {
    return from.transport().is_raw() && to.transport().writes_raw();
  };
  if (pipes_fit(client(), server())) client().StartSplice(server(), net::Connection::kUntilEnd);
  if (pipes_fit(server(), client())) server().StartSplice(client(), net::Connection::kUntilEnd);
}

void TcpProxyFilter::SendToServer(ByteChain& data, bool end) {
  server().output().Append(std::move(data));
  server().Flush();
  if (relaying()) upstream_->CountBytes();
  if (end && relaying()) server().EndOutput();
}

void TcpProxyFilter::OnServerBytes(ByteChain& in, bool end) {
  upstream_->CountBytes();
  ForwardToClient(in, end);
}

void TcpProxyFilter::OnSpliced(uint64_t bytes, bool /*done*/) {
  if (upstream_ != nullptr) upstream_->CountBytes();
  CountToServer(bytes);
}

void TcpProxyFilter::OnServerSpliced(uint64_t bytes) {
  upstream_->CountBytes();
  CountToClient(bytes);
}

void TcpProxyFilter::OnOutputHigh() {
  if (relaying()) server().PauseReading();
}

void TcpProxyFilter::OnOutputLow() {
  if (relaying()) server().ResumeReading();
}

// Both directions have said their end: each side gets what is still buffered for it, by itself.
void TcpProxyFilter::EndWhenBothEnded() {
  if (!client().output_ended() || !server().output_ended()) return;
  Over();
  worker().Linger(std::move(upstream_));
  client().CloseAfterFlush(kLinger);
}

void TcpProxyFilter::OnServerClosed(const net::CloseInfo& info) {
  if (!relaying()) return;
  Over();
  upstream_->NoteClosed(info, true);
  stream::StreamInfo& stream = host().info();
  const std::string_view reset = info.by_peer ? "RemoteReset" : "LocalReset";
  stream.upstream_close_type = info.kind == net::CloseKind::kReset ? reset : "Normal";
  if (info.kind == net::CloseKind::kOrderly) {
    client().CloseAfterFlush(kLinger);
    return;
  }
  stream.flags.Set(ResponseFlag::kUpstreamConnectionTermination);
  host().Close(net::CloseKind::kReset, "upstream_reset");
}

void TcpProxyFilter::LetServerFinish() { worker().Linger(std::move(upstream_)); }

void TcpProxyFilter::DropServer(net::CloseKind kind) {
  ticket_.reset();
  if (upstream_ == nullptr) return;
  if (server().state() != net::Connection::State::kClosed) {
    upstream_->NoteClosed({kind, false, nullptr}, true);
    if (kind == net::CloseKind::kReset) server().Reset();
  }
  upstream_.reset();
}

}  // namespace sluice::filters::tcp_proxy
