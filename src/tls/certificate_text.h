// What a certificate says, as text: names, times, numbers, fingerprints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openssl.h"
#include "sluice/base/clock.h"
#include "sluice/net/certificate_info.h"
#include "tls_config.h"

namespace sluice::tls {

struct SubjectAltName {
  SanType type = SanType::kUnspecified;
  std::string value;
  std::string oid;  // of an OTHER_NAME
};

// Names with a NUL in them are left out: they are made to deceive.
std::vector<SubjectAltName> SubjectAltNames(X509* certificate);
// What SNI is compared with: the DNS names, or the common name without any; lower case.
std::vector<std::string> ServerNames(X509* certificate);

std::string NameText(const X509_NAME* name);  // RFC 2253
std::string SerialText(X509* certificate);    // lower-case hex
std::string FingerprintText(X509* certificate, const EVP_MD* digest);
std::string DigestOf(X509* certificate, const EVP_MD* digest);  // raw bytes
std::string PublicKeyDigest(X509* certificate);                 // SHA-256, raw bytes
std::string PemText(X509* certificate);
std::string UrlEncodedPem(X509* certificate);
std::string Hex(std::string_view bytes);

net::CertificateInfo Describe(X509* certificate, const std::string& path);

WallTime ToWallTime(const ASN1_TIME* time);
std::string TimeText(const ASN1_TIME* time);  // "Nov 21 10:00:00 2026 GMT"

// `pattern` may begin with "*.", which stands for one label (RFC 6125 section 6.4.3). Any case.
bool DnsNameMatches(std::string_view pattern, std::string_view name);

}  // namespace sluice::tls
