#include "tcp_connect.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"
#include "transport_options.h"

namespace sluice::upstream {

TcpConnect::TcpConnect(Cluster& cluster, TcpConnectEvents& events)
    : cluster_(cluster), events_(events), timer_(cluster.loop(), [this] { OnTimeout(); }) {}

TcpConnect::~TcpConnect() = default;

void TcpConnect::Begin(Host& host, const LbContext& context) {
  ConnectionPlace place = ConnectionPlace::Take(host, Priority::kDefault);
  if (!place) {
    cluster_.stats().upstream_cx_overflow.Inc();
    FailLater(ConnectFailure::kOverflow, ErrorCode::kOverflow, "upstream connection limit reached");
    return;
  }
  upstream_ = std::make_unique<UpstreamConnection>(host, MakeTransportOptions(context),
                                                   Priority::kDefault, std::move(place));
  upstream_->CountAsRequest();
  host.AddTcp(*upstream_);
  upstream_->connection().SetEvents(this);
  timer_.Arm(cluster_.options().connect_timeout);
}

void TcpConnect::FailLater(ConnectFailure reason, ErrorCode code, std::string detail) {
  later_reason_ = reason;
  later_error_ = Error{code, Origin::kLocal, Retry::kNo, std::move(detail), nullptr};
  cluster_.loop().RunLater(*this);
}

void TcpConnect::Run() { Fail(later_reason_, *later_error_, false); }

void TcpConnect::OnConnected() {
  timer_.Disarm();
  upstream_->NoteConnected();
  events_.OnTcpConnected(std::move(upstream_));  // may destroy this
}

// Bytes that come with the handshake wait for the owner, who is called right after OnConnected.
void TcpConnect::OnBytes(ByteChain& /*in*/, bool /*end*/) {}

void TcpConnect::OnClosed(const net::CloseInfo& info) {
  timer_.Disarm();
  upstream_->NoteConnectFailed(false, info.error);
  upstream_->NoteClosed(info, false);
  const Error unknown{ErrorCode::kConnectFailed, Origin::kUpstream, Retry::kYes,
                      "connection closed before it was ready", nullptr};
  Fail(ConnectFailure::kFailed, info.error != nullptr ? *info.error : unknown, true);
}

void TcpConnect::OnTimeout() {
  upstream_->NoteConnectFailed(true, nullptr);
  const Error error{ErrorCode::kConnectTimeout, Origin::kUpstream, Retry::kYes,
                    fmt::format("connect to {} timed out", upstream_->host().address_text()),
                    nullptr};
  Fail(ConnectFailure::kTimeout, error, true);
}

void TcpConnect::Fail(ConnectFailure reason, const Error& error, bool may_retry) {
  // The connection goes with the ticket at the latest; the error may live in it until then.
  const HostPin host = upstream_ != nullptr ? upstream_->host_pin() : HostPin();
  const std::unique_ptr<UpstreamConnection> upstream = std::move(upstream_);
  const std::optional<Error> own = std::move(later_error_);
  events_.OnTcpFailed(TcpFailure{reason, own ? *own : error, host.get(), may_retry});
}

}  // namespace sluice::upstream
