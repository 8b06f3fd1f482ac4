// The public keys of an issuer: a JSON Web Key Set (RFC 7517), or a map of key ids to certificates
// in PEM. Immutable snapshot, any thread.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sluice/tls/verify_key.h"
#include "token.h"

namespace sluice::filters::jwt_authn {

class Jwks {
 public:
  // Keys that are not understood are left out; a set without any key is refused.
  static std::expected<std::shared_ptr<const Jwks>, Status> Parse(std::string json);

  // Whether one of the keys made the token's signature.
  Status Verify(const Token& token) const;
  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::string id;         // empty: any
    std::string algorithm;  // empty: any of the key's kind
    tls::VerifyKey key;
  };
  void AddKey(const Value& jwk);
  void AddCertificates(const ValueStruct& by_id);

  std::vector<Key> keys_;
};

}  // namespace sluice::filters::jwt_authn
