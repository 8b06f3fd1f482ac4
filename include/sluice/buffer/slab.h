// Memory for bytes in flight: fixed-size blocks, counted by the slices that look into them.
//
// Slabs belong to the thread that took them: counts are plain integers and free slabs go back to
// that thread's pool, so a slice must never cross threads. A connection takes a slab when there is
// something to read and holds none while idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sluice {

class SlabPool;

struct alignas(16) Slab {
  static constexpr size_t kBlockBytes = 16 * 1024;  // header included

  SlabPool* pool;
  uint32_t refs;
  uint32_t capacity;  // usable bytes; another number than a standard block's for odd-sized slabs
  uint32_t used;      // bytes from here on have never been shown to anybody: free to write into

  char* data() { return reinterpret_cast<char*>(this + 1); }
};

// A counted view of part of a slab.
class Slice {
 public:
  Slice() = default;
  Slice(Slab* slab, char* data, size_t size)
      : slab_(slab), data_(data), size_(static_cast<uint32_t>(size)) {
    if (slab_ != nullptr) ++slab_->refs;
  }
  Slice(const Slice& other) : Slice(other.slab_, other.data_, other.size_) {}
  Slice(Slice&& other) noexcept
      : slab_(std::exchange(other.slab_, nullptr)), data_(other.data_), size_(other.size_) {
    other.size_ = 0;
  }
  Slice& operator=(Slice other) noexcept {
    std::swap(slab_, other.slab_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slice() {
    if (slab_ != nullptr && --slab_->refs == 0) Release(slab_);
  }

  char* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  Slab* slab() const { return slab_; }
  // Bytes after this slice's end that its holder may write: nobody else looks at them.
  size_t room() const {
    if (slab_ == nullptr) return 0;
    auto end = static_cast<uint32_t>(data_ + size_ - slab_->data());
    return slab_->refs == 1 || slab_->used == end ? slab_->capacity - end : 0;
  }

  void RemovePrefix(size_t n) {
    data_ += n;
    size_ -= static_cast<uint32_t>(n);
  }
  // Grows over `next`, which begins in the same slab where this one ends.
  void Join(const Slice& next) { size_ += next.size_; }
  void Truncate(size_t n) { size_ = static_cast<uint32_t>(n); }
  // Takes the next n <= room() bytes, which the holder has written, into the slice.
  void Extend(size_t n) {
    size_ += static_cast<uint32_t>(n);
    slab_->used = static_cast<uint32_t>(data_ + size_ - slab_->data());
  }

 private:
  static void Release(Slab* slab);

  Slab* slab_ = nullptr;
  char* data_ = nullptr;
  uint32_t size_ = 0;
};

// The calling thread's slabs. Keeps a bounded number of free standard blocks.
class SlabPool {
 public:
  static SlabPool& ForThread();

  SlabPool() = default;
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;
  ~SlabPool();

  // A slab with refs == 0 and at least `min_bytes` usable; wrap it in a Slice at once.
  Slab* Take(size_t min_bytes = 0);
  // One of exactly `bytes`, for what stays long and would pin a whole block otherwise.
  Slab* TakeExact(size_t bytes);
  static Slice Copy(std::string_view bytes);  // into a slab of exactly that size

  size_t bytes_in_use() const { return bytes_in_use_; }
  size_t free_slabs() const { return free_count_; }
  // Gives free slabs back to the allocator, e.g. when heap pressure rises.
  void Trim();

 private:
  friend class Slice;
  Slab* Allocate(size_t capacity);
  void Return(Slab* slab);

  static constexpr size_t kMaxFreeSlabs = 256;
  Slab* free_ = nullptr;  // linked through the slabs' first bytes
  size_t free_count_ = 0;
  size_t bytes_in_use_ = 0;
};

}  // namespace sluice
