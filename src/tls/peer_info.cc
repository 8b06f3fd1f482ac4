#include "peer_info.h"

#include "certificate_text.h"

namespace sluice::tls {
namespace {

using stream::TlsField;

// What separates names in lists and in x-forwarded-client-cert must not come from within a name.
void AppendName(std::string& out, std::string_view name) {
  for (const char c : name) {
    switch (c) {
      case ',': out += "%2C"; break;
      case ';': out += "%3B"; break;
      case '"': out += "%22"; break;
      default: out += c;
    }
  }
}

std::string Names(X509* certificate, SanType type) {
  std::string out;
  for (const SubjectAltName& san : SubjectAltNames(certificate)) {
    if (san.type != type) continue;
    if (!out.empty()) out += ',';
    AppendName(out, san.value);
  }
  return out;
}

}  // namespace

void PeerInfo::GiveUp(std::unique_ptr<PeerInfo> info) {
  if (info->pins_ == 0) return;
  SSL_set_bio(info->ssl(), nullptr, nullptr);  // it leads into the socket
  SSL_set_app_data(info->ssl(), nullptr);
  PeerInfo& kept = *info;
  kept.self_ = std::move(info);
}

bool PeerInfo::Append(TlsField field, std::string& out) const {
  const std::string text = field < TlsField::kPeerSubject     ? Session(field)
                           : field >= TlsField::kLocalSubject ? Local(field)
                           : peer() == nullptr                ? std::string()
                                                              : Peer(field);
  out += text;
  return !text.empty();
}

std::string PeerInfo::Session(TlsField field) const {
  switch (field) {
    case TlsField::kVersion: return SSL_get_version(ssl());
    case TlsField::kCipher: return SSL_CIPHER_get_name(SSL_get_current_cipher(ssl()));
    case TlsField::kSessionId: {
      unsigned int size = 0;
      const unsigned char* id = SSL_SESSION_get_id(SSL_get_session(ssl()), &size);
      return Hex({reinterpret_cast<const char*>(id), size});
    }
    default: return {};
  }
}

std::string PeerInfo::Peer(TlsField field) const {
  switch (field) {
    case TlsField::kPeerSubject: return NameText(X509_get_subject_name(peer()));
    case TlsField::kPeerIssuer: return NameText(X509_get_issuer_name(peer()));
    case TlsField::kPeerUriSan: return Names(peer(), SanType::kUri);
    case TlsField::kPeerDnsSan: return Names(peer(), SanType::kDns);
    case TlsField::kPeerIpSan: return Names(peer(), SanType::kIpAddress);
    case TlsField::kPeerEmailSan: return Names(peer(), SanType::kEmail);
    case TlsField::kPeerOtherNameSan: return Names(peer(), SanType::kOtherName);
    case TlsField::kPeerFingerprint256: return FingerprintText(peer(), EVP_sha256());
    case TlsField::kPeerFingerprint1: return FingerprintText(peer(), EVP_sha1());
    case TlsField::kPeerSerial: return SerialText(peer());
    case TlsField::kPeerCert: return UrlEncodedPem(peer());
    default: return Chain(field);
  }
}

// A server's chain is without the peer's own certificate, a client's is with it. A resumed session
// has the peer's certificate only.
std::string PeerInfo::Chain(TlsField field) const {
  std::string out;
  const auto add = [&out, field](X509* one) {
    if (field == TlsField::kPeerCertChain) {
      out += UrlEncodedPem(one);
      return;
    }
    if (!out.empty()) out += ',';
    out += field == TlsField::kPeerChainSerials           ? SerialText(one)
           : field == TlsField::kPeerChainFingerprints256 ? FingerprintText(one, EVP_sha256())
                                                          : FingerprintText(one, EVP_sha1());
  };
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl());
  if (SSL_is_server(ssl()) == 1 || chain == nullptr) add(peer());
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) add(sk_X509_value(chain, i));
  return out;
}

std::string PeerInfo::Local(TlsField field) const {
  X509* own = SSL_get_certificate(ssl());
  if (own == nullptr) return {};
  switch (field) {
    case TlsField::kLocalSubject: return NameText(X509_get_subject_name(own));
    case TlsField::kLocalUriSan: return Names(own, SanType::kUri);
    case TlsField::kLocalDnsSan: return Names(own, SanType::kDns);
    case TlsField::kLocalIpSan: return Names(own, SanType::kIpAddress);
    case TlsField::kLocalEmailSan: return Names(own, SanType::kEmail);
    case TlsField::kLocalOtherNameSan: return Names(own, SanType::kOtherName);
    default: return {};
  }
}

std::optional<WallTime> PeerInfo::PeerValidFrom() const {
  if (peer() == nullptr) return std::nullopt;
  return ToWallTime(X509_get0_notBefore(peer()));
}

std::optional<WallTime> PeerInfo::PeerValidUntil() const {
  if (peer() == nullptr) return std::nullopt;
  return ToWallTime(X509_get0_notAfter(peer()));
}

bool PeerInfo::peer_presented() const { return peer() != nullptr; }

bool PeerInfo::peer_validated() const {
  return checks_ && peer() != nullptr && SSL_get_verify_result(ssl()) == X509_V_OK;
}

}  // namespace sluice::tls
