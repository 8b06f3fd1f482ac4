#include "sluice/event/io.h"

#include <cerrno>

#include <sys/epoll.h>
#include <unistd.h>

#include "loop_state.h"

namespace sluice {
namespace {

uint32_t EventsOf(IoWatch::Mode mode) {
  switch (mode) {
    case IoWatch::Mode::kEdge: return EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    case IoWatch::Mode::kLevelRead: return EPOLLIN;
    case IoWatch::Mode::kLevelReadWrite: return EPOLLIN | EPOLLOUT;
    case IoWatch::Mode::kLevelReadExclusive: return EPOLLIN | EPOLLEXCLUSIVE;
  }
  return 0;
}

}  // namespace

Result<> IoWatch::Open(EventLoop& loop, int fd, IoHandler& handler, Mode mode) {
  SLUICE_DCHECK(!open() && loop.OnThisThread());
  loop_ = &loop;
  fd_ = fd;
  if (auto joined = Join(mode); !joined) {
    loop_ = nullptr;
    return joined;
  }
  handler_ = &handler;
  readable_ = writable_ = hangup_ = failed_ = false;
  NoteUse();
  return {};
}

void IoWatch::OpenLater(EventLoop& loop, int fd, IoHandler& handler) {
  SLUICE_DCHECK(!open() && loop.OnThisThread());
  loop_ = &loop;
  handler_ = &handler;
  fd_ = fd;
  readable_ = writable_ = true;
  hangup_ = failed_ = false;
  joins_at_ = loop.state_->joining.Add(*this, loop.turns());
  NoteUse();
}

Result<> IoWatch::Join(Mode mode) {
  epoll_event event{};
  event.events = EventsOf(mode);
  event.data.ptr = this;
  joins_at_ = kJoined;
  if (epoll_ctl(loop_->state_->epoll_fd, EPOLL_CTL_ADD, fd_, &event) == 0) return {};
  return FailErrno(Origin::kLocal, "epoll_ctl", errno);
}

void IoWatch::Detach() {
  if (joins_at_ == kJoined) {
    loop_->state_->Forget(this);
  } else {
    loop_->state_->joining.Remove(joins_at_);
    joins_at_ = kJoined;
  }
  ListNode<QuietTag>::Unlink();
  used_tick_ = 0;
  loop_ = nullptr;
  handler_ = nullptr;
}

void IoWatch::Close() {
  if (!open()) return;
  if (joins_at_ == kJoined) epoll_ctl(loop_->state_->epoll_fd, EPOLL_CTL_DEL, fd_, nullptr);
  Detach();
}

void IoWatch::CloseFd() {
  if (!open()) return;
  Detach();
  ::close(fd_);
}

void IoWatch::NoteFirstUse() { loop_->state_->quiet.Add(*this); }

void IoWatch::Note(uint32_t epoll_events) {
  NoteUse();
  if (epoll_events & EPOLLOUT) writable_ = true;
  if (epoll_events & EPOLLIN) readable_ = true;
  if (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    hangup_ = true;
    readable_ = true;
  }
  if (epoll_events & EPOLLERR) failed_ = true;
}

}  // namespace sluice
