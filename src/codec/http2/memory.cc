#include "memory.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace sluice::http2 {
namespace {

constexpr size_t kStep = 32;
constexpr size_t kClasses = 32;  // up to 1 KiB; larger blocks come from the heap each time
constexpr uint32_t kMaxFree = 512;
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kPooled = false;  // let the sanitizer see every block
#else
constexpr bool kPooled = true;
#endif

// Before each block, because nghttp2 gives back a pointer and nothing else.
struct alignas(std::max_align_t) Header {
  size_t usable;
};

class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    for (List& list : lists_) {
      while (Header* block = list.Pop()) std::free(block);
    }
  }

  void* Take(size_t size) {
    const size_t at = size == 0 ? 0 : (size - 1) / kStep;
    Header* block = nullptr;
    if (kPooled && at < kClasses) block = lists_[at].Pop();
    if (block == nullptr) {
      const size_t usable = (at + 1) * kStep;
      block = static_cast<Header*>(std::malloc(sizeof(Header) + usable));
      if (block == nullptr) return nullptr;
      block->usable = usable;
    }
    return block + 1;
  }

  void Give(void* memory) {
    if (memory == nullptr) return;
    Header* const block = HeaderOf(memory);
    const size_t at = block->usable / kStep - 1;
    if (kPooled && at < kClasses && lists_[at].Push(block)) return;
    std::free(block);
  }

  static size_t UsableOf(void* memory) { return HeaderOf(memory)->usable; }

 private:
  // Free blocks are linked through their payload.
  struct List {
    Header* first = nullptr;
    uint32_t count = 0;

    Header* Pop() {
      Header* const block = first;
      if (block == nullptr) return nullptr;
      std::memcpy(&first, static_cast<const void*>(block + 1), sizeof(first));
      --count;
      return block;
    }
    bool Push(Header* block) {
      if (count == kMaxFree) return false;
      std::memcpy(static_cast<void*>(block + 1), &first, sizeof(first));
      first = block;
      ++count;
      return true;
    }
  };

  static Header* HeaderOf(void* memory) { return static_cast<Header*>(memory) - 1; }

  std::array<List, kClasses> lists_{};
};

Pool& PoolOf(void* user) { return *static_cast<Pool*>(user); }

void* Malloc(size_t size, void* user) noexcept { return PoolOf(user).Take(size); }
void Free(void* memory, void* user) noexcept { PoolOf(user).Give(memory); }

void* Calloc(size_t count, size_t size, void* user) noexcept {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const memory = PoolOf(user).Take(bytes);
  if (memory != nullptr) std::memset(memory, 0, bytes);
  return memory;
}

void* Realloc(void* memory, size_t size, void* user) noexcept {
  if (memory != nullptr && Pool::UsableOf(memory) >= size) return memory;
  void* const larger = PoolOf(user).Take(size);
  if (larger == nullptr || memory == nullptr) return larger;
  std::memcpy(larger, memory, std::min(size, Pool::UsableOf(memory)));
  PoolOf(user).Give(memory);
  return larger;
}

}  // namespace

nghttp2_mem* ThreadMemory() {
  static thread_local Pool pool;
  static thread_local nghttp2_mem memory{&pool, &Malloc, &Free, &Calloc, &Realloc};
  return &memory;
}

}  // namespace sluice::http2
