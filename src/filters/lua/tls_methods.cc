// The client's TLS connection.
#include <chrono>

#include <lua.hpp>

#include "side.h"
#include "sluice/stream/stream_info.h"
#include "types.h"

namespace sluice::filters::lua {
namespace {

using stream::TlsField;

const stream::TlsInfo& TlsOf(Call& call) { return *call.side.host().info().connection->tls; }

template <TlsField kField>
int Text(Call& call) {
  std::string text;
  TlsOf(call).Append(kField, text);
  return Give(call.state, text);
}

// Names of a certificate, which come joined by ','.
template <TlsField kField>
int List(Call& call) {
  std::string joined;
  TlsOf(call).Append(kField, joined);
  lua_newtable(call.state);
  int at = 0;
  for (std::string_view rest = joined; !rest.empty();) {
    const size_t comma = rest.find(',');
    Give(call.state, rest.substr(0, comma));
    lua_rawseti(call.state, -2, ++at);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return 1;
}

template <bool (stream::TlsInfo::*kAsk)() const>
int Flag(Call& call) {
  lua_pushboolean(call.state, (TlsOf(call).*kAsk)() ? 1 : 0);
  return 1;
}

template <std::optional<WallTime> (stream::TlsInfo::*kAsk)() const>
int Seconds(Call& call) {
  const auto at = (TlsOf(call).*kAsk)();
  const Duration since = at ? at->time_since_epoch() : Duration{};
  lua_pushnumber(call.state, static_cast<double>(
                                 std::chrono::duration_cast<std::chrono::seconds>(since).count()));
  return 1;
}

constexpr Method kMethods[] = {
    {"peerCertificatePresented", &Flag<&stream::TlsInfo::peer_presented>},
    {"peerCertificateValidated", &Flag<&stream::TlsInfo::peer_validated>},
    {"uriSanLocalCertificate", &List<TlsField::kLocalUriSan>},
    {"dnsSansLocalCertificate", &List<TlsField::kLocalDnsSan>},
    {"uriSanPeerCertificate", &List<TlsField::kPeerUriSan>},
    {"dnsSansPeerCertificate", &List<TlsField::kPeerDnsSan>},
    {"sha256PeerCertificateDigest", &Text<TlsField::kPeerFingerprint256>},
    {"serialNumberPeerCertificate", &Text<TlsField::kPeerSerial>},
    {"issuerPeerCertificate", &Text<TlsField::kPeerIssuer>},
    {"subjectPeerCertificate", &Text<TlsField::kPeerSubject>},
    {"subjectLocalCertificate", &Text<TlsField::kLocalSubject>},
    {"urlEncodedPemEncodedPeerCertificate", &Text<TlsField::kPeerCert>},
    {"urlEncodedPemEncodedPeerCertificateChain", &Text<TlsField::kPeerCertChain>},
    {"validFromPeerCertificate", &Seconds<&stream::TlsInfo::PeerValidFrom>},
    {"expirationPeerCertificate", &Seconds<&stream::TlsInfo::PeerValidUntil>},
    {"sessionId", &Text<TlsField::kSessionId>},
    {"ciphersuiteString", &Text<TlsField::kCipher>},
    {"tlsVersion", &Text<TlsField::kVersion>},
};

}  // namespace

TypeTable TlsType() { return {"ssl", kMethods}; }

}  // namespace sluice::filters::lua
