// What a TLS session says of itself and its peer, for logs, header values and filters. Implemented
// by tls; lives as long as its connection, on the connection's worker. A stream whose upstream
// connection may go before it has logged keeps a LocalPin<const TlsInfo>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/base/clock.h"

namespace sluice::stream {

enum class TlsField : uint8_t {
  kVersion,    // "TLSv1.3"
  kCipher,     // "TLS_AES_128_GCM_SHA256", the OpenSSL name for TLS 1.2
  kSessionId,  // hex
  kPeerSubject,
  kPeerIssuer,
  kPeerUriSan,  // several SANs are joined by ','
  kPeerDnsSan,
  kPeerIpSan,
  kPeerEmailSan,
  kPeerOtherNameSan,
  kPeerFingerprint256,  // lower-case hex, without colons
  kPeerFingerprint1,
  kPeerChainFingerprints256,
  kPeerChainFingerprints1,
  kPeerSerial,
  kPeerChainSerials,
  kPeerCert,  // URL-encoded PEM
  kPeerCertChain,
  kLocalSubject,
  kLocalUriSan,
  kLocalDnsSan,
  kLocalIpSan,
  kLocalEmailSan,
  kLocalOtherNameSan,
};

class TlsInfo {
 public:
  virtual ~TlsInfo() = default;
  // Appends the field; false (and nothing appended) when there is none.
  virtual bool Append(TlsField field, std::string& out) const = 0;
  virtual std::optional<WallTime> PeerValidFrom() const = 0;
  virtual std::optional<WallTime> PeerValidUntil() const = 0;
  virtual bool peer_presented() const = 0;
  virtual bool peer_validated() const = 0;

  // For LocalPin only.
  virtual void AddPin() const = 0;
  virtual void DropPin() const = 0;
};

}  // namespace sluice::stream
