#include "certificate_text.h"

#include <algorithm>
#include <ctime>

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/pem.h>

namespace sluice::tls {
namespace {

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), LowerChar);
  return text;
}

std::string_view Bytes(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string IpText(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN];
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return {};
  return inet_ntop(family, bytes.data(), text, sizeof(text)) != nullptr ? text : "";
}

std::string ObjectText(const ASN1_OBJECT* object) {
  char text[128];
  const int size = OBJ_obj2txt(text, sizeof(text), object, 1);
  return {text, static_cast<size_t>(std::clamp(size, 0, static_cast<int>(sizeof(text)) - 1))};
}

std::string IntegerText(const ASN1_INTEGER* number) {
  const std::unique_ptr<BIGNUM, OsslFree<BN_free>> big(ASN1_INTEGER_to_BN(number, nullptr));
  char* digits = big != nullptr ? BN_bn2dec(big.get()) : nullptr;
  std::string text = digits != nullptr ? digits : "";
  OPENSSL_free(digits);
  return text;
}

std::string OtherNameText(const ASN1_TYPE* value) {
  switch (value->type) {
    case V_ASN1_OBJECT: return ObjectText(value->value.object);
    case V_ASN1_BOOLEAN: return value->value.boolean != 0 ? "true" : "false";
    case V_ASN1_INTEGER:
    case V_ASN1_ENUMERATED: return IntegerText(value->value.integer);
    case V_ASN1_NULL: return "";
    default: return std::string(Bytes(value->value.asn1_string));
  }
}

SubjectAltName ToSan(const GENERAL_NAME* name) {
  int kind = 0;
  const void* value = GENERAL_NAME_get0_value(name, &kind);
  const auto text = [&] { return std::string(Bytes(static_cast<const ASN1_STRING*>(value))); };
  switch (kind) {
    case GEN_DNS: return {SanType::kDns, text(), {}};
    case GEN_URI: return {SanType::kUri, text(), {}};
    case GEN_EMAIL: return {SanType::kEmail, text(), {}};
    case GEN_IPADD: return {SanType::kIpAddress, IpText(text()), {}};
    case GEN_OTHERNAME: {
      const auto* other = static_cast<const OTHERNAME*>(value);
      return {SanType::kOtherName, OtherNameText(other->value), ObjectText(other->type_id)};
    }
    default: return {};
  }
}

struct FreeGeneralNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

}  // namespace

std::vector<SubjectAltName> SubjectAltNames(X509* certificate) {
  std::vector<SubjectAltName> out;
  const std::unique_ptr<GENERAL_NAMES, FreeGeneralNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    SubjectAltName san = ToSan(sk_GENERAL_NAME_value(names.get(), i));
    const bool deceitful = san.value.find('\0') != std::string::npos;
    if (san.type != SanType::kUnspecified && !deceitful) out.push_back(std::move(san));
  }
  return out;
}

std::vector<std::string> ServerNames(X509* certificate) {
  std::vector<std::string> names;
  for (SubjectAltName& san : SubjectAltNames(certificate)) {
    if (san.type == SanType::kDns) names.push_back(Lower(std::move(san.value)));
  }
  if (!names.empty()) return names;
  char name[256];
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             name, sizeof(name));
  if (size > 0) names.push_back(Lower(std::string(name, static_cast<size_t>(size))));
  return names;
}

std::string NameText(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string SerialText(X509* certificate) {
  const std::unique_ptr<BIGNUM, OsslFree<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  char* digits = number != nullptr ? BN_bn2hex(number.get()) : nullptr;
  std::string text = digits != nullptr ? digits : "";
  OPENSSL_free(digits);
  return Lower(std::move(text));
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string DigestOf(X509* certificate, const EVP_MD* digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, digest, bytes, &size) != 1) return {};
  return {reinterpret_cast<char*>(bytes), size};
}

std::string FingerprintText(X509* certificate, const EVP_MD* digest) {
  return Hex(DigestOf(certificate, digest));
}

std::string PublicKeyDigest(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  const int ok = EVP_Digest(der, static_cast<size_t>(size), bytes, &length, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return ok == 1 ? std::string(reinterpret_cast<char*>(bytes), length) : std::string();
}

std::string PemText(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string UrlEncodedPem(X509* certificate) {
  std::string out;
  for (const char c : PemText(certificate)) {
    switch (c) {
      case '\n': out += "%0A"; break;
      case ' ': out += "%20"; break;
      case '+': out += "%2B"; break;
      case '/': out += "%2F"; break;
      case '=': out += "%3D"; break;
      default: out += c;
    }
  }
  return out;
}

WallTime ToWallTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  const std::chrono::seconds since{timegm(&parts)};
  // "99991231235959Z" is how a certificate says that it never expires (RFC 5280 section 4.1.2.5).
  constexpr auto kLast = std::chrono::floor<std::chrono::seconds>(Duration::max());
  return since > kLast ? WallTime::max() : WallTime(Duration(since));
}

std::string TimeText(const ASN1_TIME* time) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (ASN1_TIME_print(bio.get(), time) != 1) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

net::CertificateInfo Describe(X509* certificate, const std::string& path) {
  net::CertificateInfo info;
  info.path = path;
  info.serial_number = SerialText(certificate);
  for (SubjectAltName& san : SubjectAltNames(certificate)) {
    const char* kind = san.type == SanType::kDns         ? "dns"
                       : san.type == SanType::kUri       ? "uri"
                       : san.type == SanType::kIpAddress ? "ip_address"
                                                         : nullptr;
    if (kind != nullptr) info.subject_alt_names.emplace_back(kind, std::move(san.value));
  }
  info.valid_from = ToWallTime(X509_get0_notBefore(certificate));
  info.expiration_time = ToWallTime(X509_get0_notAfter(certificate));
  return info;
}

bool DnsNameMatches(std::string_view pattern, std::string_view name) {
  if (pattern.starts_with("*.")) {
    const size_t dot = name.find('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    pattern.remove_prefix(1);
    name.remove_prefix(dot);
  }
  return std::equal(pattern.begin(), pattern.end(), name.begin(), name.end(),
                    [](char a, char b) { return LowerChar(a) == LowerChar(b); });
}

}  // namespace sluice::tls
