#include "callbacks.h"

#include <string_view>

#include "tls_context.h"
#include "tls_socket.h"

namespace sluice::tls {

int VerifyCallback(X509_STORE_CTX* store, void* /*arg*/) noexcept {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  return TlsSocket::Of(ssl).VerifyPeer(store) ? 1 : 0;
}

// Our order decides. Without a common name the handshake goes on without ALPN, as in Envoy.
int AlpnCallback(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                 const unsigned char* offered, unsigned int offered_size, void* /*arg*/) noexcept {
  const std::string& own = TlsContext::Of(ssl).alpn_wire();
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(own.data()),
                            static_cast<unsigned int>(own.size()), offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int NewSessionCallback(SSL* ssl, SSL_SESSION* session) noexcept {
  return TlsSocket::Of(ssl).KeepSession(session) ? 1 : 0;  // 1: the session is ours now
}

void KeyLogCallback(const SSL* ssl, const char* line) noexcept {
  const KeyLog* log = TlsContext::Of(ssl).key_log();
  if (log != nullptr && log->Wants(TlsSocket::Of(ssl).fd())) log->Write(line);
}

}  // namespace sluice::tls
