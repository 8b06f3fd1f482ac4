#include "sluice/buffer/slab.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "sluice/base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) static_cast<void>(at), static_cast<void>(size)
#define ASAN_UNPOISON_MEMORY_REGION(at, size) static_cast<void>(at), static_cast<void>(size)
#endif

namespace sluice {
namespace {

constexpr uint32_t kStandardCapacity = Slab::kBlockBytes - sizeof(Slab);

// A free slab's link to the next one lies where its payload was.
Slab*& NextFree(Slab* slab) { return *reinterpret_cast<Slab**>(slab->data()); }

// Free slabs are poisoned behind the link, so that the sanitizer sees a slice used too late.
void Poison(Slab* slab) {
  ASAN_POISON_MEMORY_REGION(slab->data() + sizeof(Slab*), kStandardCapacity - sizeof(Slab*));
}
void Unpoison(Slab* slab) { ASAN_UNPOISON_MEMORY_REGION(slab->data(), kStandardCapacity); }

}  // namespace

void Slice::Release(Slab* slab) { slab->pool->Return(slab); }

SlabPool& SlabPool::ForThread() {
  static thread_local SlabPool pool;
  return pool;
}

SlabPool::~SlabPool() { Trim(); }

Slab* SlabPool::Take(size_t min_bytes) {
  if (min_bytes > kStandardCapacity) return TakeExact(min_bytes);
  Slab* slab = free_;
  if (slab == nullptr) return Allocate(kStandardCapacity);
  free_ = NextFree(slab);
  --free_count_;
  Unpoison(slab);
  slab->used = 0;
  bytes_in_use_ += kStandardCapacity;
  return slab;
}

Slab* SlabPool::TakeExact(size_t bytes) { return Allocate(bytes); }

Slice SlabPool::Copy(std::string_view bytes) {
  if (bytes.empty()) return {};
  Slab* slab = ForThread().TakeExact(bytes.size());
  std::memcpy(slab->data(), bytes.data(), bytes.size());
  slab->used = slab->capacity;
  return {slab, slab->data(), bytes.size()};
}

Slab* SlabPool::Allocate(size_t capacity) {
  SLUICE_CHECK(capacity <= UINT32_MAX);
  void* memory = std::malloc(sizeof(Slab) + capacity);
  SLUICE_CHECK(memory != nullptr);
  bytes_in_use_ += capacity;
  return ::new (memory) Slab{this, 0, static_cast<uint32_t>(capacity), 0};
}

void SlabPool::Return(Slab* slab) {
  SLUICE_DCHECK(slab->pool == &ForThread());
  bytes_in_use_ -= slab->capacity;
  if (slab->capacity != kStandardCapacity || free_count_ >= kMaxFreeSlabs) {
    std::free(slab);
    return;
  }
  NextFree(slab) = free_;
  free_ = slab;
  ++free_count_;
  Poison(slab);
}

void SlabPool::Trim() {
  while (free_ != nullptr) {
    Slab* next = NextFree(free_);
    Unpoison(free_);
    std::free(free_);
    free_ = next;
  }
  free_count_ = 0;
}

}  // namespace sluice
