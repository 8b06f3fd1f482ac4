#include "tcp_proxy_filter.h"

#include <functional>
#include <utility>

#include "sluice/base/log.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::tcp_proxy {

using filter::NetworkStatus;
using stream::ResponseFlag;
using upstream::ConnectFailure;

namespace {

// How long a connection whose both sides have ended may take to hand its last bytes over.
constexpr Duration kLinger = std::chrono::seconds(30);

ResponseFlag FlagOf(ConnectFailure reason) {
  switch (reason) {
    case ConnectFailure::kNoHealthyHost: return ResponseFlag::kNoHealthyUpstream;
    case ConnectFailure::kOverflow: return ResponseFlag::kUpstreamOverflow;
    default: return ResponseFlag::kUpstreamConnectionFailure;
  }
}

}  // namespace

void TcpProxyFilter::ServerEvents::OnOutputHigh() {
  filter_.worker_.stats().downstream_flow_control_paused_reading_total.Inc();
  filter_.client().PauseReading();
}

void TcpProxyFilter::ServerEvents::OnOutputLow() {
  filter_.worker_.stats().downstream_flow_control_resumed_reading_total.Inc();
  filter_.client().ResumeReading();
}

TcpProxyFilter::TcpProxyFilter(TcpProxyWorker& worker) : worker_(worker) {
  worker.stats().downstream_cx_total.Inc();
}

TcpProxyFilter::~TcpProxyFilter() = default;

NetworkStatus TcpProxyFilter::OnNewConnection() {
  upstream::Cluster* cluster = worker_.PickCluster(host().info(), metadata_);
  if (cluster == nullptr) {
    worker_.stats().downstream_cx_no_route.Inc();
    host().info().flags.Set(ResponseFlag::kNoClusterFound);
    CloseBoth(net::CloseKind::kOrderly, "cluster_not_found");
    return NetworkStatus::kStop;
  }
  cluster_ = upstream::ClusterPin(*cluster);
  host().info().cluster_name = cluster->name();
  const TcpProxyPlan& plan = worker_.plan();
  if (plan.max_duration > Duration::zero()) {
    duration_timer_ = std::make_unique<Timer>(worker_.context().loop, [this] {
      worker_.stats().max_downstream_connection_duration.Inc();
      host().info().flags.Set(ResponseFlag::kDurationTimeout);
      CloseBoth(net::CloseKind::kOrderly, "max_duration");
    });
    duration_timer_->Arm(plan.max_duration);
  }
  if (plan.idle_timeout > Duration::zero()) {
    idle_timer_ = std::make_unique<Timer>(worker_.context().loop, [this] { OnIdle(); });
    idle_timer_->Arm(plan.idle_timeout);
  }
  if (plan.log_options.access_log_flush_interval) {
    log_timer_ = std::make_unique<Timer>(worker_.context().loop, [this] { WritePeriodicLog(); });
    log_timer_->Arm(*plan.log_options.access_log_flush_interval);
  }
  ConnectNext();
  return NetworkStatus::kContinue;
}

void TcpProxyFilter::ConnectNext() {
  ++attempts_;
  host().info().attempt_count = attempts_;
  upstream::LbContext context;
  context.downstream_remote = &client().remote();
  context.downstream_local = &client().local();
  context.metadata = metadata_;
  context.hash = worker_.Hash(client().remote(), host().info());
  ticket_ = cluster_->ConnectTcp(context, *this);
}

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
  ticket_.reset();
  if (failure.may_retry && attempts_ < worker_.plan().max_connect_attempts) {
    ConnectNext();
    return;
  }
  info.flags.Set(FlagOf(failure.reason));
  info.upstream_transport_failure_reason = failure_text_ = failure.error.detail;
  if (failure.reason != ConnectFailure::kNoHealthyHost &&
      attempts_ >= worker_.plan().max_connect_attempts) {
    worker_.CountAttemptsExceeded(*cluster_);
  }
  CloseBoth(net::CloseKind::kOrderly, "upstream_connect_failed");
}

void TcpProxyFilter::OnTcpConnected(std::unique_ptr<upstream::UpstreamConnection> upstream) {
  ticket_.reset();
  upstream_ = std::move(upstream);
  upstream_->host().NoteLocal(upstream::LocalOutcome::kConnectedFinal);
  const bool holding = std::exchange(state_, State::kRelaying) == State::kHolding;
  server().SetEvents(&server_events_);
  FillInfo();
  NoteActivity();
  if (worker_.plan().log_options.flush_access_log_on_connected) {
    worker_.WriteLogs(host().info(), log::EntryType::kTcpUpstreamConnected);
  }
  // What the client has sent meanwhile goes first.
  if (holding) ForwardToServer(client().input(), client().input_ended());
  if (state_ != State::kRelaying) return;
  TrySplice();
  if (holding) client().ResumeReading();
}

void TcpProxyFilter::FillInfo() {
  stream::StreamInfo& info = host().info();
  info.upstream_host.address = upstream_->host().address_text();
  info.upstream_host.hostname = upstream_->host().hostname();
  server_local_ = server().local();
  server_remote_ = server().remote();
  info.upstream_local = &server_local_;
  info.upstream_remote = &server_remote_;
  info.upstream_connection_id = server().id();
  info.MarkOnce(stream::Moment::kUpstreamConnectEnd, worker_.context().loop.Now());
}

