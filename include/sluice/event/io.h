// A descriptor in the loop's epoll set: edge-triggered, registered once with
// IN | OUT | RDHUP | ET (at once, or when the loop would otherwise wait), never modified. Readiness
// is remembered as flags; the holder clears a flag when the kernel said "no more" (short read,
// EAGAIN, partial write). Loop thread only.
#pragma once

#include <cstdint>

#include "sluice/base/error.h"
#include "sluice/event/loop.h"

namespace sluice {

class IoHandler {
 public:
  virtual ~IoHandler() = default;
  // Called when something became ready; look at the watch's flags. May close the watch.
  virtual void OnIo() = 0;
  // OnIo will be called, after others' for which the same was said: what is to be read can be
  // fetched. Nobody else is to be called, no watch to be closed.
  virtual void OnIoSoon() {}
  // A watch of OpenLater could not join the set: nothing will ever be heard of it.
  virtual void OnWatchFailed(Error /*error*/) { OnIo(); }
  // Nothing has happened on the watch for one to two seconds: what is kept only to be fast when
  // something does can be put away. Once, until something happens again.
  virtual void OnQuiet() {}
};

class IoWatch : public ListNode<struct QuietTag> {
 public:
  // Level modes are for listeners and for libraries that do their own I/O.
  enum class Mode : uint8_t { kEdge, kLevelRead, kLevelReadWrite, kLevelReadExclusive };

  IoWatch() = default;
  ~IoWatch() { Close(); }
  IoWatch(const IoWatch&) = delete;
  IoWatch& operator=(const IoWatch&) = delete;

  // Registers fd, which stays the caller's: close it right after Close().
  Result<> Open(EventLoop& loop, int fd, IoHandler& handler, Mode mode = Mode::kEdge);
  // Without a system call, for a socket that is often done with before it has to be waited for
  // (a connection for one request): it counts as readable and writable, so the holder tries, and
  // joins the set edge-triggered once the loop has nothing else to do or has turned a few times.
  void OpenLater(EventLoop& loop, int fd, IoHandler& handler);
  // Takes the descriptor out of the set; events already collected for it are dropped.
  void Close();
  // The same for a descriptor that its holder gives up for good, and closes it: close(2) alone
  // takes it out of the set, which saves the second epoll_ctl of a connection's life. The
  // descriptor must have no duplicate.
  void CloseFd();
  bool open() const { return loop_ != nullptr; }

  bool readable() const { return readable_; }
  bool writable() const { return writable_; }
  // The peer has shut down its side or the socket failed: read on until 0 or an error comes.
  bool hangup() const { return hangup_; }
  // The socket failed (RST, refused, timed out): nothing more can be written.
  bool failed() const { return failed_; }
  void ClearReadable() { readable_ = false; }
  void ClearWritable() { writable_ = false; }
  void AssumeReadable() { readable_ = true; }
  void AssumeWritable() { writable_ = true; }
  void SetOrder(IoOrder order) { order_ = order; }
  // Something was done with the descriptor of its own accord: OnQuiet is to come (again).
  void NoteUse() {
    if (loop_ != nullptr && used_tick_ != loop_->quiet_tick_) NoteFirstUse();
  }

 private:
  friend class EventLoop;
  friend class QuietWatches;

  static constexpr uint64_t kJoined = UINT64_MAX;

  void Detach();
  Result<> Join(Mode mode);
  void Note(uint32_t epoll_events);
  void NoteFirstUse();

  EventLoop* loop_ = nullptr;
  IoHandler* handler_ = nullptr;
  int fd_ = -1;
  uint64_t joins_at_ = kJoined;  // its place among those that have still to join the set
  bool readable_ = false;
  bool writable_ = false;
  bool hangup_ = false;
  bool failed_ = false;
  IoOrder order_ = IoOrder::kLast;
  uint32_t used_tick_ = 0;  // when it was used last, in the loop's ticks; 0: it is quiet
};

}  // namespace sluice
