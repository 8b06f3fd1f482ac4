#include "sluice/buffer/arena.h"

#include <utility>

namespace sluice {

// Lies at the start of the slab that it keeps alive.
struct Arena::Block {
  Slice hold;
  Block* next;
};

void Arena::Reset() {
  while (blocks_ != nullptr) {
    Slice hold = std::move(blocks_->hold);
    Block* next = blocks_->next;
    blocks_->~Block();
    blocks_ = next;
  }
  next_ = inline_;
  end_ = inline_ + kInlineBytes;
  bytes_held_ = 0;
}

void* Arena::AllocateSlow(size_t bytes, size_t alignment) {
  size_t needed = sizeof(Block) + bytes + alignment;
  Slab* slab = SlabPool::ForThread().Take(needed);
  char* at = slab->data();
  blocks_ = ::new (at) Block{Slice(slab, at, slab->capacity), blocks_};
  bytes_held_ += slab->capacity;
  char* begin = at + sizeof(Block);
  char* end = at + slab->capacity;
  auto aligned = (reinterpret_cast<uintptr_t>(begin) + alignment - 1) & ~(alignment - 1);
  char* after = reinterpret_cast<char*>(aligned + bytes);
  // An object of its own size keeps the room that the current block still has.
  if (end - after > end_ - next_) {
    next_ = after;
    end_ = end;
  }
  return reinterpret_cast<void*>(aligned);
}

}  // namespace sluice
