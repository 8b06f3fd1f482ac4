// Keys that are parsed once and then verify many signatures of JSON Web Algorithms (RFC 7518, RFC
// 8037). Keys come from an issuer, texts and signatures from strangers. Immutable, any thread.
//
// Hard rule: a key verifies only the algorithms of its own kind, whatever a token says that it is
// signed with.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/tls/signature.h"

namespace sluice::tls {

class VerifyKey {
 public:
  // Numbers are big endian bytes, as base64url has them in a JSON Web Key.
  static Result<VerifyKey> Rsa(std::string_view modulus, std::string_view exponent);
  static Result<VerifyKey> Ec(std::string_view curve, std::string_view x, std::string_view y);
  static Result<VerifyKey> Ed25519(std::string_view x);
  static Result<VerifyKey> Secret(std::string_view bytes);
  static Result<VerifyKey> Certificate(const KeyText& certificate);

  VerifyKey(VerifyKey&& other) noexcept;
  VerifyKey& operator=(VerifyKey&& other) noexcept;
  ~VerifyKey();

  // RS256, PS384, ES512, HS256, EdDSA...
  static bool IsAlgorithm(std::string_view algorithm);
  // Whether the algorithm is one of this kind of key (and, for ES*, of its curve).
  bool Takes(std::string_view algorithm) const;
  bool Verify(std::string_view algorithm, std::string_view signature, std::string_view text) const;

 private:
  struct Parts;
  explicit VerifyKey(std::unique_ptr<const Parts> parts);
  std::unique_ptr<const Parts> parts_;
};

// In a time that depends on the sizes only.
bool SameSecret(std::string_view a, std::string_view b);

// 20 bytes: what htpasswd's {SHA} is. Not for anything new.
std::string Sha1(std::string_view text);

}  // namespace sluice::tls
