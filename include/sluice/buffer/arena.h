// A bump allocator for the small objects of one stream: everything goes at once when the stream
// ends. Its first block is inside the object, later ones are slabs. One thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sluice/buffer/slab.h"

namespace sluice {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { Reset(); }

  void* Allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    auto at = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    if (at + bytes <= reinterpret_cast<uintptr_t>(end_)) {
      next_ = reinterpret_cast<char*>(at + bytes);
      return reinterpret_cast<void*>(at);
    }
    return AllocateSlow(bytes, alignment);
  }

  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    auto* to = static_cast<char*>(Allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  // Objects made here must not need their destructor, or be destroyed by whoever made them.
  template <typename T, typename... Args>
  T* New(Args&&... args) {
    return ::new (Allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  // Frees all but the inline block, and starts over.
  void Reset();
  size_t bytes_held() const { return bytes_held_; }

 private:
  void* AllocateSlow(size_t bytes, size_t alignment);

  struct Block;
  static constexpr size_t kInlineBytes = 2048;
  alignas(std::max_align_t) char inline_[kInlineBytes];
  char* next_ = inline_;
  char* end_ = inline_ + kInlineBytes;
  Block* blocks_ = nullptr;
  size_t bytes_held_ = 0;
};

}  // namespace sluice
