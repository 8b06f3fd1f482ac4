#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "connection_parts.h"
#include "sluice/base/check.h"
#include "sluice/net/connection.h"

namespace sluice::net {
namespace {

// Below this a pipe does not pay: two system calls either way, and a pipe less for the others.
constexpr size_t kWorthAPipe = size_t{16} * 1000;

}  // namespace

void Connection::StartSplice(Connection& to, uint64_t limit) {
  SLUICE_DCHECK(splice_ == nullptr && to.spliced_from_ == nullptr && to.gate_ == nullptr);
  if (state_ == State::kClosed || to.state_ == State::kClosed) return;
  splice_ = std::make_unique<Splice>(to, limit);
  to.spliced_from_ = this;
  offer_input_ = false;
  if (!input_.empty()) {
    auto n = static_cast<size_t>(std::min<uint64_t>(limit, input_.size()));
    input_.MoveTo(to.output_, n);
    splice_->left -= n;
    splice_->unreported += n;
  }
  to.Flush();
  if (splice_ != nullptr && splice_->known_length && splice_->left >= kWorthAPipe) TakePipe();
  loop_.RunLater(*this);
}

void Connection::TakePipe() {
  Splice& splice = *splice_;
  if (!transport_->is_raw() || !splice.to.transport_->writes_raw()) return;
  PipePool::ForThread().Take(splice);
}

void Connection::StopSplice() {
  if (splice_ == nullptr) return;
  Splice& splice = *splice_;
  while (splice.in_pipe > 0) {
    std::span<char> room = splice.to.output_.Reserve(1);
    ssize_t n = ::read(splice.pipe.read_fd, room.data(), std::min(room.size(), splice.in_pipe));
    splice.to.output_.Commit(n > 0 ? static_cast<size_t>(n) : 0);
    if (n <= 0) break;
    splice.in_pipe -= static_cast<size_t>(n);
  }
  Connection& to = splice.to;
  if (splice.left != 0) DropSplice();  // else it ends by itself, and says so
  to.Flush();
  offer_input_ = !input_.empty();
  loop_.RunLater(*this);
}

void Connection::DropSplice() {
  if (splice_ == nullptr) return;
  splice_->to.spliced_from_ = nullptr;
  splice_.reset();
}

void Connection::EndSplice() {
  uint64_t moved = splice_->unreported;
  DropSplice();
  offer_input_ = !input_.empty();
  if (events_ != nullptr) events_->OnSpliced(moved, true);
}

void Connection::PumpSplice() {
  uint64_t end = bytes_read_ + kSpliceTurnBudget;
  while (!(splice_->blocked = !PushSplice())) {
    if (splice_->left == 0 || input_state_ != InputState::kOpen) return EndSplice();
    if (read_pauses_ > 0 || !watch_.readable()) break;
    if (bytes_read_ >= end) {
      loop_.RunLater(*this);
      break;
    }
    const uint64_t before = bytes_read_;
    auto want =
        static_cast<size_t>(std::min<uint64_t>({splice_->left, buffer_limit_, kSpliceTurnBudget}));
    if (splice_->pipe.valid() ? !PullThroughPipe(want) : !PullByCopy(want)) return;
    if (bytes_read_ == before && watch_.readable() && input_state_ == InputState::kOpen) {
      loop_.RunLater(*this);  // a transport that moved no payload yet
      break;
    }
  }
  if (splice_ == nullptr) return;
  // With the last byte the exchange is over and both connections are free for the next one, whose
  // bytes go to the target's output: so it is told only when nothing is left in the pipe.
  const bool pulled_all = splice_->left == 0;
  if (pulled_all && splice_->in_pipe == 0) return EndSplice();
  const uint64_t kept = pulled_all ? 1 : 0;
  if (splice_->unreported <= kept) return;
  const uint64_t moved = std::exchange(splice_->unreported, kept) - kept;
  if (events_ != nullptr) events_->OnSpliced(moved, false);
}

void Connection::NotePulled(size_t n) {
  splice_->left -= n;
  splice_->unreported += n;
  splice_->since_drained += n;
}

// False when the connection has failed and is closed.
bool Connection::PullThroughPipe(size_t want) {
  Splice& splice = *splice_;
  PipePool& pool = PipePool::ForThread();
  pool.MarkBusy(splice);
  ssize_t n = ::splice(fd_, nullptr, splice.pipe.write_fd, nullptr, want,
                       SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n > 0) {
    splice.in_pipe = static_cast<size_t>(n);
    bytes_read_ += splice.in_pipe;
    NotePulled(splice.in_pipe);
    return true;
  }
  if (n == 0) {
    NoteRead({IoState::kEndOfStream, 0});
  } else if (errno == EAGAIN) {
    watch_.ClearReadable();
    // Others may have the pipe while we wait, and shall have it when little comes.
    if (std::exchange(splice.since_drained, 0) < kWorthAPipe && !splice.known_length) {
      pool.Return(splice);
    } else {
      pool.MarkIdle(splice);
    }
  } else if (errno != EINTR) {
    Error error = FailErrno(Origin::kLocal, "splice", errno).error();
    bool reset = error.code == ErrorCode::kConnectionReset;
    CloseWith(reset ? CloseKind::kReset : CloseKind::kFailed, true, &error);
    return false;
  }
  return true;
}

bool Connection::PullByCopy(size_t want) {
  Splice& splice = *splice_;
  IoResult result = transport_->Read(splice.to.output_, std::min(want, kReadChunk));
  NoteRead(result);
  NotePulled(result.bytes);
  if (result.state == IoState::kFailed) {
    splice.to.WriteOut();
    ReadFailed(0);
    return false;
  }
  if (result.state == IoState::kDrained) {
    splice.since_drained = 0;
  } else if (splice.since_drained >= kWorthAPipe) {
    TakePipe();
  }
  return true;
}

// True when everything pulled so far is with the kernel.
bool Connection::PushSplice() {
  Splice& splice = *splice_;
  Connection& to = splice.to;
  if (to.state_ != State::kOpen) return false;
  if (!to.output_.empty()) {
    to.WriteOut();
    if (!to.output_.empty()) return false;
  }
  if (to.output_state_ == OutputState::kBroken) return false;
  while (splice.in_pipe > 0) {
    if (!to.watch_.writable()) return false;
    ssize_t n = ::splice(splice.pipe.read_fd, nullptr, to.fd_, nullptr, splice.in_pipe,
                         SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      splice.in_pipe -= static_cast<size_t>(n);
      to.bytes_written_ += static_cast<size_t>(n);
    } else if (n < 0 && errno == EAGAIN) {
      to.watch_.ClearWritable();
    } else if (n == 0 || errno != EINTR) {
      int failure = n == 0 ? EPIPE : errno;
      to.WriteFailed(FailErrno(Origin::kLocal, "splice", failure).error());
      return false;
    }
  }
  return true;
}

}  // namespace sluice::net
