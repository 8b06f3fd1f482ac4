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

class EventLoop {
 public:
  explicit EventLoop(const Clock& clock = Clock::Real());
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs until Stop. Runs what was posted before it returns.
  void Run();
  // One turn; waits at most `max_wait`. For tests and for draining at shutdown.
  void RunOnce(Duration max_wait);
  void Stop();  // any thread

  MonoTime Now() const { return now_; }
  WallTime WallNow() const { return wall_base_ + (now_ - mono_base_); }
  const Clock& clock() const { return clock_; }
  void UpdateNow();

  void Post(Task task);  // any thread; runs on the loop's thread, in order
  void RunLater(RunItem& item) {
    if (!item.linked()) run_list_.PushBack(item);
  }
  // Destroys the object after the current event has been handled.
  void DeferDelete(std::unique_ptr<DeferredDeletable> object) {
    if (object != nullptr) graveyard_.push_back(std::move(object));
  }

  bool OnThisThread() const;

 private:
  friend class IoWatch;
  friend class Timer;
  friend class SignalWatch;
  friend class FileWatch;
  struct State;  // epoll set, timer heap, libuv loop

  MonoTime now_;
  MonoTime mono_base_;
  WallTime wall_base_;
  const Clock& clock_;
  IntrusiveList<RunItem, RunItemTag> run_list_;
  std::vector<std::unique_ptr<DeferredDeletable>> graveyard_;
  std::unique_ptr<State> state_;
};

// A one-shot timer. Arming again moves it; moving it later costs no more than a store, which is
// what idle timeouts do on every read (the heap entry finds out when it fires).
class Timer {
 public:
  Timer(EventLoop& loop, Task on_fire);
  ~Timer() { Disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Arm(Duration after);
  void Disarm();
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

// Calls back when a file or what its directory's links point at changes (rename and symlink swaps
// included). Main loop only.
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
