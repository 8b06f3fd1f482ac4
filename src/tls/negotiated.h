// What a handshake has agreed on, in the names that stats use.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "openssl.h"

namespace sluice::tls {

struct Negotiated {
  uintptr_t key = 0;
  std::string_view name;
};

std::optional<Negotiated> NegotiatedGroup(SSL* ssl);  // "X25519", "P-256"
// How the peer has signed: "ecdsa_secp256r1_sha256". None when it has not.
std::optional<Negotiated> PeerSignature(SSL* ssl);

}  // namespace sluice::tls
