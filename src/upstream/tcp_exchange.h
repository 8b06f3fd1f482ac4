// A TCP connection in the shape of an HTTP exchange: the end of a tunnel (connect_config). What is
// sent as a body goes out as it is; the answer is a 200 as soon as the connection stands, then what
// comes in. Each direction ends by itself; a reset is CONNECT_ERROR (RFC 9113 section 8.5).
//
// Owned by its Cluster until the socket is closed; the asker holds the ticket. One worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/http_pool.h"
#include "sluice/upstream/tcp_connect.h"

namespace sluice::upstream {

class TcpExchange final : public DeferredDeletable,
                          public UpstreamStream,
                          private http::CodecStream,
                          private TcpConnectEvents,
                          private net::ConnectionEvents,
                          private RunItem {
 public:
  // `first_bytes` go ahead of everything.
  TcpExchange(Cluster& cluster, StreamEvents& events, StreamTicket& ticket,
              std::string_view first_bytes);
  ~TcpExchange() override;

  void Begin(Host& host, const LbContext& context);

  // For the cluster's vector.
  size_t place = 0;

 private:
  enum class State : uint8_t { kConnecting, kOpen, kEnding, kOver };

  // UpstreamStream
  bool response_started() const override { return true; }
  bool unprocessed() const override { return false; }
  MonoTime connect_end() const override { return upstream_->connected_at(); }
  void OnTicketDropped(http::ResetReason reason) override;
  // UpstreamStream and http::CodecStream
  void CloseConnectionAfter() override {}
  void PauseReading() override;
  void ResumeReading() override;
  // http::CodecStream
  void SendInformational(const http::HeaderMap&) override {}
  void SendHead(const http::HeaderMap& head, bool end) override;
  void SendData(ByteChain& data, bool end) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset(http::ResetReason reason) override { OnTicketDropped(reason); }
  void BecomeTunnel() override {}
  void Consumed(size_t /*bytes*/) override {}
  uint32_t id() const override { return 1; }
  http::Version version() const override { return http::Version::kHttp11; }
  size_t buffered_output() const override { return upstream_->connection().output().size(); }
  const http::StreamBytes& bytes() const override { return counted_; }
  // TcpConnectEvents
  void OnTcpConnected(std::unique_ptr<UpstreamConnection> upstream) override;
  void OnTcpFailed(const TcpFailure& failure) override;
  // net::ConnectionEvents
  void OnBytes(ByteChain& in, bool end) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnClosed(const net::CloseInfo& info) override;
  // RunItem
  void Run() override;

  void Fail(http::ResetReason reason, std::string_view words);
  void Answer();
  void EndOutput();
  void CheckEnded();
  void Release();

  Cluster& cluster_;
  StreamEvents& events_;
  std::unique_ptr<ConnectTicket> connect_;
  std::unique_ptr<UpstreamConnection> upstream_;
  std::string first_bytes_;
  http::MessageSink* sink_ = nullptr;
  BudgetToken request_;
  http::StreamBytes counted_;
  State state_ = State::kConnecting;
  bool sent_end_ = false;
  bool read_end_ = false;
};

}  // namespace sluice::upstream
