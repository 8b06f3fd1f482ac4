// OpenSSL's objects in unique_ptrs, and its error queue in words. Private to tls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace sluice::tls {

template <auto kFree>
struct OsslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
struct FreeX509Stack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
struct FreeNameStack {
  void operator()(STACK_OF(X509_NAME) * stack) const {
    sk_X509_NAME_pop_free(stack, X509_NAME_free);
  }
};

using BioPtr = std::unique_ptr<BIO, OsslFree<BIO_free_all>>;
using CrlPtr = std::unique_ptr<X509_CRL, OsslFree<X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OsslFree<EVP_PKEY_free>>;
using NameStackPtr = std::unique_ptr<STACK_OF(X509_NAME), FreeNameStack>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OsslFree<SSL_SESSION_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OsslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OsslFree<SSL_free>>;
using X509Ptr = std::unique_ptr<X509, OsslFree<X509_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), FreeX509Stack>;
using X509StorePtr = std::unique_ptr<X509_STORE, OsslFree<X509_STORE_free>>;

inline X509Ptr Share(X509* certificate) {
  X509_up_ref(certificate);
  return X509Ptr(certificate);
}

// A BIO that reads `text`, which must outlive it.
BioPtr ReadBio(std::string_view text);

// What one call left in this thread's queue; taking it empties the queue.
struct OsslFault {
  unsigned long code = 0;  // the first one; 0 when there was none
  std::string words;       // "SSL routines::wrong version number", several joined by ", "

  int library() const { return ERR_GET_LIB(code); }
  int reason() const { return ERR_GET_REASON(code); }
};
OsslFault TakeFault();
void ForgetFaults();

}  // namespace sluice::tls
