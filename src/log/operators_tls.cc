// Operators for what a TLS session and its certificates say.
#include "operators.h"
#include "sluice/stream/tls_info.h"

namespace sluice::log {
namespace {

using stream::TlsField;

template <bool kUpstream, TlsField kField>
Emitted Tls(const Op& /*op*/, std::string& out, const FormatContext& context) {
  const stream::TlsInfo* tls = context.info.upstream_tls.get();
  if (!kUpstream) tls = context.info.connection == nullptr ? nullptr : context.info.connection->tls;
  if (tls == nullptr || !tls->Append(kField, out)) return Emitted::kMissing;
  return Emitted::kText;
}

template <TlsField kField>
constexpr Command Downstream(std::string_view name) {
  return {name, Arguments::kNone, false, Tls<false, kField>};
}
template <TlsField kField>
constexpr Command Upstream(std::string_view name) {
  return {name, Arguments::kNone, false, Tls<true, kField>};
}

constexpr Command kCommands[] = {
    Downstream<TlsField::kVersion>("DOWNSTREAM_TLS_VERSION"),
    Downstream<TlsField::kCipher>("DOWNSTREAM_TLS_CIPHER"),
    Downstream<TlsField::kSessionId>("DOWNSTREAM_TLS_SESSION_ID"),
    Downstream<TlsField::kPeerSubject>("DOWNSTREAM_PEER_SUBJECT"),
    Downstream<TlsField::kPeerIssuer>("DOWNSTREAM_PEER_ISSUER"),
    Downstream<TlsField::kPeerUriSan>("DOWNSTREAM_PEER_URI_SAN"),
    Downstream<TlsField::kPeerDnsSan>("DOWNSTREAM_PEER_DNS_SAN"),
    Downstream<TlsField::kPeerIpSan>("DOWNSTREAM_PEER_IP_SAN"),
    Downstream<TlsField::kPeerEmailSan>("DOWNSTREAM_PEER_EMAIL_SAN"),
    Downstream<TlsField::kPeerOtherNameSan>("DOWNSTREAM_PEER_OTHERNAME_SAN"),
    Downstream<TlsField::kPeerFingerprint256>("DOWNSTREAM_PEER_FINGERPRINT_256"),
    Downstream<TlsField::kPeerFingerprint1>("DOWNSTREAM_PEER_FINGERPRINT_1"),
    Downstream<TlsField::kPeerChainFingerprints256>("DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256"),
    Downstream<TlsField::kPeerChainFingerprints1>("DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1"),
    Downstream<TlsField::kPeerSerial>("DOWNSTREAM_PEER_SERIAL"),
    Downstream<TlsField::kPeerChainSerials>("DOWNSTREAM_PEER_CHAIN_SERIALS"),
    Downstream<TlsField::kPeerCert>("DOWNSTREAM_PEER_CERT"),
    Downstream<TlsField::kLocalSubject>("DOWNSTREAM_LOCAL_SUBJECT"),
    Downstream<TlsField::kLocalUriSan>("DOWNSTREAM_LOCAL_URI_SAN"),
    Downstream<TlsField::kLocalDnsSan>("DOWNSTREAM_LOCAL_DNS_SAN"),
    Downstream<TlsField::kLocalIpSan>("DOWNSTREAM_LOCAL_IP_SAN"),
    Downstream<TlsField::kLocalEmailSan>("DOWNSTREAM_LOCAL_EMAIL_SAN"),
    Downstream<TlsField::kLocalOtherNameSan>("DOWNSTREAM_LOCAL_OTHERNAME_SAN"),
    Upstream<TlsField::kVersion>("UPSTREAM_TLS_VERSION"),
    Upstream<TlsField::kCipher>("UPSTREAM_TLS_CIPHER"),
    Upstream<TlsField::kSessionId>("UPSTREAM_TLS_SESSION_ID"),
    Upstream<TlsField::kPeerSubject>("UPSTREAM_PEER_SUBJECT"),
    Upstream<TlsField::kPeerIssuer>("UPSTREAM_PEER_ISSUER"),
    Upstream<TlsField::kPeerUriSan>("UPSTREAM_PEER_URI_SAN"),
    Upstream<TlsField::kPeerDnsSan>("UPSTREAM_PEER_DNS_SAN"),
    Upstream<TlsField::kPeerIpSan>("UPSTREAM_PEER_IP_SAN"),
    Upstream<TlsField::kPeerFingerprint256>("UPSTREAM_PEER_FINGERPRINT_256"),
    Upstream<TlsField::kPeerFingerprint1>("UPSTREAM_PEER_FINGERPRINT_1"),
    Upstream<TlsField::kPeerSerial>("UPSTREAM_PEER_SERIAL"),
    Upstream<TlsField::kPeerCert>("UPSTREAM_PEER_CERT"),
    Upstream<TlsField::kLocalSubject>("UPSTREAM_LOCAL_SUBJECT"),
    Upstream<TlsField::kLocalUriSan>("UPSTREAM_LOCAL_URI_SAN"),
    Upstream<TlsField::kLocalDnsSan>("UPSTREAM_LOCAL_DNS_SAN"),
    Upstream<TlsField::kLocalIpSan>("UPSTREAM_LOCAL_IP_SAN"),
};

}  // namespace

std::span<const Command> TlsCommands() { return kCommands; }

}  // namespace sluice::log
