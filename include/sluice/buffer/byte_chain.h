// A queue of bytes made of slices: bytes are appended at the end, by copy or by reference, and
// drained from the front. Moving bytes between chains moves references, never bytes.
//
// One thread only. Never copied; moved freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "sluice/buffer/slab.h"

namespace sluice {

class ByteChain {
 public:
  ByteChain() = default;
  ByteChain(ByteChain&& other) noexcept;
  ByteChain& operator=(ByteChain&& other) noexcept;
  ByteChain(const ByteChain&) = delete;
  ByteChain& operator=(const ByteChain&) = delete;
  ~ByteChain();

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void Append(std::string_view bytes);  // copies, into the last slab's free room first
  // By reference, but a small piece behind others is copied: a queue of slivers that pin a slab
  // each would cost many times the bytes that the limits count.
  void Append(Slice slice);
  void Append(ByteChain&& other);        // takes all, in the same way
  void Prepend(std::string_view bytes);  // copies
  // Moves the first `n` bytes (n <= size()) to the end of `to`.
  void MoveTo(ByteChain& to, size_t n);
  void Drain(size_t n);
  void Clear();

  // Room to write into, contiguous, at least `min_bytes`; what was written is then committed.
  // Room is at the end of the last slab when nobody else can see it, else in a new slab. Each
  // Reserve must be followed by its Commit (of 0 when nothing was written) before anything else.
  std::span<char> Reserve(size_t min_bytes);
  // The same for readv: room for about `bytes` in at most `max` pieces; returns how many.
  int ReserveIovecs(iovec* out, int max, size_t bytes);
  void Commit(size_t n);

  // The contiguous bytes at the front (empty view when there are none).
  std::string_view Front() const;
  size_t slice_count() const { return count_; }
  const Slice& slice(size_t i) const { return slices_[(first_ + i) & (capacity_ - 1)]; }
  // A counted view of the bytes [offset, offset + length) when they lie in one slice, else of a
  // copy in a slab of their own.
  Slice Share(size_t offset, size_t length) const;

  // Fills at most `max` iovecs from the front; returns how many.
  int FillIovecs(iovec* out, int max) const;
  // Copies out min(n, size()) bytes from the front without draining.
  size_t CopyOut(char* to, size_t n) const;
  // Position of `byte` at or after `from`, or npos.
  size_t Find(char byte, size_t from = 0) const;
  // A copy of at most `n` bytes from `from`: for tests, logs, the control plane and scripts.
  std::string ToString(size_t from = 0, size_t n = npos) const;

  static constexpr size_t npos = static_cast<size_t>(-1);

 private:
  Slice& At(size_t i) { return slices_[(first_ + i) & (capacity_ - 1)]; }
  bool PinsTooMuch(size_t size) const;
  void PushBack(Slice slice);
  void PopFront();
  Slice& ReserveSlab(uint32_t slot, size_t min_bytes);
  void Grow();
  void ReleaseRing();
  void Steal(ByteChain& other);

  static constexpr uint32_t kInlineSlices = 2;
  Slice inline_[kInlineSlices];
  Slice* slices_ = inline_;  // a ring of capacity_ (a power of two)
  uint32_t capacity_ = kInlineSlices;
  uint32_t first_ = 0;
  uint32_t count_ = 0;
  uint32_t reserved_tail_ = 0;  // room in the last slice that a Reserve gave out
  size_t size_ = 0;
};

}  // namespace sluice
