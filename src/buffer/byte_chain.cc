#include "sluice/buffer/byte_chain.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "sluice/base/check.h"

namespace sluice {
namespace {

// Pieces up to this size are copied behind others when there is room; see Append(Slice).
constexpr size_t kSmallPiece = 2048;
// A chain of this many slices is a queue that nobody empties: pack it more tightly.
constexpr uint32_t kLongChain = 16;
constexpr size_t kSmallPieceOfLongChain = 8192;
// A ring of more slots is given back once the chain is empty.
constexpr uint32_t kRingToKeep = 16;
// Less room than this at the end of a slab is not worth an iovec.
constexpr size_t kRoomWorthReading = 1024;

}  // namespace

ByteChain::ByteChain(ByteChain&& other) noexcept { Steal(other); }

ByteChain& ByteChain::operator=(ByteChain&& other) noexcept {
  if (this != &other) {
    Clear();
    ReleaseRing();
    Steal(other);
  }
  return *this;
}

ByteChain::~ByteChain() { ReleaseRing(); }

// Takes over everything; this chain is empty and has no ring of its own. Slots that are not counted
// hold nothing, between a Commit and the next Reserve.
void ByteChain::Steal(ByteChain& other) {
  if (other.slices_ == other.inline_) {
    for (uint32_t i = 0; i < other.count_; ++i) inline_[i] = std::move(other.At(i));
    slices_ = inline_;
    first_ = other.first_ = 0;
  } else {
    slices_ = std::exchange(other.slices_, other.inline_);
    first_ = std::exchange(other.first_, 0);
  }
  capacity_ = std::exchange(other.capacity_, kInlineSlices);
  count_ = std::exchange(other.count_, 0);
  reserved_tail_ = std::exchange(other.reserved_tail_, 0);
  size_ = std::exchange(other.size_, 0);
}

void ByteChain::ReleaseRing() {
  if (slices_ == inline_) return;
  std::unique_ptr<Slice[]> ring(std::exchange(slices_, inline_));
  capacity_ = kInlineSlices;
  first_ = 0;
}

void ByteChain::Grow() {
  auto bigger = std::make_unique<Slice[]>(size_t{capacity_} * 2);
  for (uint32_t i = 0; i < capacity_; ++i) bigger[i] = std::move(At(i));
  uint32_t capacity = capacity_ * 2;
  ReleaseRing();
  slices_ = bigger.release();
  capacity_ = capacity;
  first_ = 0;
}

void ByteChain::PushBack(Slice slice) {
  if (count_ == capacity_) Grow();
  size_ += slice.size();
  At(count_++) = std::move(slice);
}

void ByteChain::PopFront() {
  size_ -= At(0).size();
  At(0) = Slice();
  first_ = (first_ + 1) & (capacity_ - 1);
  --count_;
}

void ByteChain::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    std::span<char> room = Reserve(1);
    size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    Commit(n);
    bytes.remove_prefix(n);
  }
}

bool ByteChain::PinsTooMuch(size_t size) const {
  if (count_ == 0) return false;
  if (count_ >= kLongChain) return size <= kSmallPieceOfLongChain;
  return size <= kSmallPiece && slice(count_ - 1).room() >= size;
}

void ByteChain::Append(Slice slice) {
  if (slice.empty()) return;
  if (count_ > 0) {
    Slice& last = At(count_ - 1);
    if (last.slab() == slice.slab() && last.data() + last.size() == slice.data()) {
      size_ += slice.size();
      last.Join(slice);
      return;
    }
  }
  if (PinsTooMuch(slice.size())) return Append(slice.view());
  PushBack(std::move(slice));
}

void ByteChain::Append(ByteChain&& other) {
  SLUICE_DCHECK(this != &other);
  if (count_ == 0 && slices_ != inline_ && other.slices_ != other.inline_) {
    // Both keep a ring, so that neither has to make one again.
    std::swap(slices_, other.slices_);
    std::swap(capacity_, other.capacity_);
    first_ = std::exchange(other.first_, 0);
    count_ = std::exchange(other.count_, 0);
    size_ = std::exchange(other.size_, 0);
    return;
  }
  if (count_ == 0 && slices_ == inline_) return Steal(other);
  while (other.count_ > 0) {
    Slice slice = other.At(0);
    other.PopFront();
    Append(std::move(slice));
  }
  other.Clear();
}

void ByteChain::Prepend(std::string_view bytes) {
  if (bytes.empty()) return;
  if (count_ == capacity_) Grow();
  first_ = (first_ - 1) & (capacity_ - 1);
  ++count_;
  size_ += bytes.size();
  At(0) = SlabPool::Copy(bytes);
}

void ByteChain::MoveTo(ByteChain& to, size_t n) {
  SLUICE_DCHECK(n <= size_);
  if (n == size_) return to.Append(std::move(*this));
  while (n > 0) {
    Slice& front = At(0);
    if (front.size() > n) {
      Slice part = front;
      part.Truncate(n);
      to.Append(std::move(part));
      front.RemovePrefix(n);
      size_ -= n;
      return;
    }
    n -= front.size();
    Slice whole = front;
    PopFront();
    to.Append(std::move(whole));
  }
}

void ByteChain::Drain(size_t n) {
  SLUICE_DCHECK(n <= size_);
  while (n > 0) {
    Slice& front = At(0);
    if (front.size() > n) {
      front.RemovePrefix(n);
      size_ -= n;
      return;
    }
    n -= front.size();
    PopFront();
  }
  if (count_ == 0) Clear();
}

