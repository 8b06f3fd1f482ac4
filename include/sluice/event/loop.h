// One thread's event loop: sockets, timers, deferred work, and messages from other threads.
//
// Sockets live in an epoll set of our own, edge-triggered, one epoll_ctl in a socket's life; libuv
// keeps wake-ups, signals and file watches, and its descriptor sits in our set. All methods but
// Post and Stop belong to the loop's own thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/base/check.h"
#include "sluice/base/clock.h"
#include "sluice/base/error.h"
#include "sluice/base/intrusive_list.h"

namespace sluice {

using Task = std::move_only_function<void()>;

// Anything that waits to die until nobody on the stack uses it any more.
class DeferredDeletable {
 public:
  virtual ~DeferredDeletable() = default;
};

// Work to go on with later in this turn or in the next, without a wait in between: how a busy
// connection hands over to the others. Intrusive; leaves the list when destroyed.
class RunItem : public ListNode<struct RunItemTag> {
 public:
  virtual ~RunItem() = default;
  virtual void Run() = 0;
};

// Who of those that are ready in the same turn is served first: the same work for one after the
// other finds its code and data in the caches.
enum class IoOrder : uint8_t { kFirst, kLast };

class EventLoop {
 public:
  explicit EventLoop(const Clock& clock = Clock::Real());
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until Stop. Runs what was posted before it returns. The calling thread becomes the loop's.
  void Run();
  // One turn; waits at most `max_wait`. For tests and for draining at shutdown. Order within a
  // turn: sockets, timers, signals and file watches, posts, run list; what was deferred for
  // deletion goes after each single callback.
  void RunOnce(Duration max_wait);
  void Stop();  // any thread

  MonoTime Now() const { return now_; }
  WallTime WallNow() const { return wall_base_ + (now_ - mono_base_); }
  const Clock& clock() const { return clock_; }
  void UpdateNow();

  void Post(Task task);  // any thread; runs on the loop's thread, in order
  // Runs the item at the end of this turn, or of the next one when called from the run list.
  void RunLater(RunItem& item) {
    if (!item.linked()) run_list_.PushBack(item);
  }
  // Destroys the object after the current callback of the loop has returned.
  void DeferDelete(std::unique_ptr<DeferredDeletable> object) {
    if (object != nullptr) graveyard_.push_back(std::move(object));
  }

  bool OnThisThread() const;
  // Waits for events so far, and events delivered: for tests and /stats.
  uint64_t turns() const { return turns_; }
  size_t timers_held() const;

 private:
  friend class IoWatch;
  friend class Timer;
  friend class SignalWatch;
  friend class FileWatch;
  friend class QuietWatches;
  struct State;  // epoll set, timer heap, libuv loop

  int WaitMs(Duration max_wait) const;
  int Wait(Duration max_wait);
  void JoinOlderThan(uint64_t turn);
  void DispatchEvents();
  void NoteEvents(int from, int to);
  void ServeEvents(int from, int to, IoOrder order);
  bool RunPosted();
  void RunItems();
  void Bury();

  MonoTime now_;
  MonoTime mono_base_;
  WallTime wall_base_;
  uint64_t turns_ = 0;
  uint32_t quiet_tick_ = 1;  // counts seconds in which anything happened
  const Clock& clock_;
  IntrusiveList<RunItem, RunItemTag> run_list_;
  std::vector<std::unique_ptr<DeferredDeletable>> graveyard_;
  std::unique_ptr<State> state_;
};

// A one-shot timer. Arming again moves it; moving it later costs no more than a store, which is
// what idle timeouts do on every read (the heap entry finds out when it fires). It may be armed,
// disarmed or destroyed anywhere on the loop's thread, its own callback included. Armed in a
// timer's callback for now, it fires in the next turn.
class Timer {
 public:
  Timer(EventLoop& loop, Task on_fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Arm(Duration after);
  void Disarm() { deadline_ = MonoTime::max(); }  // the heap entry is dropped when its time comes
  bool armed() const { return deadline_ != MonoTime::max(); }
  MonoTime deadline() const { return deadline_; }

 private:
  friend class EventLoop;
  friend struct TimerHeap;

  EventLoop& loop_;
  Task on_fire_;
  MonoTime deadline_ = MonoTime::max();  // when it shall fire
  MonoTime heap_time_{};                 // where it sits in the heap; never later than deadline_
  int32_t heap_index_ = -1;
};

// Calls back on the loop's thread for a signal of the process. Main loop only.
class SignalWatch {
 public:
  SignalWatch(EventLoop& loop, int signal, std::function<void(int)> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Handle;
  Handle* handle_;  // freed by libuv's close callback
};

// Calls back when what a path leads to has become another file, has changed, has come or has gone
// (renames and swapped symlinks on the way included). One write may call back more than once: wait
// a little before reading. Main loop only.
class FileWatch {
 public:
  FileWatch(EventLoop& loop, std::string path, std::function<void()> on_change);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace sluice
