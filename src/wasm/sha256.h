// SHA-256 (FIPS 180-4) of a module's code, which its configuration may name. OpenSSL is tls' own.
#pragma once

#include <string>
#include <string_view>

namespace sluice::wasm {

std::string Sha256Hex(std::string_view bytes);

}  // namespace sluice::wasm
