#include "memory.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

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

// The free lists', or somebody's who knows himself when it ends.
enum class Owner : uint8_t { kPool, kFixed };

// Before each block, because nghttp2 gives back a pointer and nothing else.
struct alignas(std::max_align_t) Header {
  size_t usable;
  Owner owner;
};

Header* HeaderOf(void* memory) { return static_cast<Header*>(memory) - 1; }

}  // namespace

class BlockPool {
 public:
  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool() {
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
      *block = {usable, Owner::kPool};
    }
    return block + 1;
  }

  void Give(void* memory) {
    if (memory == nullptr) return;
    Header* const block = HeaderOf(memory);
    if (block->owner == Owner::kFixed) return;
    const size_t at = block->usable / kStep - 1;
    if (kPooled && at < kClasses && lists_[at].Push(block)) return;
    std::free(block);
  }

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

  std::array<List, kClasses> lists_{};
};

namespace {

BlockPool& ThreadPool() {
  static thread_local BlockPool pool;
  return pool;
}

// Where nghttp2 makes frames: 16 KiB for each session. What is in it has been copied to the output
// (OnSend) or is not looked at any more (OnBodyFrame) before anything else is called, and a call of
// nghttp2_session_send never ends in the middle of a frame, as our callbacks take all: so all
// sessions of a thread use the same one. A client's preface, which lies there from the beginning,
// is taken out at once (Session's constructor).
constexpr size_t kFrameBytes = size_t{16} * 1024;

struct FrameBuffer {
  static constexpr size_t kRoom = kFrameBytes + 64;  // for the frame's head and padding
  Header header{kRoom, Owner::kFixed};
  std::byte bytes[kRoom];
};

void* SharedFrameBuffer(size_t size) {
  static thread_local std::unique_ptr<FrameBuffer> buffer;
  if (size > FrameBuffer::kRoom) return nullptr;
  if (buffer == nullptr) buffer = std::make_unique_for_overwrite<FrameBuffer>();
  return buffer->bytes;
}

}  // namespace

SessionHolder::SessionHolder()
    : pool_(ThreadPool()), mem_{this, &Malloc, &Free, &Calloc, &Realloc}, pages_(kBytes) {}

void* SessionHolder::Take(size_t size) {
  if (!opening_) return pool_.Take(size);
  if (size >= kFrameBytes) {
    void* const shared = SharedFrameBuffer(size);
    return shared != nullptr ? shared : pool_.Take(size);
  }
  const size_t usable = (size + sizeof(Header) - 1) / sizeof(Header) * sizeof(Header);
  if (used_ + sizeof(Header) + usable > pages_.size()) return pool_.Take(size);
  auto* const block = reinterpret_cast<Header*>(pages_.data() + used_);
  used_ += sizeof(Header) + usable;
  *block = {usable, Owner::kFixed};
  return block + 1;
}

void* SessionHolder::Malloc(size_t size, void* user) noexcept {
  return static_cast<SessionHolder*>(user)->Take(size);
}

void SessionHolder::Free(void* memory, void* user) noexcept {
  static_cast<SessionHolder*>(user)->pool_.Give(memory);
}

void* SessionHolder::Calloc(size_t count, size_t size, void* user) noexcept {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* const memory = Malloc(bytes, user);
  if (memory != nullptr) std::memset(memory, 0, bytes);
  return memory;
}

void* SessionHolder::Realloc(void* memory, size_t size, void* user) noexcept {
  if (memory != nullptr && HeaderOf(memory)->usable >= size) return memory;
  void* const larger = Malloc(size, user);
  if (larger == nullptr || memory == nullptr) return larger;
  std::memcpy(larger, memory, std::min(size, HeaderOf(memory)->usable));
  Free(memory, user);
  return larger;
}

}  // namespace sluice::http2
