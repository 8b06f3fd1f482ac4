#include "sluice/net/pipe_pool.h"

#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "sluice/base/check.h"

namespace sluice::net {

namespace {

constexpr int kUsualBytes = 64 * 1024;
constexpr int kLargeBytes = 1024 * 1024;  // as much as a user without privileges may ask for

}  // namespace

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
    holder.pipe = Open();
    return holder.pipe.valid();
  }
  if (PipeHolder* idle = idle_.PopFront()) {
    holder.pipe = std::exchange(idle->pipe, Pipe());
    return true;
  }
  return false;
}

// Without one that is worth it, copying does as well.
Pipe PipePool::Open() {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return {};
  Pipe pipe{ends[0], ends[1]};
  ++open_;
  pipe.large = large_ < max_large_ && ::fcntl(ends[1], F_SETPIPE_SZ, kLargeBytes) >= kLargeBytes;
  if (pipe.large) {
    ++large_;
  } else if (::fcntl(ends[1], F_GETPIPE_SZ) < kUsualBytes) {  // the user has too many
    Close(std::exchange(pipe, Pipe()));
  }
  return pipe;
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
  if (pipe.large) --large_;
}

void PipePool::Trim() {
  while (free_count_ > 0) Close(free_[--free_count_]);
}

}  // namespace sluice::net
