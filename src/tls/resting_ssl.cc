#include "resting_ssl.h"

#include <cstdlib>

#include <openssl/crypto.h>

#include "sluice/tls/memory.h"

namespace sluice::tls {
namespace {

// The struct is the first large thing that SSL_new asks for.
constexpr size_t kLeastStruct = 2048;

// The SSL that this thread is making, and the struct that it is freeing.
thread_local RestingSsl* making = nullptr;
thread_local const void* parting = nullptr;

void* Allocate(size_t size, const char* /*file*/, int /*line*/) noexcept {
  if (making != nullptr && size >= kLeastStruct) {
    if (void* const memory = making->TakeForStruct(size)) return memory;
  }
  return size == 0 ? nullptr : std::malloc(size);
}

void Free(void* memory, const char* /*file*/, int /*line*/) noexcept {
  if (memory != nullptr && memory != parting) std::free(memory);
}

void* Reallocate(void* memory, size_t size, const char* file, int line) noexcept {
  if (size != 0) return std::realloc(memory, size);
  Free(memory, file, line);
  return nullptr;
}

}  // namespace

bool UseRestingMemory() { return CRYPTO_set_mem_functions(&Allocate, &Reallocate, &Free) == 1; }

RestingSsl::RestingSsl(SSL_CTX* context) {
  making = this;
  ssl_ = SSL_new(context);
  making = nullptr;
}

RestingSsl::~RestingSsl() {
  SSL* const ssl = get();
  parting = memory_ ? memory_->data() : nullptr;
  SSL_free(ssl);
  parting = nullptr;
}

void* RestingSsl::TakeForStruct(size_t bytes) {
  if (memory_ || bytes > RestingMemory::kMaxBytes) return nullptr;
  return memory_.emplace(bytes).data();
}

}  // namespace sluice::tls
