// One client connection carried to a host of a cluster, byte for byte, half-closed each way.
//
// Made by the worker's TcpProxyWorker; dies with its connection. It owns the upstream side: a
// ticket while connecting, then the connection. One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/event/loop.h"
#include "sluice/filter/network_filter.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/tcp_connect.h"
#include "tcp_proxy_worker.h"

namespace sluice::filters::tcp_proxy {

class TcpProxyFilter final : public filter::NetworkFilter, private upstream::TcpConnectEvents {
 public:
  explicit TcpProxyFilter(TcpProxyWorker& worker);
  ~TcpProxyFilter() override;

  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override;
  filter::NetworkStatus OnData(ByteChain& data, bool end) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnSpliced(uint64_t bytes, bool done) override;
  void OnClosed(const net::CloseInfo& info) override;
  void OnDrain(bool hard) override;

 private:
  // kHolding: still connecting, and the client's first bytes wait in its input.
  enum class State : uint8_t { kConnecting, kHolding, kRelaying, kClosed };

  // What the connection to the server says; the client's side comes through the chain.
  class ServerEvents final : public net::ConnectionEvents {
   public:
    explicit ServerEvents(TcpProxyFilter& filter) : filter_(filter) {}
    // net::ConnectionEvents
    void OnBytes(ByteChain& in, bool end) override { filter_.OnServerBytes(in, end); }
    void OnOutputHigh() override;
    void OnOutputLow() override;
    void OnSpliced(uint64_t bytes, bool done) override { filter_.OnServerSpliced(bytes, done); }
    void OnClosed(const net::CloseInfo& info) override { filter_.OnServerClosed(info); }

   private:
    TcpProxyFilter& filter_;
  };

  // upstream::TcpConnectEvents
  void OnTcpConnected(std::unique_ptr<upstream::UpstreamConnection> upstream) override;
  void OnTcpFailed(const upstream::TcpFailure& failure) override;

  void OnServerBytes(ByteChain& in, bool end);
  void OnServerSpliced(uint64_t bytes, bool done);
  void OnServerClosed(const net::CloseInfo& info);

  void ConnectNext();
  void FillInfo();
  void ForwardToServer(ByteChain& data, bool end);
  void TrySplice();
  void NoteActivity();
  void OnIdle();
  void WritePeriodicLog();
  void CloseBoth(net::CloseKind kind, std::string_view details);
  void EndWhenBothEnded();
  void DropServer(net::CloseKind kind);
  net::Connection& client() { return host().connection(); }
  net::Connection& server() { return upstream_->connection(); }

  TcpProxyWorker& worker_;
  ServerEvents server_events_{*this};
  upstream::ClusterPin cluster_;
  const match::MetadataCriteria* metadata_ = nullptr;  // the plan's
  std::unique_ptr<upstream::ConnectTicket> ticket_;
  std::unique_ptr<upstream::UpstreamConnection> upstream_;
  std::unique_ptr<Timer> idle_timer_;
  std::unique_ptr<Timer> duration_timer_;
  std::unique_ptr<Timer> log_timer_;
  // The log entry may be written after the server's connection has gone.
  net::Address server_local_;
  net::Address server_remote_;
  std::string failure_text_;
  std::string failed_host_;
  std::string failed_hostname_;
  uint32_t attempts_ = 0;
  State state_ = State::kConnecting;
};

}  // namespace sluice::filters::tcp_proxy
