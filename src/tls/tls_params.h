// Versions, ciphers, curves and signature algorithms, from the configuration into an SSL_CTX.
#pragma once

#include "openssl.h"
#include "sluice/config/problems.h"
#include "tls_config.h"

namespace sluice::tls {

// False when there were problems, which are added.
bool ApplyParams(const TlsParamsConfig& config, SSL_CTX* context, config::Problems& problems);

}  // namespace sluice::tls
