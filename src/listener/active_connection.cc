#include "active_connection.h"

#include <utility>

#include "sluice/base/log.h"
#include "worker_listener.h"

namespace sluice::listener {

using filter::ListenerStatus;

ActiveConnection::ActiveConnection(WorkerListener& listener, net::AcceptedSocket socket)
    : listener_(listener),
      connection_(listener.worker().loop, socket.fd.Release(), socket.local, socket.remote,
                  net::MakeRawTransport()),
      arrival_(std::make_unique<Arrival>()),
      chain_(*this) {
  connection_.SetEvents(this);
  connection_.SetBufferLimit(listener.plan().buffer_limit);
  accepted().direct_remote = connection_.remote();
  accepted().direct_local = connection_.local();
  accepted().transport_protocol = "raw_buffer";
  DescribeConnection();
  SLUICE_LOG(kConnection, kDebug, "[C{}] new connection from {}", connection_.id(),
             connection_.remote().ToString());
}

void ActiveConnection::DescribeConnection() {
  connection_info_.id = connection_.id();
  connection_info_.start = connection_.created();
  connection_info_.remote = &connection_.remote();
  connection_info_.direct_remote = &accepted().direct_remote;
  connection_info_.listener_name = listener_.plan().name;
  connection_info_.listener_metadata = &listener_.plan().metadata;
  connection_info_.direction = listener_.plan().direction;
}

stream::StreamInfo& ActiveConnection::info() {
  if (info_ == nullptr) {
    info_ = std::make_unique<stream::StreamInfo>();
    info_->connection = &connection_info_;
    info_->start = connection_.created();
    const Duration age = worker().loop.Now() - connection_.created();
    info_->start_wall =
        worker().loop.WallNow() - std::chrono::duration_cast<WallTime::duration>(age);
  }
  return *info_;
}

ActiveConnection::~ActiveConnection() = default;

filter::WorkerContext& ActiveConnection::worker() { return listener_.worker(); }

void ActiveConnection::Start() {
  listener_.MakeListenerFilters(arrival_->filters);
  if (RunListenerFilters(false, false)) {
    ChooseChain();
    return;
  }
  if (phase_ == Phase::kClosed) return;
  const Duration timeout = listener_.plan().listener_filters_timeout;
  if (timeout > Duration::zero()) {
    phase_timer_ = std::make_unique<Timer>(worker().loop, [this] { OnListenerFilterTimeout(); });
    phase_timer_->Arm(timeout);
  }
  phase_ = Phase::kListenerFilters;
  listener_.stats().downstream_pre_cx_active.Inc();
  connection_.StartReading();
}

void ActiveConnection::SetMetadata(std::string_view name_space, std::string_view key,
                                   std::string_view value) {
  info().dynamic_metadata(name_space).insert_or_assign(std::string(key), Value(std::string(value)));
}

// True when all listener filters are through.
bool ActiveConnection::RunListenerFilters(bool have_bytes, bool end) {
  while (arrival_->next_filter < arrival_->filters.size()) {
    filter::ListenerFilter& filter = *arrival_->filters[arrival_->next_filter];
    ListenerStatus status = ListenerStatus::kNeedMore;
    if (!arrival_->filter_waits) status = filter.OnAccept(*this);
    if (status == ListenerStatus::kNeedMore && (have_bytes || !connection_.input().empty())) {
      status = filter.OnBytes(*this, connection_.input(), end);
    }
    if (phase_ == Phase::kClosed) return false;
    if (status == ListenerStatus::kClose ||
        (status == ListenerStatus::kNeedMore &&
         (end || connection_.input().size() >= filter.MaxBytes()) && filter.MaxBytes() != 0 &&
         (have_bytes || end))) {
      CloseNow(net::CloseKind::kOrderly, "listener_filter_closed");
      return false;
    }
    arrival_->filter_waits = status == ListenerStatus::kNeedMore;
    if (arrival_->filter_waits) return false;
    ++arrival_->next_filter;
  }
  return true;
}

void ActiveConnection::OnListenerFilterTimeout() {
  listener_.stats().downstream_pre_cx_timeout.Inc();
  if (listener_.plan().continue_on_listener_filters_timeout) {
    arrival_->next_filter = arrival_->filters.size();
    ChooseChain();
  } else {
    CloseNow(net::CloseKind::kOrderly, "listener_filter_timeout");
  }
}

void ActiveConnection::Continue() {
  if (chain_.output() != nullptr && chain_.output()->running()) {
    return chain_.output()->ContinueLater();
  }
  if (InListenerFilters()) {
    arrival_->filter_waits = false;
    ++arrival_->next_filter;
    if (RunListenerFilters(false, connection_.input_ended())) ChooseChain();
  } else if (phase_ == Phase::kChain) {
    chain_.Continue(connection_.input(), connection_.input_ended());
  }
}

void ActiveConnection::ContinueOutput(const filter::NetworkFilter& filter) {
  if (phase_ == Phase::kChain && chain_.output() != nullptr) chain_.output()->Continue(filter);
}

void ActiveConnection::Close(net::CloseKind kind, std::string_view details) {
  if (chain_.output() != nullptr && chain_.output()->running()) {
    return chain_.output()->CloseLater(kind, details);
  }
  CloseNow(kind, details);
}

void ActiveConnection::ChooseChain() {
  const bool reading = phase_ == Phase::kListenerFilters;
  if (reading) listener_.stats().downstream_pre_cx_active.Dec();
  phase_ = Phase::kAccepted;
  phase_timer_.reset();
  ChainWorker* chain = listener_.FindChain(connection_, accepted());
  if (chain == nullptr) {
    listener_.stats().no_filter_chain_match.Inc();
    CloseNow(net::CloseKind::kOrderly, "filter_chain_not_found");
    return;
  }
  StartChain(*chain, reading);
}

void ActiveConnection::StartChain(ChainWorker& chain, bool reading) {
  for (auto& factory : chain.filters) chain_.Add(factory->Create());
  connection_info_.filter_chain_name = chain.name;
  connection_info_.filter_chain_metadata = chain.metadata;
  connection_info_.local = &connection_.local();
  connection_info_.local_restored = accepted().local_address_restored;
  LeaveArrival();
  if (chain.transport == nullptr) {
    RunChain();
    if (!reading && phase_ == Phase::kChain) connection_.StartReading();
    return;
  }
  phase_ = Phase::kHandshake;
  if (chain.transport_connect_timeout > Duration::zero()) {
    phase_timer_ = std::make_unique<Timer>(worker().loop, [this] {
      listener_.stats().downstream_cx_transport_socket_connect_timeout.Inc();
      CloseNow(net::CloseKind::kOrderly, "transport_socket_timeout");
    });
    phase_timer_->Arm(chain.transport_connect_timeout);
  }
  connection_.ReplaceTransport(chain.transport->Create({.slot = worker().slot}));
  if (!reading && phase_ == Phase::kHandshake) connection_.StartReading();
}

// Most clients have told nothing, and are who they seem to be. A filter may be on the stack.
void ActiveConnection::LeaveArrival() {
  const filter::AcceptedInfo& found = accepted();
  const bool plain = found.server_name.empty() && found.proxied_tlvs.empty() &&
                     found.direct_remote == connection_.remote() &&
                     found.direct_local == connection_.local();
  connection_info_.direct_remote = plain ? &connection_.remote() : &found.direct_remote;
  connection_info_.direct_local = plain ? &connection_.local() : &found.direct_local;
  connection_info_.requested_server_name = plain ? std::string_view() : found.server_name;
  connection_info_.proxied_tlvs = plain ? std::string_view() : found.proxied_tlvs;
  if (plain) worker().loop.DeferDelete(std::move(arrival_));
}

void ActiveConnection::OnConnected() {
  if (phase_ != Phase::kHandshake) return;
  phase_timer_.reset();
  connection_info_.handshake_done = worker().loop.Now();
  connection_info_.tls = connection_.transport().tls_info();
  RunChain();
}

void ActiveConnection::RunChain() {
  phase_ = Phase::kChain;
  chain_.Start();
  if (phase_ != Phase::kChain) return;
  // What the listener filters have read and left belongs to the chain now.
  if (!connection_.input().empty() || connection_.input_ended()) {
    chain_.OnData(connection_.input(), connection_.input_ended());
  }
}

void ActiveConnection::OnBytes(ByteChain& in, bool end) {
  if (InListenerFilters()) {
    if (RunListenerFilters(true, end)) ChooseChain();
  } else if (phase_ == Phase::kChain) {
    chain_.OnData(in, end);
  }
}

void ActiveConnection::OnDrain(bool hard) {
  if (phase_ == Phase::kChain) {
    chain_.OnDrain(hard);
  } else {
    CloseNow(net::CloseKind::kOrderly, "drained");
  }
}

ActiveConnection::LastWords& ActiveConnection::last_words() {
  if (last_words_ == nullptr) last_words_ = std::make_unique<LastWords>();
  return *last_words_;
}

// One that is still in listener filters goes on with what it began with.
void ActiveConnection::OnRetire() {
  if (phase_ == Phase::kChain) chain_.OnRetire();
}

void ActiveConnection::CloseNow(net::CloseKind kind, std::string_view details) {
  if (phase_ == Phase::kClosed) return;
  connection_info_.termination_details = last_words().details = details;
  if (kind == net::CloseKind::kReset) {
    connection_.Reset();
  } else {
    connection_.Close();
  }
}

void ActiveConnection::OnClosed(const net::CloseInfo& info) {
  if (phase_ == Phase::kListenerFilters) listener_.stats().downstream_pre_cx_active.Dec();
  const bool had_chain = phase_ == Phase::kChain;
  if (phase_ == Phase::kHandshake && info.error != nullptr) {
    connection_info_.transport_failure_reason = last_words().transport_failure = info.error->detail;
    SLUICE_LOG(kConnection, kDebug, "[C{}] {}", connection_.id(), info.error->detail);
  }
  if (phase_timer_ != nullptr) phase_timer_->Disarm();
  phase_ = Phase::kClosed;
  const std::string_view details = connection_info_.termination_details;
  SLUICE_LOG(kConnection, kDebug, "[C{}] closed{}{}", connection_.id(), details.empty() ? "" : ": ",
             details);
  if (had_chain) chain_.OnClosed(info);
  listener_.OnConnectionClosed(*this, connection_.created());
}

}  // namespace sluice::listener
