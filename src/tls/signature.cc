#include "sluice/tls/signature.h"

#include <algorithm>
#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "openssl.h"

namespace sluice::tls {
namespace {

using DigestPtr = std::unique_ptr<EVP_MD_CTX, OsslFree<EVP_MD_CTX_free>>;

const unsigned char* Raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// An encrypted key is none: nobody is asked for a password.
int NoPassword(char*, int, int, void*) { return -1; }

KeyPtr LoadPublic(const KeyText& key) {
  ERR_clear_error();
  if (key.format == KeyFormat::kPem) {
    const BioPtr bio = ReadBio(key.text);
    return KeyPtr(PEM_read_bio_PUBKEY(bio.get(), nullptr, &NoPassword, nullptr));
  }
  const unsigned char* at = Raw(key.text);
  return KeyPtr(d2i_PUBKEY(nullptr, &at, static_cast<long>(key.text.size())));
}

KeyPtr LoadPrivate(const KeyText& key) {
  ERR_clear_error();
  if (key.format == KeyFormat::kPem) {
    const BioPtr bio = ReadBio(key.text);
    return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassword, nullptr));
  }
  const unsigned char* at = Raw(key.text);
  return KeyPtr(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key.text.size())));
}

const EVP_MD* FindHash(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  if (lower == "sha1") return EVP_sha1();
  if (lower == "sha224") return EVP_sha224();
  if (lower == "sha256") return EVP_sha256();
  if (lower == "sha384") return EVP_sha384();
  if (lower == "sha512") return EVP_sha512();
  return nullptr;
}

std::unexpected<Error> Refuse(std::string words) {
  ERR_clear_error();
  return Fail(ErrorCode::kInvalidConfig, Origin::kLocal, std::move(words));
}

}  // namespace

bool IsPublicKey(const KeyText& key) {
  const bool good = LoadPublic(key) != nullptr;
  ERR_clear_error();
  return good;
}

bool IsPrivateKey(const KeyText& key) {
  const bool good = LoadPrivate(key) != nullptr;
  ERR_clear_error();
  return good;
}

Result<> VerifySignature(std::string_view hash, const KeyText& public_key,
                         std::string_view signature, std::string_view text) {
  const EVP_MD* digest = FindHash(hash);
  if (digest == nullptr) return Refuse(std::string(hash) + " is not supported.");
  const KeyPtr key = LoadPublic(public_key);
  if (key == nullptr) return Refuse("The public key cannot be read.");
  const DigestPtr context(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) != 1) {
    return Refuse("Failed to initialize digest verify.");
  }
  if (EVP_DigestVerify(context.get(), Raw(signature), signature.size(), Raw(text), text.size()) !=
      1) {
    return Refuse("Failed to verify digital signature.");
  }
  return {};
}

Result<std::string> Sign(std::string_view hash, const KeyText& private_key, std::string_view text) {
  const EVP_MD* digest = FindHash(hash);
  if (digest == nullptr) return Refuse(std::string(hash) + " is not supported.");
  const KeyPtr key = LoadPrivate(private_key);
  if (key == nullptr) return Refuse("The private key cannot be read.");
  const DigestPtr context(EVP_MD_CTX_new());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, Raw(text), text.size()) != 1) {
    return Refuse("Failed to initialize digest sign.");
  }
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, Raw(text),
                     text.size()) != 1) {
    return Refuse("Failed to create digital signature.");
  }
  out.resize(size);
  return out;
}

}  // namespace sluice::tls
