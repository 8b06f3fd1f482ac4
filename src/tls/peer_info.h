// stream::TlsInfo of an SSL. Nothing is kept: what is asked for is made from the session.
//
// Owned by its TlsSocket, or, once that has gone while somebody still holds a pin, by itself until
// the last pin is dropped. It owns the SSL for this reason. One worker.
#pragma once

#include <memory>
#include <utility>

#include "openssl.h"
#include "resting_ssl.h"
#include "sluice/stream/tls_info.h"

namespace sluice::tls {

class PeerInfo final : public stream::TlsInfo {
 public:
  // `checks`: the peer's certificate is checked.
  PeerInfo(SSL_CTX* context, bool checks) : ssl_(context), checks_(checks) {}

  SSL* ssl() const { return ssl_.get(); }
  RestingSsl& resting_ssl() { return ssl_; }
  // The socket goes: the session ends here, or with the last pin.
  static void GiveUp(std::unique_ptr<PeerInfo> info);

  // stream::TlsInfo
  bool Append(stream::TlsField field, std::string& out) const override;
  std::optional<WallTime> PeerValidFrom() const override;
  std::optional<WallTime> PeerValidUntil() const override;
  bool peer_presented() const override;
  bool peer_validated() const override;
  void AddPin() const override { ++pins_; }
  void DropPin() const override {
    if (--pins_ == 0) const std::unique_ptr<PeerInfo> last = std::move(self_);
  }

 private:
  X509* peer() const { return SSL_get0_peer_certificate(ssl()); }
  std::string Session(stream::TlsField field) const;
  std::string Peer(stream::TlsField field) const;
  std::string Chain(stream::TlsField field) const;
  std::string Local(stream::TlsField field) const;

  RestingSsl ssl_;
  bool checks_;
  mutable uint32_t pins_ = 0;
  mutable std::unique_ptr<PeerInfo> self_;
};

}  // namespace sluice::tls
