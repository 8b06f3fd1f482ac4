// Signatures over a text with a key that somebody hands in: what Proxy-Wasm modules ask for. Keys,
// texts and signatures are strangers'. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::tls {

enum class KeyFormat : uint8_t { kDer, kPem };
struct KeyText {
  std::string_view text;
  KeyFormat format = KeyFormat::kDer;
};

bool IsPublicKey(const KeyText& key);   // SubjectPublicKeyInfo
bool IsPrivateKey(const KeyText& key);  // PKCS #8, or the key type's own format

// `hash`: sha1, sha224, sha256, sha384, sha512. RSA is PKCS #1 v1.5, ECDSA is DER.
Result<> VerifySignature(std::string_view hash, const KeyText& public_key,
                         std::string_view signature, std::string_view text);
Result<std::string> Sign(std::string_view hash, const KeyText& private_key, std::string_view text);

}  // namespace sluice::tls
