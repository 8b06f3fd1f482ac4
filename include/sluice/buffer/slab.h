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

struct Slab {
  static constexpr size_t kBlockBytes = 16 * 1024;  // header included

  SlabPool* pool;
  uint32_t refs;
  uint32_t capacity;  // usable bytes; larger than a standard block for oversized slabs

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

  void RemovePrefix(size_t n) {
    data_ += n;
    size_ -= static_cast<uint32_t>(n);
  }
  void Truncate(size_t n) { size_ = static_cast<uint32_t>(n); }
  // Grows at the end into bytes of the slab that only this slice's owner writes.
  void Extend(size_t n) { size_ += static_cast<uint32_t>(n); }

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

  size_t bytes_in_use() const { return bytes_in_use_; }
  size_t free_slabs() const { return free_count_; }
  // Gives free slabs back to the allocator, e.g. when heap pressure rises.
  void Trim();

 private:
  friend class Slice;
  void Return(Slab* slab);

  static constexpr size_t kMaxFreeSlabs = 256;
  Slab* free_ = nullptr;  // linked through the slabs' first bytes
  size_t free_count_ = 0;
  size_t bytes_in_use_ = 0;
};

}  // namespace sluice
