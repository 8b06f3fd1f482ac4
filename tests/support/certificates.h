// Keys and certificates made on the spot, for tests: nothing in the tree can expire.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace sluice::test {

enum class KeyKind : uint8_t { kEcdsa, kRsa };

struct Wanted {
  std::string common_name = "test";
  std::string alt_names{};  // "DNS:a.test,IP:127.0.0.1"
  std::string key_usage{};  // "critical,digitalSignature"
  std::string raw_uri{};    // a URI SAN with characters that have a meaning in alt_names
  bool ca = false;
  KeyKind key = KeyKind::kEcdsa;
  long from_s = -3600;  // seconds from now
  long until_s = 86400;
};

class TestCertificate {
 public:
  // A CRL of this CA that names the certificates.
  std::string CrlPem(const std::vector<const TestCertificate*>& revoked) const {
    X509_CRL* crl = X509_CRL_new();
    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(certificate_));
    ASN1_TIME* time = X509_gmtime_adj(nullptr, -60);
    X509_CRL_set1_lastUpdate(crl, time);
    for (const TestCertificate* one : revoked) {
      X509_REVOKED* entry = X509_REVOKED_new();
      X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate_));
      X509_REVOKED_set_revocationDate(entry, time);
      X509_CRL_add0_revoked(crl, entry);
    }
    X509_gmtime_adj(time, 86400);
    X509_CRL_set1_nextUpdate(crl, time);
    ASN1_TIME_free(time);
    EXPECT_GT(X509_CRL_sign(crl, key_, EVP_sha256()), 0);
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509_CRL(bio, crl);
    X509_CRL_free(crl);
    return TakeText(bio);
  }

  // Signed by itself without an issuer.
  explicit TestCertificate(const Wanted& wanted, const TestCertificate* issuer = nullptr)
      : key_(wanted.key == KeyKind::kRsa ? EVP_RSA_gen(2048U) : EVP_EC_gen("P-256")),
        certificate_(X509_new()) {
    static long next_serial = 4711;
    X509_set_version(certificate_, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), next_serial++);
    X509_time_adj_ex(X509_getm_notBefore(certificate_), 0, wanted.from_s, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(certificate_), 0, wanted.until_s, nullptr);
    X509_set_pubkey(certificate_, key_);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()),
                               -1, -1, 0);
    X509* parent = issuer != nullptr ? issuer->certificate_ : certificate_;
    X509_set_issuer_name(certificate_, X509_get_subject_name(parent));
    Extend(NID_basic_constraints, wanted.ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (!wanted.key_usage.empty()) Extend(NID_key_usage, wanted.key_usage);
    if (!wanted.alt_names.empty()) Extend(NID_subject_alt_name, wanted.alt_names);
    if (!wanted.raw_uri.empty()) AddUri(wanted.raw_uri);
    EXPECT_GT(X509_sign(certificate_, issuer != nullptr ? issuer->key_ : key_, EVP_sha256()), 0);
  }
  ~TestCertificate() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  X509* x509() const { return certificate_; }
  EVP_PKEY* key() const { return key_; }
  std::string Pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate_);
    return TakeText(bio);
  }
  std::string KeyPem(const std::string& password = {}) const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key_, password.empty() ? nullptr : EVP_aes_256_cbc(),
                                  password.data(), static_cast<int>(password.size()), nullptr,
                                  nullptr);
    return TakeText(bio);
  }

 private:
  void Extend(int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate_, certificate_, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    ASSERT_NE(extension, nullptr) << value;
    X509_add_ext(certificate_, extension, -1);
    X509_EXTENSION_free(extension);
  }
  void AddUri(const std::string& uri) {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, uri.data(), static_cast<int>(uri.size()));
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_URI, text);
    GENERAL_NAMES* names = GENERAL_NAMES_new();
    sk_GENERAL_NAME_push(names, name);
    X509_add1_ext_i2d(certificate_, NID_subject_alt_name, names, 0, 0);
    GENERAL_NAMES_free(names);
  }
  static std::string TakeText(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<size_t>(size));
    BIO_free(bio);
    return text;
  }

  EVP_PKEY* key_;
  X509* certificate_;
};

// A PEM as a quoted YAML (and JSON) string.
inline std::string Quoted(const std::string& pem) {
  std::string out = "\"";
  for (const char c : pem) {
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace sluice::test