void ByteChain::Clear() {
  while (count_ > 0) PopFront();
  first_ = 0;
  size_ = 0;
  reserved_tail_ = 0;
  if (capacity_ > kRingToKeep) ReleaseRing();
}

// Puts an empty slice of a fresh slab behind the counted ones.
Slice& ByteChain::ReserveSlab(uint32_t slot, size_t min_bytes) {
  while (slot >= capacity_) Grow();
  Slab* slab = SlabPool::ForThread().Take(min_bytes);
  return At(slot) = Slice(slab, slab->data(), 0);
}

std::span<char> ByteChain::Reserve(size_t min_bytes) {
  min_bytes = std::max<size_t>(min_bytes, 1);
  if (count_ > 0) {
    Slice& last = At(count_ - 1);
    if (size_t room = last.room(); room >= min_bytes) {
      reserved_tail_ = static_cast<uint32_t>(room);
      return {last.data() + last.size(), room};
    }
  }
  reserved_tail_ = 0;
  Slice& fresh = ReserveSlab(count_, min_bytes);
  return {fresh.data(), fresh.room()};
}

int ByteChain::ReserveIovecs(iovec* out, int max, size_t bytes) {
  int used = 0;
  size_t given = 0;
  reserved_tail_ = 0;
  if (count_ > 0) {
    Slice& last = At(count_ - 1);
    if (size_t room = std::min(last.room(), bytes); room >= std::min(bytes, kRoomWorthReading)) {
      reserved_tail_ = static_cast<uint32_t>(room);
      out[used++] = {last.data() + last.size(), room};
      given = room;
    }
  }
  for (uint32_t slot = count_; used < max && given < bytes; ++slot) {
    Slice& fresh = ReserveSlab(slot, 0);
    size_t room = std::min(fresh.room(), bytes - given);
    out[used++] = {fresh.data(), room};
    given += room;
  }
  return used;
}

void ByteChain::Commit(size_t n) {
  size_ += n;
  if (reserved_tail_ > 0) {
    size_t taken = std::min<size_t>(n, reserved_tail_);
    if (taken > 0) At(count_ - 1).Extend(taken);
    n -= taken;
    reserved_tail_ = 0;
  }
  while (n > 0) {
    SLUICE_DCHECK(count_ < capacity_ && At(count_).slab() != nullptr);
    Slice& fresh = At(count_++);
    size_t taken = std::min(n, fresh.room());
    fresh.Extend(taken);
    n -= taken;
  }
  for (uint32_t slot = count_; slot < capacity_ && At(slot).slab() != nullptr; ++slot) {
    At(slot) = Slice();
  }
}

std::string_view ByteChain::Front() const {
  return count_ == 0 ? std::string_view() : slice(0).view();
}

Slice ByteChain::Share(size_t offset, size_t length) const {
  SLUICE_DCHECK(offset + length <= size_);
  size_t skipped = 0;
  for (size_t i = 0; i < count_; ++i) {
    const Slice& at = slice(i);
    if (offset < skipped + at.size()) {
      size_t within = offset - skipped;
      if (within + length > at.size()) break;
      return {at.slab(), at.data() + within, length};
    }
    skipped += at.size();
  }
  if (length == 0) return {};
  Slab* slab = SlabPool::ForThread().TakeExact(length);
  Slice copy(slab, slab->data(), 0);
  size_t from = offset;
  for (size_t i = 0, begin = 0; copy.size() < length; begin += slice(i++).size()) {
    std::string_view piece = slice(i).view();
    if (from >= begin + piece.size()) continue;
    piece = piece.substr(from - begin, length - copy.size());
    std::memcpy(copy.data() + copy.size(), piece.data(), piece.size());
    copy.Extend(piece.size());
    from += piece.size();
  }
  return copy;
}

int ByteChain::FillIovecs(iovec* out, int max) const {
  int n = std::min(max, static_cast<int>(count_));
  for (int i = 0; i < n; ++i) {
    const Slice& at = slice(static_cast<size_t>(i));
    out[i] = {at.data(), at.size()};
  }
  return n;
}

size_t ByteChain::CopyOut(char* to, size_t n) const {
  size_t copied = 0;
  for (size_t i = 0; i < count_ && copied < n; ++i) {
    std::string_view piece = slice(i).view().substr(0, n - copied);
    std::memcpy(to + copied, piece.data(), piece.size());
    copied += piece.size();
  }
  return copied;
}

size_t ByteChain::Find(char byte, size_t from) const {
  size_t begin = 0;
  for (size_t i = 0; i < count_; ++i) {
    std::string_view piece = slice(i).view();
    size_t skip = from > begin ? from - begin : 0;
    if (skip < piece.size()) {
      size_t at = piece.find(byte, skip);
      if (at != std::string_view::npos) return begin + at;
    }
    begin += piece.size();
  }
  return npos;
}

std::string ByteChain::ToString(size_t from, size_t n) const {
  std::string text;
  if (from >= size_) return text;
  n = std::min(n, size_ - from);
  text.reserve(n);
  for (size_t i = 0; text.size() < n; ++i) {
    const std::string_view piece = slice(i).view();
    const size_t skipped = std::min(from, piece.size());
    from -= skipped;
    text.append(piece.substr(skipped, n - text.size()));
  }
  return text;
}

}  // namespace sluice
