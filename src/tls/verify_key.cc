#include "sluice/tls/verify_key.h"

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "openssl.h"

namespace sluice::tls {
namespace {

using DigestPtr = std::unique_ptr<EVP_MD_CTX, OsslFree<EVP_MD_CTX_free>>;
using KeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, OsslFree<EVP_PKEY_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, OsslFree<BN_free>>;
using ParamBuildPtr = std::unique_ptr<OSSL_PARAM_BLD, OsslFree<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, OsslFree<OSSL_PARAM_free>>;
using EcSignaturePtr = std::unique_ptr<ECDSA_SIG, OsslFree<ECDSA_SIG_free>>;

// Of RSA: what is longer only costs time, what is shorter can be broken.
constexpr size_t kMinModulusBytes = 128;
constexpr size_t kMaxModulusBytes = 2048;
constexpr size_t kMaxExponentBytes = 8;
constexpr size_t kEd25519Bytes = 32;

enum class KeyKind : uint8_t { kRsa, kP256, kP384, kP521, kEd25519, kSecret };
enum class Scheme : uint8_t { kPkcs1, kPss, kEcdsa, kHmac, kEdDsa };

struct Algorithm {
  std::string_view name;
  Scheme scheme;
  KeyKind key;
  const EVP_MD* (*hash)();
};
const EVP_MD* NoHash() { return nullptr; }
constexpr std::array<Algorithm, 13> kAlgorithms = {{
    {"RS256", Scheme::kPkcs1, KeyKind::kRsa, &EVP_sha256},
    {"RS384", Scheme::kPkcs1, KeyKind::kRsa, &EVP_sha384},
    {"RS512", Scheme::kPkcs1, KeyKind::kRsa, &EVP_sha512},
    {"PS256", Scheme::kPss, KeyKind::kRsa, &EVP_sha256},
    {"PS384", Scheme::kPss, KeyKind::kRsa, &EVP_sha384},
    {"PS512", Scheme::kPss, KeyKind::kRsa, &EVP_sha512},
    {"ES256", Scheme::kEcdsa, KeyKind::kP256, &EVP_sha256},
    {"ES384", Scheme::kEcdsa, KeyKind::kP384, &EVP_sha384},
    {"ES512", Scheme::kEcdsa, KeyKind::kP521, &EVP_sha512},
    {"HS256", Scheme::kHmac, KeyKind::kSecret, &EVP_sha256},
    {"HS384", Scheme::kHmac, KeyKind::kSecret, &EVP_sha384},
    {"HS512", Scheme::kHmac, KeyKind::kSecret, &EVP_sha512},
    {"EdDSA", Scheme::kEdDsa, KeyKind::kEd25519, &NoHash},
}};

struct Curve {
  std::string_view name;
  const char* group;
  KeyKind kind;
  size_t bytes;
};
constexpr std::array<Curve, 3> kCurves = {{
    {"P-256", "prime256v1", KeyKind::kP256, 32},
    {"P-384", "secp384r1", KeyKind::kP384, 48},
    {"P-521", "secp521r1", KeyKind::kP521, 66},
}};

const Algorithm* FindAlgorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.name == name) return &algorithm;
  }
  return nullptr;
}

const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unexpected<Error> Refuse(std::string words) {
  ERR_clear_error();
  return Fail(ErrorCode::kInvalidConfig, Origin::kLocal, std::move(words));
}

NumberPtr Number(std::string_view bytes) {
  return NumberPtr(BN_bin2bn(Raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

KeyPtr MakePublic(const char* type, OSSL_PARAM_BLD* build) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(build));
  const KeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return KeyPtr(key);
}

// R || S (RFC 7518, 3.4) as OpenSSL wants it.
std::string EcdsaToDer(std::string_view signature, size_t number_bytes) {
  if (signature.size() != 2 * number_bytes) return {};
  const EcSignaturePtr pair(ECDSA_SIG_new());
  NumberPtr r = Number(signature.substr(0, number_bytes));
  NumberPtr s = Number(signature.substr(number_bytes));
  if (pair == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
    return {};
  }
  std::ignore = r.release();  // the pair's now
  std::ignore = s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

bool VerifyHmac(const EVP_MD* hash, std::string_view secret, std::string_view signature,
                std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int size = 0;
  if (HMAC(hash, secret.data(), static_cast<int>(secret.size()), Raw(text), text.size(), out.data(),
           &size) == nullptr) {
    return false;
  }
  return SameSecret({reinterpret_cast<const char*>(out.data()), size}, signature);
}

bool VerifyPublic(const Algorithm& algorithm, EVP_PKEY* key, std::string_view signature,
                  std::string_view text) {
  const DigestPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // the context's
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), &key_context, algorithm.hash(), nullptr, key) != 1) {
    return false;
  }
  if (algorithm.scheme == Scheme::kPss &&
      (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), Raw(signature), signature.size(), Raw(text),
                          text.size()) == 1;
}

}  // namespace

struct VerifyKey::Parts {
  KeyKind kind;
  KeyPtr key;  // of all kinds but secrets
  std::string secret;
  size_t number_bytes = 0;  // of curves
};