// Bytes that nobody needs to see bypass us, both ways, as long as the connection lives.
void TcpProxyFilter::TrySplice() {
  if (!host().bytes_may_bypass()) return;
  if (!client().transport().is_raw() || !server().transport().is_raw()) return;
  client().StartSplice(server(), net::Connection::kUntilEnd);
  server().StartSplice(client(), net::Connection::kUntilEnd);
}

NetworkStatus TcpProxyFilter::OnData(ByteChain& data, bool end) {
  if (state_ == State::kRelaying) {
    ForwardToServer(data, end);
  } else if (state_ == State::kConnecting) {
    worker_.stats().early_data_received_count_total.Inc();
    state_ = State::kHolding;
    client().PauseReading();
  }
  return NetworkStatus::kContinue;
}

void TcpProxyFilter::ForwardToServer(ByteChain& data, bool end) {
  NoteActivity();
  worker_.stats().downstream_cx_rx_bytes_total.Add(data.size());
  host().info().bytes_received += data.size();
  server().output().Append(std::move(data));
  server().Flush();
  if (state_ == State::kRelaying) upstream_->CountBytes();
  if (end && state_ == State::kRelaying) {
    server().EndOutput();
    EndWhenBothEnded();
  }
}

void TcpProxyFilter::OnServerBytes(ByteChain& in, bool end) {
  NoteActivity();
  upstream_->CountBytes();
  worker_.stats().downstream_cx_tx_bytes_total.Add(in.size());
  host().info().bytes_sent += in.size();
  client().output().Append(std::move(in));
  client().Flush();
  if (end && state_ == State::kRelaying) {
    client().EndOutput();
    EndWhenBothEnded();
  }
}

void TcpProxyFilter::OnSpliced(uint64_t bytes, bool /*done*/) {
  NoteActivity();
  if (upstream_ != nullptr) upstream_->CountBytes();
  worker_.stats().downstream_cx_rx_bytes_total.Add(bytes);
  host().info().bytes_received += bytes;
}

void TcpProxyFilter::OnServerSpliced(uint64_t bytes, bool /*done*/) {
  NoteActivity();
  upstream_->CountBytes();
  worker_.stats().downstream_cx_tx_bytes_total.Add(bytes);
  host().info().bytes_sent += bytes;
}

void TcpProxyFilter::OnOutputHigh() {
  if (state_ == State::kRelaying) server().PauseReading();
}

void TcpProxyFilter::OnOutputLow() {
  if (state_ == State::kRelaying) server().ResumeReading();
}

// Both directions have said their end: each side gets what is still buffered for it, by itself.
void TcpProxyFilter::EndWhenBothEnded() {
  if (!client().output_ended() || !server().output_ended()) return;
  state_ = State::kClosed;
  worker_.Linger(std::move(upstream_));
  client().CloseAfterFlush(kLinger);
}

void TcpProxyFilter::OnServerClosed(const net::CloseInfo& info) {
  if (state_ != State::kRelaying) return;
  state_ = State::kClosed;
  upstream_->NoteClosed(info, true);
  stream::StreamInfo& stream = host().info();
  stream.upstream_close_type = info.kind == net::CloseKind::kReset ? "RemoteReset" : "Normal";
  if (info.kind == net::CloseKind::kOrderly) {
    client().CloseAfterFlush(kLinger);
    return;
  }
  stream.flags.Set(ResponseFlag::kUpstreamConnectionTermination);
  host().Close(net::CloseKind::kReset, "upstream_reset");
}

void TcpProxyFilter::OnClosed(const net::CloseInfo& info) {
  const State was = std::exchange(state_, State::kClosed);
  if (was != State::kClosed && info.by_peer) {
    host().info().flags.Set(ResponseFlag::kDownstreamConnectionTermination);
  }
  if (was == State::kRelaying && info.kind == net::CloseKind::kOrderly) {
    worker_.Linger(std::move(upstream_));
  } else {
    DropServer(net::CloseKind::kReset);
  }
  ticket_.reset();
  idle_timer_.reset();
  duration_timer_.reset();
  log_timer_.reset();
  worker_.WriteLogs(host().info(), log::EntryType::kTcpConnectionEnd);
}

void TcpProxyFilter::DropServer(net::CloseKind kind) {
  if (upstream_ == nullptr) return;
  if (server().state() != net::Connection::State::kClosed) {
    upstream_->NoteClosed({kind, false, nullptr}, true);
    if (kind == net::CloseKind::kReset) server().Reset();
  }
  upstream_.reset();
}

void TcpProxyFilter::CloseBoth(net::CloseKind kind, std::string_view details) {
  state_ = State::kClosed;
  ticket_.reset();
  DropServer(kind);
  host().Close(kind, details);
}

void TcpProxyFilter::OnDrain(bool hard) {
  if (hard) CloseBoth(net::CloseKind::kOrderly, "drained");
}

void TcpProxyFilter::NoteActivity() {
  if (idle_timer_ != nullptr) idle_timer_->Arm(worker_.plan().idle_timeout);
}

void TcpProxyFilter::WritePeriodicLog() {
  worker_.WriteLogs(host().info(), log::EntryType::kTcpPeriodic);
  log_timer_->Arm(*worker_.plan().log_options.access_log_flush_interval);
}

void TcpProxyFilter::OnIdle() {
  worker_.stats().idle_timeout.Inc();
  host().info().flags.Set(ResponseFlag::kStreamIdleTimeout);
  CloseBoth(net::CloseKind::kOrderly, "tcp_session_idle_timeout");
}

}  // namespace sluice::filters::tcp_proxy
