#include "proxy_session.h"

#include <utility>

namespace sluice::filters::tcp_proxy {

using filter::NetworkStatus;
using stream::ResponseFlag;
using upstream::ConnectFailure;

namespace {

ResponseFlag FlagOf(ConnectFailure reason) {
  switch (reason) {
    case ConnectFailure::kNoHealthyHost: return ResponseFlag::kNoHealthyUpstream;
    case ConnectFailure::kOverflow: return ResponseFlag::kUpstreamOverflow;
    default: return ResponseFlag::kUpstreamConnectionFailure;
  }
}

}  // namespace

ProxySession::ProxySession(TcpProxyWorker& worker) : worker_(worker) {
  worker.stats().downstream_cx_total.Inc();
}

ProxySession::~ProxySession() = default;

NetworkStatus ProxySession::OnNewConnection() {
  upstream::Cluster* cluster = worker_.PickCluster(host().info(), metadata_);
  if (cluster == nullptr) {
    worker_.stats().downstream_cx_no_route.Inc();
    host().info().flags.Set(ResponseFlag::kNoClusterFound);
    CloseBoth(net::CloseKind::kOrderly, "cluster_not_found");
    return NetworkStatus::kStop;
  }
  cluster_ = upstream::ClusterPin(*cluster);
  host().info().cluster_name = cluster->name();
  ArmTimers();
  BeginAttempt();
  return NetworkStatus::kContinue;
}

void ProxySession::ArmTimers() {
  const TcpProxyPlan& plan = worker_.plan();
  EventLoop& loop = worker_.context().loop;
  if (plan.max_duration > Duration::zero()) {
    duration_timer_ = std::make_unique<Timer>(loop, [this] {
      worker_.stats().max_downstream_connection_duration.Inc();
      host().info().flags.Set(ResponseFlag::kDurationTimeout);
      CloseBoth(net::CloseKind::kOrderly, "max_duration");
    });
    duration_timer_->Arm(plan.max_duration);
  }
  if (plan.idle_timeout > Duration::zero()) {
    idle_timer_ = std::make_unique<Timer>(loop, [this] { OnIdle(); });
    idle_timer_->Arm(plan.idle_timeout);
  }
  if (plan.log_options.access_log_flush_interval) {
    log_timer_ = std::make_unique<Timer>(loop, [this] { WritePeriodicLog(); });
    log_timer_->Arm(*plan.log_options.access_log_flush_interval);
  }
}

// --- Connecting.

void ProxySession::BeginAttempt() {
  ++attempts_;
  host().info().attempt_count = attempts_;
  Connect();
}

upstream::LbContext ProxySession::MakeLbContext() {
  upstream::LbContext context;
  context.downstream_remote = &client().remote();
  context.downstream_local = &client().local();
  const stream::ConnectionInfo* connection = host().info().connection;
  if (connection != nullptr) {
    context.local_restored = connection->local_restored;
    context.proxied_tlvs = connection->proxied_tlvs;
  }
  context.metadata = metadata_;
  context.hash = worker_.Hash(client().remote(), host().info());
  return context;
}

void ProxySession::ConnectFailed(ConnectFailure reason, std::string_view detail, bool may_retry) {
  if (state_ == State::kClosed) return;
  const uint32_t most = worker_.plan().max_connect_attempts;
  if (may_retry && attempts_ < most) {
    BeginAttempt();
    return;
  }
  stream::StreamInfo& info = host().info();
  info.flags.Set(FlagOf(reason));
  info.upstream_transport_failure_reason = failure_text_ = detail;
  if (reason != ConnectFailure::kNoHealthyHost && attempts_ >= most) {
    worker_.CountAttemptsExceeded(*cluster_);
  }
  CloseBoth(net::CloseKind::kOrderly, "upstream_connect_failed");
}

void ProxySession::Connected() {
  const bool holding = std::exchange(state_, State::kRelaying) == State::kHolding;
  host().info().MarkOnce(stream::Moment::kUpstreamConnectEnd, worker_.context().loop.Now());
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

// --- Relaying.

NetworkStatus ProxySession::OnData(ByteChain& data, bool end) {
  if (state_ == State::kRelaying) {
    ForwardToServer(data, end);
  } else if (state_ == State::kConnecting) {
    worker_.stats().early_data_received_count_total.Inc();
    state_ = State::kHolding;
    client().PauseReading();
  }
  return NetworkStatus::kContinue;
}

void ProxySession::ForwardToServer(ByteChain& data, bool end) {
  CountToServer(data.size());
  SendToServer(data, end);
  if (end && state_ == State::kRelaying) ClientEnded();
}

void ProxySession::ForwardToClient(ByteChain& data, bool end) {
  CountToClient(data.size());
  client().output().Append(std::move(data));
  client().Flush();
  if (end && state_ == State::kRelaying) {
    client().EndOutput();
    ServerEnded();
  }
}

void ProxySession::CountToServer(uint64_t bytes) {
  NoteActivity();
  worker_.stats().downstream_cx_rx_bytes_total.Add(bytes);
  host().info().bytes_received += bytes;
}

void ProxySession::CountToClient(uint64_t bytes) {
  NoteActivity();
  worker_.stats().downstream_cx_tx_bytes_total.Add(bytes);
  host().info().bytes_sent += bytes;
}

// --- The end.

void ProxySession::OnClosed(const net::CloseInfo& info) {
  const State was = std::exchange(state_, State::kClosed);
  if (was != State::kClosed && info.by_peer) {
    host().info().flags.Set(ResponseFlag::kDownstreamConnectionTermination);
  }
  if (was == State::kRelaying && info.kind == net::CloseKind::kOrderly) {
    LetServerFinish();
  } else {
    DropServer(net::CloseKind::kReset);
  }
  idle_timer_.reset();
  duration_timer_.reset();
  log_timer_.reset();
  worker_.WriteLogs(host().info(), log::EntryType::kTcpConnectionEnd);
}

void ProxySession::CloseBoth(net::CloseKind kind, std::string_view details) {
  state_ = State::kClosed;
  DropServer(kind);
  host().Close(kind, details);
}

void ProxySession::OnDrain(bool hard) {
  if (hard) CloseBoth(net::CloseKind::kOrderly, "drained");
}

void ProxySession::NoteActivity() {
  if (idle_timer_ != nullptr) idle_timer_->Arm(worker_.plan().idle_timeout);
}

void ProxySession::WritePeriodicLog() {
  worker_.WriteLogs(host().info(), log::EntryType::kTcpPeriodic);
  log_timer_->Arm(*worker_.plan().log_options.access_log_flush_interval);
}

void ProxySession::OnIdle() {
  worker_.stats().idle_timeout.Inc();
  host().info().flags.Set(ResponseFlag::kStreamIdleTimeout);
  CloseBoth(net::CloseKind::kOrderly, "tcp_session_idle_timeout");
}

}  // namespace sluice::filters::tcp_proxy
