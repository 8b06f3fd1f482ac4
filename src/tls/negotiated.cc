#include "negotiated.h"

namespace sluice::tls {
namespace {

struct Signature {
  int type;
  int digest;
  std::string_view name;
};

// The names of RFC 8446 section 4.2.3.
constexpr Signature kSignatures[] = {
    {EVP_PKEY_EC, NID_sha256, "ecdsa_secp256r1_sha256"},
    {EVP_PKEY_EC, NID_sha384, "ecdsa_secp384r1_sha384"},
    {EVP_PKEY_EC, NID_sha512, "ecdsa_secp521r1_sha512"},
    {EVP_PKEY_EC, NID_sha1, "ecdsa_sha1"},
    {EVP_PKEY_RSA_PSS, NID_sha256, "rsa_pss_rsae_sha256"},
    {EVP_PKEY_RSA_PSS, NID_sha384, "rsa_pss_rsae_sha384"},
    {EVP_PKEY_RSA_PSS, NID_sha512, "rsa_pss_rsae_sha512"},
    {EVP_PKEY_RSA, NID_sha256, "rsa_pkcs1_sha256"},
    {EVP_PKEY_RSA, NID_sha384, "rsa_pkcs1_sha384"},
    {EVP_PKEY_RSA, NID_sha512, "rsa_pkcs1_sha512"},
    {EVP_PKEY_RSA, NID_sha1, "rsa_pkcs1_sha1"},
    {EVP_PKEY_ED25519, NID_undef, "ed25519"},
    {EVP_PKEY_ED448, NID_undef, "ed448"},
};

}  // namespace

std::optional<Negotiated> NegotiatedGroup(SSL* ssl) {
  const auto group = static_cast<int>(SSL_get_negotiated_group(ssl));
  if (group == NID_undef) return std::nullopt;
  std::string_view name;
  switch (group) {
    case NID_X25519: name = "X25519"; break;
    case NID_X448: name = "X448"; break;
    case NID_X9_62_prime256v1: name = "P-256"; break;
    case NID_secp384r1: name = "P-384"; break;
    case NID_secp521r1: name = "P-521"; break;
    default: {
      const char* known = OBJ_nid2sn(group);
      name = known != nullptr ? known : "other";
    }
  }
  return Negotiated{static_cast<uintptr_t>(group), name};
}

std::optional<Negotiated> PeerSignature(SSL* ssl) {
  int type = NID_undef;
  int digest = NID_undef;
  if (SSL_get_peer_signature_type_nid(ssl, &type) != 1) return std::nullopt;
  SSL_get_peer_signature_nid(ssl, &digest);
  for (const Signature& one : kSignatures) {
    if (one.type == type && (one.digest == digest || one.digest == NID_undef)) {
      return Negotiated{reinterpret_cast<uintptr_t>(&one), one.name};
    }
  }
  return std::nullopt;
}

}  // namespace sluice::tls
