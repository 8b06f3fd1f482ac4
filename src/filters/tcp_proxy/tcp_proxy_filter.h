// One client connection carried to a host of a cluster, byte for byte, half-closed each way.
//
// Made by the worker's TcpProxyWorker; dies with its connection. It owns the upstream side: a
// ticket while connecting, then the connection. One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "proxy_session.h"
#include "sluice/upstream/tcp_connect.h"

namespace sluice::filters::tcp_proxy {

class TcpProxyFilter final : public ProxySession, private upstream::TcpConnectEvents {
 public:
  explicit TcpProxyFilter(TcpProxyWorker& worker) : ProxySession(worker) {}
  ~TcpProxyFilter() override;

  // filter::NetworkFilter
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnSpliced(uint64_t bytes, bool done) override;

 private:
  // What the connection to the server says; the client's side comes through the chain.
  class ServerEvents final : public net::ConnectionEvents {
   public:
    explicit ServerEvents(TcpProxyFilter& filter) : filter_(filter) {}
    // net::ConnectionEvents
    void OnBytes(ByteChain& in, bool end) override { filter_.OnServerBytes(in, end); }
    void OnOutputHigh() override;
    void OnOutputLow() override;
    void OnSpliced(uint64_t bytes, bool /*done*/) override { filter_.OnServerSpliced(bytes); }
    void OnClosed(const net::CloseInfo& info) override { filter_.OnServerClosed(info); }

   private:
    TcpProxyFilter& filter_;
  };

  // upstream::TcpConnectEvents
  void OnTcpConnected(std::unique_ptr<upstream::UpstreamConnection> upstream) override;
  void OnTcpFailed(const upstream::TcpFailure& failure) override;
  // ProxySession
  void Connect() override;
  void DropServer(net::CloseKind kind) override;
  void LetServerFinish() override;
  void SendToServer(ByteChain& data, bool end) override;
  void TrySplice() override;
  void ClientEnded() override { EndWhenBothEnded(); }
  void ServerEnded() override { EndWhenBothEnded(); }

  void OnServerBytes(ByteChain& in, bool end);
  void OnServerSpliced(uint64_t bytes);
  void OnServerClosed(const net::CloseInfo& info);
  void FillInfo();
  void EndWhenBothEnded();
  net::Connection& server() { return upstream_->connection(); }

  ServerEvents server_events_{*this};
  std::unique_ptr<upstream::ConnectTicket> ticket_;
  std::unique_ptr<upstream::UpstreamConnection> upstream_;
  // The log entry may be written after the server's connection has gone.
  net::Address server_local_;
  net::Address server_remote_;
  std::string failed_host_;
  std::string failed_hostname_;
};

}  // namespace sluice::filters::tcp_proxy
