// A TLS session on a connection's socket, for either side.
//
// Owned by its Connection; one worker. Hard rule: no byte is lost or doubled when a write is
// interrupted: what OpenSSL has taken into a record stays at the front of the chain until the
// record is with the kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "client_sessions.h"
#include "openssl.h"
#include "peer_info.h"
#include "record_buffers.h"
#include "sluice/net/transport.h"
#include "socket_bio.h"
#include "tls_context.h"
#include "tls_stats.h"

namespace sluice::tls {

struct WorkerHalf;

class TlsSocket final : public net::TransportSocket {
 public:
  static TlsSocket& Of(const SSL* ssl) { return *static_cast<TlsSocket*>(SSL_get_app_data(ssl)); }

  // `half` outlives the socket.
  TlsSocket(std::shared_ptr<const TlsContext> context, WorkerHalf& half);
  ~TlsSocket() override;
  // A client's wishes, before Start: what to ask for, what the certificate must be for, and where
  // sessions to resume are kept ("": nowhere).
  void SetServerName(std::string_view name);
  void RequireName(std::string name) { required_name_ = std::move(name); }
  void SetAlpn(std::string_view comma_separated);
  void Resume(std::string session_key);

  // net::TransportSocket
  void Preload(ByteChain&& bytes) override {
    if (!bytes.empty()) io_.preloaded = std::make_unique<ByteChain>(std::move(bytes));
  }
  void Start(int fd) override;
  bool handshake_done() const override { return phase_ == Phase::kOpen; }
  net::IoResult ContinueHandshake() override;
  net::IoResult Read(ByteChain& into, size_t budget) override;
  net::IoResult Write(ByteChain& from) override;
  net::IoResult ShutdownWrite() override;
  void OnQuiet() override;
  std::string_view alpn() const override;
  bool writes_raw() const override { return kernel_sends_; }
  const stream::TlsInfo* tls_info() const override;
  const Error& error() const override { return *error_; }

  // For the callbacks.
  int fd() const { return io_.fd; }
  TlsStats& stats();
  bool VerifyPeer(X509_STORE_CTX* store);
  bool KeepSession(SSL_SESSION* session);
  void Explain(std::string words) { explanation_ = std::move(words); }

 private:
  enum class Phase : uint8_t { kHandshake, kOpen, kFailed };

  SSL* ssl() const { return info_->ssl(); }
  bool server() const { return context_->side() == Side::kServer; }
  bool FinishHandshake();
  void SettleWriter();
  void KeepRenewedSession();
  void CountHandshake();
  void CountFailure(const OsslFault& fault);
  bool KeyUsageFits();
  bool KernelKeysAreOld();
  net::IoResult Interpret(int result, size_t bytes);
  net::IoResult FailWith(ErrorCode code, Retry retry, std::string words, size_t bytes);
  net::IoResult Fail(int ssl_error, size_t bytes);
  std::string FaultText(const OsslFault& fault) const;

  std::shared_ptr<const TlsContext> context_;
  WorkerHalf& half_;
  SocketBio io_;
  std::unique_ptr<PeerInfo> info_;  // owns the SSL; after io_, which that writes to until its end
  RecordBuffers buffers_;
  size_t unfinished_ = 0;  // bytes at the front of the chain that are in a record half written
  Phase phase_ = Phase::kHandshake;
  bool kernel_sends_ = false;  // what is written to the socket becomes records there (kTLS)
  std::string required_name_;
  std::string session_key_;
  std::string explanation_;  // what a callback found wrong
  std::unique_ptr<Error> error_;
};

}  // namespace sluice::tls
