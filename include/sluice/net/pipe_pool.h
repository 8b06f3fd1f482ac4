// The calling thread's pipes for splice(2). The kernel shrinks a user's pipes beyond about 1,024 of
// the default size, so their number is capped; a transfer that pauses may lose its empty pipe to
// another one.
#pragma once

#include <cstddef>

#include "sluice/base/intrusive_list.h"

namespace sluice::net {

struct Pipe {
  int read_fd = -1;
  int write_fd = -1;
  bool valid() const { return read_fd >= 0; }
};

// Holds a pipe that is empty just now.
class PipeHolder : public ListNode<struct PipeHolderTag> {
 public:
  Pipe pipe;
};

class PipePool {
 public:
  static PipePool& ForThread();

  PipePool() = default;
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;
  ~PipePool();

  // The server gives each worker its share of the user's pipes; 0 turns splice off.
  void SetCap(size_t cap) { cap_ = cap; }

  bool Take(PipeHolder& holder);     // false: none to be had
  void Return(PipeHolder& holder);   // the pipe must be empty
  void Discard(PipeHolder& holder);  // it is not
  // The holder's pipe is empty and may be taken away, until MarkBusy.
  void MarkIdle(PipeHolder& holder) {
    if (!holder.linked()) idle_.PushBack(holder);
  }
  void MarkBusy(PipeHolder& holder) { holder.Unlink(); }

  size_t open() const { return open_; }
  void Trim();  // closes those that nobody holds

 private:
  static constexpr size_t kMaxFree = 32;
  static constexpr size_t kDefaultCap = 256;

  void Close(Pipe pipe);

  IntrusiveList<PipeHolder, PipeHolderTag> idle_;
  Pipe free_[kMaxFree];
  size_t free_count_ = 0;
  size_t open_ = 0;
  size_t cap_ = kDefaultCap;
};

}  // namespace sluice::net
