// The calling thread's pipes for splice(2). The kernel lets a user's pipes have 64 MiB together and
// shrinks those beyond, so their number is capped. The first ones are large: a transfer that has
// one moves in few turns what a pipe of the usual size cuts into pieces of 60 KiB. A transfer that
// pauses may lose its empty pipe to another one.
#pragma once

#include <cstddef>

#include "sluice/base/intrusive_list.h"

namespace sluice::net {

struct Pipe {
  int read_fd = -1;
  int write_fd = -1;
  bool large = false;
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
  void SetCap(size_t cap, size_t large) {
    cap_ = cap;
    max_large_ = large;
  }

  bool Take(PipeHolder& holder);     // false: none to be had
  void Return(PipeHolder& holder);   // the pipe must be empty
  void Discard(PipeHolder& holder);  // it is not
  // The holder's pipe is empty and may be taken away, until MarkBusy.
  void MarkIdle(PipeHolder& holder) {
    if (!holder.linked()) idle_.PushBack(holder);
  }
  void MarkBusy(PipeHolder& holder) { holder.Unlink(); }

  size_t open() const { return open_; }
  size_t large() const { return large_; }
  void Trim();  // closes those that nobody holds

 private:
  static constexpr size_t kMaxFree = 32;
  static constexpr size_t kDefaultCap = 256;
  static constexpr size_t kDefaultLarge = 16;

  Pipe Open();
  void Close(Pipe pipe);

  IntrusiveList<PipeHolder, PipeHolderTag> idle_;
  Pipe free_[kMaxFree];
  size_t free_count_ = 0;
  size_t open_ = 0;
  size_t large_ = 0;
  size_t cap_ = kDefaultCap;
  size_t max_large_ = kDefaultLarge;
};

}  // namespace sluice::net
