// OCSP responses as a listener staples them: read and checked at load, never fetched.
#pragma once

#include <string>

#include "openssl.h"
#include "sluice/base/clock.h"
#include "sluice/base/error.h"

namespace sluice::tls {

// Until when the response speaks for the certificate. One that does not, or says "revoked", is an
// error. Signatures are the client's business.
Result<WallTime> CheckOcspResponse(const std::string& der, X509* certificate);

// The certificate itself asks for a staple (RFC 7633, status_request).
bool WantsStaple(X509* certificate);

}  // namespace sluice::tls