VerifyKey::VerifyKey(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
VerifyKey::VerifyKey(VerifyKey&& other) noexcept = default;
VerifyKey& VerifyKey::operator=(VerifyKey&& other) noexcept = default;
VerifyKey::~VerifyKey() = default;

Result<VerifyKey> VerifyKey::Rsa(std::string_view modulus, std::string_view exponent) {
  while (modulus.starts_with('\0')) modulus.remove_prefix(1);
  if (modulus.size() < kMinModulusBytes || modulus.size() > kMaxModulusBytes || exponent.empty() ||
      exponent.size() > kMaxExponentBytes) {
    return Refuse("an RSA key of this size is not taken");
  }
  const ParamBuildPtr build(OSSL_PARAM_BLD_new());
  const NumberPtr n = Number(modulus);
  const NumberPtr e = Number(exponent);
  if (build == nullptr || n == nullptr || e == nullptr || BN_is_zero(e.get()) ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return Refuse("not an RSA key");
  }
  KeyPtr key = MakePublic("RSA", build.get());
  if (key == nullptr) return Refuse("not an RSA key");
  return VerifyKey(std::make_unique<const Parts>(KeyKind::kRsa, std::move(key)));
}

Result<VerifyKey> VerifyKey::Ec(std::string_view name, std::string_view x, std::string_view y) {
  const Curve* curve = nullptr;
  for (const Curve& known : kCurves) {
    if (known.name == name) curve = &known;
  }
  if (curve == nullptr) return Refuse("the curve is not supported");
  if (x.size() > curve->bytes || y.size() > curve->bytes) return Refuse("not a point of the curve");
  std::string point(1, '\x04');  // uncompressed
  point.append(curve->bytes - x.size(), '\0').append(x);
  point.append(curve->bytes - y.size(), '\0').append(y);
  const ParamBuildPtr build(OSSL_PARAM_BLD_new());
  if (build == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return Refuse("not an EC key");
  }
  KeyPtr key = MakePublic("EC", build.get());
  if (key == nullptr) return Refuse("not a point of the curve");
  return VerifyKey(
      std::make_unique<const Parts>(curve->kind, std::move(key), std::string(), curve->bytes));
}

Result<VerifyKey> VerifyKey::Ed25519(std::string_view x) {
  if (x.size() != kEd25519Bytes) return Refuse("not an Ed25519 key");
  KeyPtr key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Raw(x), x.size()));
  if (key == nullptr) return Refuse("not an Ed25519 key");
  return VerifyKey(std::make_unique<const Parts>(KeyKind::kEd25519, std::move(key)));
}

Result<VerifyKey> VerifyKey::Secret(std::string_view bytes) {
  if (bytes.empty()) return Refuse("an empty secret proves nothing");
  return VerifyKey(std::make_unique<const Parts>(KeyKind::kSecret, nullptr, std::string(bytes)));
}

Result<VerifyKey> VerifyKey::Certificate(const KeyText& text) {
  ERR_clear_error();
  X509Ptr certificate;
  if (text.format == KeyFormat::kPem) {
    const BioPtr bio = ReadBio(text.text);
    certificate.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  } else {
    const unsigned char* at = Raw(text.text);
    certificate.reset(d2i_X509(nullptr, &at, static_cast<long>(text.text.size())));
  }
  KeyPtr key(certificate == nullptr ? nullptr : X509_get_pubkey(certificate.get()));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA ||
      EVP_PKEY_get_bits(key.get()) < static_cast<int>(kMinModulusBytes * 8) ||
      EVP_PKEY_get_bits(key.get()) > static_cast<int>(kMaxModulusBytes * 8)) {
    return Refuse("not a certificate of an RSA key");
  }
  return VerifyKey(std::make_unique<const Parts>(KeyKind::kRsa, std::move(key)));
}

bool VerifyKey::IsAlgorithm(std::string_view algorithm) {
  return FindAlgorithm(algorithm) != nullptr;
}

bool VerifyKey::Takes(std::string_view algorithm) const {
  const Algorithm* found = FindAlgorithm(algorithm);
  return found != nullptr && found->key == parts_->kind;
}

bool VerifyKey::Verify(std::string_view name, std::string_view signature,
                       std::string_view text) const {
  const Algorithm* algorithm = FindAlgorithm(name);
  if (algorithm == nullptr || algorithm->key != parts_->kind) return false;
  bool good = false;
  switch (algorithm->scheme) {
    case Scheme::kHmac:
      good = VerifyHmac(algorithm->hash(), parts_->secret, signature, text);
      break;
    case Scheme::kEcdsa: {
      const std::string der = EcdsaToDer(signature, parts_->number_bytes);
      good = !der.empty() && VerifyPublic(*algorithm, parts_->key.get(), der, text);
      break;
    }
    case Scheme::kPkcs1:
    case Scheme::kPss:
    case Scheme::kEdDsa: good = VerifyPublic(*algorithm, parts_->key.get(), signature, text); break;
  }
  ERR_clear_error();
  return good;
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string Sha1(std::string_view text) {
  std::string out(SHA_DIGEST_LENGTH, '\0');
  SHA1(Raw(text), text.size(), reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

}  // namespace sluice::tls
