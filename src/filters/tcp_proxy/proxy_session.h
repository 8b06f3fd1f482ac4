// What every connection that tcp_proxy carries has, whatever it is carried over: a cluster, limits
// of time, attempts to connect, and log entries. The kinds derive from it. One worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/event/loop.h"
#include "sluice/filter/network_filter.h"
#include "sluice/stream/stream_info.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/tcp_connect.h"
#include "tcp_proxy_worker.h"

namespace sluice::filters::tcp_proxy {

class ProxySession : public filter::NetworkFilter {
 public:
  explicit ProxySession(TcpProxyWorker& worker);
  ~ProxySession() override;

  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override;
  filter::NetworkStatus OnData(ByteChain& data, bool end) override;
  void OnClosed(const net::CloseInfo& info) override;
  void OnDrain(bool hard) override;

 protected:
  // kHolding: still connecting, and the client's first bytes wait in its input.
  enum class State : uint8_t { kConnecting, kHolding, kRelaying, kClosed };

  // Begins an attempt; ends in Connected or ConnectFailed, possibly from inside it.
  virtual void Connect() = 0;
  // Gives up whatever there is of the server's side.
  virtual void DropServer(net::CloseKind kind) = 0;
  // The client's connection has ended in an orderly way while relaying.
  virtual void LetServerFinish() = 0;
  // Takes all of `data`.
  virtual void SendToServer(ByteChain& data, bool end) = 0;
  // Bytes may move past us from now on, if that is possible here.
  virtual void TrySplice() {}

  void Connected();
  void ConnectFailed(upstream::ConnectFailure reason, std::string_view detail, bool may_retry);
  void ForwardToServer(ByteChain& data, bool end);
  // To the client; counts.
  void ForwardToClient(ByteChain& data, bool end);
  virtual void ClientEnded() {}  // its end has been handed on
  virtual void ServerEnded() {}  // the same of the server's
  void CountToServer(uint64_t bytes);
  void CountToClient(uint64_t bytes);
  void CloseBoth(net::CloseKind kind, std::string_view details);
  upstream::LbContext MakeLbContext();
  upstream::Cluster& cluster() { return *cluster_; }
  bool relaying() const { return state_ == State::kRelaying; }
  void Over() { state_ = State::kClosed; }
  net::Connection& client() { return host().connection(); }
  TcpProxyWorker& worker() { return worker_; }

  // How long a connection whose both sides have ended may take to hand its last bytes over.
  static constexpr Duration kLinger = std::chrono::seconds(30);

 private:
  void ArmTimers();
  void NoteActivity();
  void OnIdle();
  void WritePeriodicLog();
  void BeginAttempt();

  TcpProxyWorker& worker_;
  upstream::ClusterPin cluster_;
  const match::MetadataCriteria* metadata_ = nullptr;  // the plan's
  std::unique_ptr<Timer> idle_timer_;
  std::unique_ptr<Timer> duration_timer_;
  std::unique_ptr<Timer> log_timer_;
  std::string failure_text_;
  uint32_t attempts_ = 0;
  State state_ = State::kConnecting;
};

}  // namespace sluice::filters::tcp_proxy
