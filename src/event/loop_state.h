// What an EventLoop consists of, for the .cc files of this folder only.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/epoll.h>

#include "joining.h"
#include "quiet_watches.h"
#include "sluice/event/io.h"
#include "sluice/event/loop.h"
#include "timer_heap.h"
#include "uv_loop.h"

namespace sluice {

struct EventLoop::State {
  static constexpr int kMaxEvents = 256;

  explicit State(EventLoop& loop);
  ~State();

  // Makes the events that the current batch still holds for `watch` point nowhere.
  void Forget(const IoWatch* watch);

  int epoll_fd = -1;
  int event_count = 0;
  int event_next = 0;
  std::array<epoll_event, kMaxEvents> events;
  Joining joining;
  TimerHeap timers;
  QuietWatches quiet;
  UvLoop uv;

  std::atomic<std::thread::id> thread;
  std::atomic<bool> stop = false;
  std::atomic<bool> has_posted = false;
  std::mutex post_mutex;
  std::vector<Task> posted;   // guarded by post_mutex
  std::vector<Task> running;  // the batch being run; kept for its memory
};

}  // namespace sluice
