// Preloaded into the binary under test by tests/e2e/allocation_test.py: counts the allocations of
// each thread in the file named by MALLOC_COUNTER, eight bytes thread id and eight bytes count.
// No part of the test support library's interface.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <fcntl.h>
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

void Count() {
  static uint32_t next = 0;
  static thread_local Cell* mine = nullptr;
  if (mine == nullptr) {
    Cell* cells = Cells();
    if (cells == nullptr) return;
    mine = cells + __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % kCells;
    mine->thread = static_cast<uint64_t>(::gettid());
  }
  ++mine->count;
}

}  // namespace

extern "C" {
void* malloc(size_t size) {
  Count();
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  Count();
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  Count();
  return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  Count();
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? 12 : 0;
}
}
