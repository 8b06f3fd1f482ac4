// One connect for tcp_proxy: the ticket's inside. Fails by a run item when there is nobody to
// connect to, so that the caller is never called back from inside its call.
#pragma once

#include <memory>
#include <optional>

#include "sluice/event/loop.h"
#include "sluice/upstream/load_balancer.h"
#include "sluice/upstream/tcp_connect.h"

namespace sluice::upstream {

class TcpConnect final : public ConnectTicket, private net::ConnectionEvents, private RunItem {
 public:
  TcpConnect(Cluster& cluster, TcpConnectEvents& events);
  ~TcpConnect() override;

  void Begin(Host& host, const LbContext& context);
  void FailLater(ConnectFailure reason, ErrorCode code, std::string detail);

 private:
  // net::ConnectionEvents
  void OnConnected() override;
  void OnBytes(ByteChain& in, bool end) override;
  void OnClosed(const net::CloseInfo& info) override;
  // RunItem
  void Run() override;

  void OnTimeout();
  void Fail(ConnectFailure reason, const Error& error, bool may_retry);

  Cluster& cluster_;
  TcpConnectEvents& events_;
  std::unique_ptr<UpstreamConnection> upstream_;
  Timer timer_;
  ConnectFailure later_reason_ = ConnectFailure::kFailed;
  std::optional<Error> later_error_;
};

}  // namespace sluice::upstream
