// Preloaded into the binary under test by tests/e2e/allocation_test.py: counts the allocations of
// each thread in the file named by MALLOC_COUNTER: eight bytes thread id, eight bytes count, and
// eight bytes for those that OpenSSL makes for itself. No part of the test support library's
// interface.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

struct Cell {
  uint64_t thread;
  uint64_t count;
  uint64_t openssl;
};
constexpr size_t kCells = 64;

Cell* Cells() {
  static Cell* const cells = [] {
    const char* path = std::getenv("MALLOC_COUNTER");
    int fd = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    void* at =
        fd < 0 ? MAP_FAILED
               : ::mmap(nullptr, kCells * sizeof(Cell), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? nullptr : static_cast<Cell*>(at);
  }();
  return cells;
}

// Where libcrypto's code is; all of OpenSSL allocates through that.
struct Range {
  uintptr_t from = 0;
  uintptr_t to = 0;
};

int FindCrypto(dl_phdr_info* info, size_t /*size*/, void* data) {
  if (std::strstr(info->dlpi_name, "libcrypto.so") == nullptr) return 0;
  auto* range = static_cast<Range*>(data);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    range->from = info->dlpi_addr + part.p_vaddr;
    range->to = range->from + part.p_memsz;
  }
  return 1;
}

bool IsCrypto(const void* caller) {
  static const Range range = [] {
    Range found;
    ::dl_iterate_phdr(&FindCrypto, &found);
    return found;
  }();
  const auto at = reinterpret_cast<uintptr_t>(caller);
  return at >= range.from && at < range.to;
}

// sluice has OpenSSL allocate through itself (tls/memory.h), so that one could not be told from the
// other here. OpenSSL takes no such wish once it has allocated something.
__attribute__((constructor)) void KeepOpenSslsOwnCalls() {
  using Malloc = void* (*)(size_t, const char*, int);
  using Free = void (*)(void*, const char*, int);
  auto* const allocate = reinterpret_cast<Malloc>(::dlsym(RTLD_DEFAULT, "CRYPTO_malloc"));
  auto* const release = reinterpret_cast<Free>(::dlsym(RTLD_DEFAULT, "CRYPTO_free"));
  if (allocate != nullptr && release != nullptr) release(allocate(1, "", 0), "", 0);
}

void Count(const void* caller) {
  static uint32_t next = 0;
  static thread_local Cell* mine = nullptr;
  if (mine == nullptr) {
    Cell* cells = Cells();
    if (cells == nullptr) return;
    mine = cells + __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % kCells;
    mine->thread = static_cast<uint64_t>(::gettid());
  }
  ++(IsCrypto(caller) ? mine->openssl : mine->count);
}

}  // namespace

extern "C" {
void* malloc(size_t size) {
  Count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  Count(__builtin_return_address(0));
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  Count(__builtin_return_address(0));
  return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  Count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  Count(__builtin_return_address(0));
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? 12 : 0;
}
}
