// Where a TLS session's ciphertext comes from and goes to: straight from and to the socket, in
// OpenSSL's own buffers. Bytes that a listener filter has read before come first.
//
// Belongs to its TlsSocket; one worker.
#pragma once

#include <memory>

#include "openssl.h"
#include "sluice/buffer/byte_chain.h"

namespace sluice::tls {

struct SocketBio {
  // A BIO upon this; the SSL that gets it owns it, and this must outlive both.
  BIO* MakeBio();

  int Read(char* buffer, int size);
  int Write(const char* buffer, int size);

  // Before each call into OpenSSL that does I/O.
  void BeginCall(bool more_to_write) {
    error = 0;
    read_was_short = false;
    more = more_to_write;
  }

  std::unique_ptr<ByteChain> preloaded;  // null once it has been read
  int fd = -1;
  int error = 0;                // errno of this call's failure; 0: none
  bool more = false;            // another record follows at once
  bool ended = false;           // the peer has sent FIN
  bool read_was_short = false;  // the kernel had no more than it gave in this call
  bool may_stop_short = false;  // do not ask the kernel again once it gave less than it could
  BIO* bio = nullptr;
};

}  // namespace sluice::tls
