// What OpenSSL asks during a handshake. The answers are in the SSL's context and in its socket;
// these only find them.
#pragma once

#include "openssl.h"

namespace sluice::tls {

int VerifyCallback(X509_STORE_CTX* store, void* arg) noexcept;
int AlpnCallback(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                 const unsigned char* offered, unsigned int offered_size, void* arg) noexcept;
// Chooses among the certificates of a server.
int CertificateCallback(SSL* ssl, void* arg) noexcept;
// Staples an OCSP response where the client asks for one.
int StatusCallback(SSL* ssl, void* arg) noexcept;
int NewSessionCallback(SSL* ssl, SSL_SESSION* session) noexcept;
void KeyLogCallback(const SSL* ssl, const char* line) noexcept;

}  // namespace sluice::tls
