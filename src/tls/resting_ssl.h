// An SSL whose struct, which is most of what it takes and mostly zeros, lies in pages that are put
// away while its connection is quiet. Nothing else refers to it: SSL_up_ref is not to be used.
//
// One worker. Where UseRestingMemory (sluice/tls/memory.h) was not called in time it is a plain
// SSL.
#pragma once

#include <optional>

#include "openssl.h"
#include "sluice/base/resting_memory.h"

namespace sluice::tls {

class RestingSsl {
 public:
  explicit RestingSsl(SSL_CTX* context);
  ~RestingSsl();
  RestingSsl(const RestingSsl&) = delete;
  RestingSsl& operator=(const RestingSsl&) = delete;

  // Awake; null when there was no memory for it.
  SSL* get() const {
    if (memory_) memory_->Wake();
    return ssl_;
  }
  void PutAway() {
    if (memory_) memory_->Rest();
  }

  // For OpenSSL's allocator, while the SSL is made: memory for its struct, or null.
  void* TakeForStruct(size_t bytes);

 private:
  mutable std::optional<RestingMemory> memory_;
  SSL* ssl_ = nullptr;
};

}  // namespace sluice::tls
