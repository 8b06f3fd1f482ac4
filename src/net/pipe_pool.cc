#include "sluice/net/pipe_pool.h"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "sluice/base/check.h"

namespace sluice::net {

PipePool& PipePool::ForThread() {
  static thread_local PipePool pool;
  return pool;
}

PipePool::~PipePool() { Trim(); }

bool PipePool::Take(PipeHolder& holder) {
  SLUICE_DCHECK(!holder.pipe.valid());
  if (free_count_ > 0) {
    holder.pipe = free_[--free_count_];
    return true;
  }
  if (open_ < cap_) {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return false;  // copying does as well
    holder.pipe = {ends[0], ends[1]};
    ++open_;
    return true;
  }
  if (PipeHolder* idle = idle_.PopFront()) {
    holder.pipe = std::exchange(idle->pipe, Pipe());
    return true;
  }
  return false;
}

void PipePool::Return(PipeHolder& holder) {
  holder.Unlink();
  if (!holder.pipe.valid()) return;
  Pipe pipe = std::exchange(holder.pipe, Pipe());
  if (free_count_ == kMaxFree || open_ > cap_) return Close(pipe);
  free_[free_count_++] = pipe;
}

void PipePool::Discard(PipeHolder& holder) {
  holder.Unlink();
  if (holder.pipe.valid()) Close(std::exchange(holder.pipe, Pipe()));
}

void PipePool::Close(Pipe pipe) {
  ::close(pipe.read_fd);
  ::close(pipe.write_fd);
  --open_;
}

void PipePool::Trim() {
  while (free_count_ > 0) Close(free_[--free_count_]);
}

}  // namespace sluice::net
