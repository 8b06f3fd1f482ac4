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
  epoll_event event{};
  event.events = EventsOf(mode);
  event.data.ptr = this;
  if (epoll_ctl(loop.state_->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
    return FailErrno(Origin::kLocal, "epoll_ctl", errno);
  }
  loop_ = &loop;
  handler_ = &handler;
  fd_ = fd;
  readable_ = writable_ = hangup_ = failed_ = false;
  return {};
}

void IoWatch::Detach() {
  loop_->state_->Forget(this);
  loop_ = nullptr;
  handler_ = nullptr;
}

void IoWatch::Close() {
  if (!open()) return;
  epoll_ctl(loop_->state_->epoll_fd, EPOLL_CTL_DEL, fd_, nullptr);
  Detach();
}

void IoWatch::CloseFd() {
  if (!open()) return;
  Detach();
  ::close(fd_);
}

void IoWatch::Note(uint32_t epoll_events) {
  if (epoll_events & EPOLLOUT) writable_ = true;
  if (epoll_events & EPOLLIN) readable_ = true;
  if (epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    hangup_ = true;
    readable_ = true;
  }
  if (epoll_events & EPOLLERR) failed_ = true;
}

}  // namespace sluice
