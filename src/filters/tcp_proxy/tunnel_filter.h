// One client connection carried inside an HTTP stream, half-closed each way; a reset of one side is
// a reset of the other. Made by the worker's TcpProxyWorker; dies with its connection. One worker.
#pragma once

#include <memory>
#include <string_view>

#include "proxy_session.h"
#include "tunnel_upstream.h"

namespace sluice::filters::tcp_proxy {

class TunnelFilter final : public ProxySession, private TunnelUser {
 public:
  explicit TunnelFilter(TcpProxyWorker& worker) : ProxySession(worker) {}
  ~TunnelFilter() override;

  // filter::NetworkFilter
  void OnOutputHigh() override;
  void OnOutputLow() override;

 private:
  // TunnelUser
  void OnTunnelOpen(upstream::UpstreamStream& stream) override;
  void OnTunnelFailed(upstream::ConnectFailure reason, std::string_view detail,
                      bool may_retry) override {
    ConnectFailed(reason, detail, may_retry);
  }
  void OnTunnelData(ByteChain& data, bool end) override { ForwardToClient(data, end); }
  void OnTunnelHigh() override;
  void OnTunnelLow() override;
  void OnTunnelReset(std::string_view detail) override;
  void OnTunnelState(std::string_view name,
                     std::unique_ptr<stream::FilterStateObject> state) override;
  // ProxySession
  void Connect() override;
  void DropServer(net::CloseKind kind) override;
  void LetServerFinish() override;
  void SendToServer(ByteChain& data, bool end) override { tunnel_->Send(data, end); }
  void ClientEnded() override { EndWhenBothEnded(); }
  void ServerEnded() override { EndWhenBothEnded(); }

  void EndWhenBothEnded();

  std::unique_ptr<TunnelUpstream> tunnel_;
  upstream::HostPin host_pin_;  // the log entry names it at the end
  // The log entry may be written after the stream has gone.
  net::Address server_local_;
  net::Address server_remote_;
  bool client_paused_ = false;
};

}  // namespace sluice::filters::tcp_proxy
