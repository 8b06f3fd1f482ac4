// stream::TlsInfo of an SSL. Nothing is kept: what is asked for is made from the session.
#pragma once

#include "openssl.h"
#include "sluice/stream/tls_info.h"

namespace sluice::tls {

class PeerInfo final : public stream::TlsInfo {
 public:
  void SetSession(SSL* ssl, bool checks) {
    ssl_ = ssl;
    checks_ = checks;
  }

  // stream::TlsInfo
  bool Append(stream::TlsField field, std::string& out) const override;
  std::optional<WallTime> PeerValidFrom() const override;
  std::optional<WallTime> PeerValidUntil() const override;
  bool peer_presented() const override;
  bool peer_validated() const override;

 private:
  X509* peer() const { return SSL_get0_peer_certificate(ssl_); }
  std::string Session(stream::TlsField field) const;
  std::string Peer(stream::TlsField field) const;
  std::string Chain(stream::TlsField field) const;
  std::string Local(stream::TlsField field) const;

  SSL* ssl_ = nullptr;
  bool checks_ = false;
};

}  // namespace sluice::tls
