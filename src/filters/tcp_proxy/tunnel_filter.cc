#include "tunnel_filter.h"

#include <utility>

#include "sluice/stream/stream_info.h"

namespace sluice::filters::tcp_proxy {

using stream::ResponseFlag;

TunnelFilter::~TunnelFilter() { DropServer(net::CloseKind::kReset); }

void TunnelFilter::Connect() {
  DropServer(net::CloseKind::kReset);  // of the attempt before
  TunnelUser& user = *this;
  tunnel_ =
      std::make_unique<TunnelUpstream>(*worker().plan().tunnel, user, worker().context().loop);
  tunnel_->Begin(cluster(), MakeLbContext(), host().info());
}

void TunnelFilter::OnTunnelOpen(upstream::UpstreamStream& stream) {
  stream::StreamInfo& info = host().info();
  host_pin_ = stream.host_pin();
  info.upstream_host.address = stream.host().address_text();
  info.upstream_host.hostname = stream.host().hostname();
  server_local_ = stream.connection().local();
  server_remote_ = stream.connection().remote();
  info.upstream_local = &server_local_;
  info.upstream_remote = &server_remote_;
  info.upstream_protocol = stream.codec().version();
  info.upstream_connection_id = stream.connection().id();
  Connected();
}

void TunnelFilter::OnTunnelState(std::string_view name,
                                 std::unique_ptr<stream::FilterStateObject> state) {
  host().info().filter_state().Set(name, std::move(state));
}

// --- Back-pressure.

void TunnelFilter::OnTunnelHigh() {
  if (std::exchange(client_paused_, true)) return;
  worker().stats().downstream_flow_control_paused_reading_total.Inc();
  client().PauseReading();
}

void TunnelFilter::OnTunnelLow() {
  if (!std::exchange(client_paused_, false)) return;
  worker().stats().downstream_flow_control_resumed_reading_total.Inc();
  client().ResumeReading();
}

void TunnelFilter::OnOutputHigh() {
  if (relaying()) tunnel_->Pause();
}

void TunnelFilter::OnOutputLow() {
  if (relaying()) tunnel_->Resume();
}

// --- The end.

void TunnelFilter::EndWhenBothEnded() {
  if (!client().output_ended() || !tunnel_->ended()) return;
  Over();
  LetServerFinish();
  client().CloseAfterFlush(kLinger);
}

void TunnelFilter::OnTunnelReset(std::string_view /*detail*/) {
  if (!relaying()) return;
  stream::StreamInfo& info = host().info();
  info.upstream_close_type = "RemoteReset";
  info.flags.Set(ResponseFlag::kUpstreamConnectionTermination);
  CloseBoth(net::CloseKind::kReset, "upstream_reset");
}

void TunnelFilter::LetServerFinish() { worker().Linger(std::move(tunnel_)); }

void TunnelFilter::DropServer(net::CloseKind /*kind*/) {
  if (tunnel_ == nullptr) return;
  tunnel_->Abandon();
  worker().context().loop.DeferDelete(std::move(tunnel_));
}

}  // namespace sluice::filters::tcp_proxy
