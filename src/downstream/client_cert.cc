#include "client_cert.h"

#include <string>
#include <string_view>

#include "sluice/http/list.h"

namespace sluice::downstream {
namespace {

using http::HeaderId;
using stream::TlsField;

std::string FieldOf(const stream::TlsInfo& tls, TlsField field) {
  std::string value;
  tls.Append(field, value);
  return value;
}

void AddPart(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty()) out += ';';
  out.append(key).append("=").append(value);
}
void AddQuoted(std::string& out, std::string_view key, std::string_view value) {
  AddPart(out, key, "\"");
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}
// One part for each of several SANs.
void AddEach(std::string& out, std::string_view key, std::string_view values) {
  http::ForEachListItem(values, [&](std::string_view value) { AddPart(out, key, value); });
}

std::string Describe(const ClientCertFields& fields, const stream::TlsInfo& tls) {
  std::string out;
  AddEach(out, "By", FieldOf(tls, TlsField::kLocalUriSan));
  const std::string hash = FieldOf(tls, TlsField::kPeerFingerprint256);
  if (!hash.empty()) AddPart(out, "Hash", hash);
  if (fields.cert) AddQuoted(out, "Cert", FieldOf(tls, TlsField::kPeerCert));
  if (fields.chain) AddQuoted(out, "Chain", FieldOf(tls, TlsField::kPeerCertChain));
  if (fields.subject) AddQuoted(out, "Subject", FieldOf(tls, TlsField::kPeerSubject));
  if (fields.uri) {
    const std::string uris = FieldOf(tls, TlsField::kPeerUriSan);
    uris.empty() ? AddPart(out, "URI", "") : AddEach(out, "URI", uris);
  }
  if (fields.dns) AddEach(out, "DNS", FieldOf(tls, TlsField::kPeerDnsSan));
  return out;
}

}  // namespace

void WriteClientCert(ClientCertMode mode, const ClientCertFields& fields,
                     const stream::TlsInfo* tls, http::HeaderMap& head) {
  if (mode == ClientCertMode::kAlwaysForwardOnly) return;
  const bool mutual = tls != nullptr && tls->peer_presented();
  if (mode == ClientCertMode::kSanitize || !mutual) {
    head.Remove(HeaderId::kXForwardedClientCert);
    return;
  }
  if (mode == ClientCertMode::kForwardOnly) return;
  const std::string own = Describe(fields, *tls);
  if (own.empty()) return;
  if (mode == ClientCertMode::kAppendForward) {
    head.AppendToList(HeaderId::kXForwardedClientCert, own);
  } else {
    head.Set(HeaderId::kXForwardedClientCert, own);
  }
}

}  // namespace sluice::downstream
