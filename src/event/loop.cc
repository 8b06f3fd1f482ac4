#include "sluice/event/loop.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <thread>
#include <utility>

#include <sys/epoll.h>
#include <unistd.h>

#include "loop_state.h"
#include "sluice/event/io.h"

namespace sluice {
namespace {

// Timers that are due within this are due now: better than a wait of a whole millisecond.
constexpr Duration kTimerSlack = std::chrono::microseconds(1);
// How long the wall clock is derived from the monotonic one before it is read again.
constexpr Duration kWallClockAge = std::chrono::seconds(1);
// So many turns a new socket may go unwatched while there is other work. Under load a request on a
// connection of its own is over after three: it came, was passed on, was answered.
constexpr uint64_t kTurnsUnwatched = 4;

}  // namespace

EventLoop::State::State(EventLoop& loop) : epoll_fd(epoll_create1(EPOLL_CLOEXEC)), quiet(loop) {
  SLUICE_CHECK(epoll_fd >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &uv;
  SLUICE_CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, uv.fd(), &event) == 0);
  thread = std::this_thread::get_id();
}

EventLoop::State::~State() { ::close(epoll_fd); }

void EventLoop::State::Forget(const IoWatch* watch) {
  for (int i = event_next; i < event_count; ++i) {
    auto& event = events[static_cast<size_t>(i)];
    if (event.data.ptr == watch) {
      event.data.ptr = nullptr;
      return;  // one descriptor, one event a batch
    }
  }
}

EventLoop::EventLoop(const Clock& clock)
    : now_(clock.Mono()),
      mono_base_(now_),
      wall_base_(clock.Wall()),
      clock_(clock),
      state_(std::make_unique<State>(*this)) {}

EventLoop::~EventLoop() {
  state_->thread = std::this_thread::get_id();
  Bury();
}

bool EventLoop::OnThisThread() const { return state_->thread == std::this_thread::get_id(); }

size_t EventLoop::timers_held() const { return state_->timers.size(); }

void EventLoop::UpdateNow() {
  now_ = clock_.Mono();
  if (now_ - mono_base_ >= kWallClockAge) {
    mono_base_ = now_;
    wall_base_ = clock_.Wall();
  }
}

void EventLoop::Run() {
  while (!state_->stop.load(std::memory_order_acquire)) RunOnce(Duration::max());
  while (RunPosted()) {
  }
  Bury();
  state_->stop = false;
}

void EventLoop::Stop() {
  state_->stop.store(true, std::memory_order_release);
  if (!OnThisThread()) state_->uv.Wake();
}

void EventLoop::Post(Task task) {
  bool wake;
  {
    std::lock_guard lock(state_->post_mutex);
    wake = state_->posted.empty();
    state_->posted.push_back(std::move(task));
    state_->has_posted.store(true, std::memory_order_release);
  }
  if (wake && !OnThisThread()) state_->uv.Wake();
}

bool EventLoop::RunPosted() {
  if (!state_->has_posted.load(std::memory_order_acquire)) return false;
  auto& batch = state_->running;
  {
    std::lock_guard lock(state_->post_mutex);
    batch.swap(state_->posted);
    state_->has_posted.store(false, std::memory_order_relaxed);
  }
  for (Task& task : batch) {
    std::exchange(task, nullptr)();
    Bury();
  }
  bool any = !batch.empty();
  batch.clear();
  return any;
}

int EventLoop::WaitMs(Duration max_wait) const {
  if (!run_list_.empty() || state_->uv.touched()) return 0;
  if (state_->has_posted.load(std::memory_order_relaxed)) return 0;
  if (state_->stop.load(std::memory_order_relaxed)) return 0;
  Duration wait = max_wait;
  if (MonoTime next = state_->timers.next(); next != MonoTime::max()) {
    wait = std::min(wait, next - now_ <= kTimerSlack ? Duration::zero() : next - now_);
  }
  if (wait == Duration::max()) return -1;
  // Rounded up: waking before the deadline would mean to ask again and again until it has come.
  auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return static_cast<int>(std::clamp<int64_t>(ms, 0, INT_MAX));
}

int EventLoop::Wait(Duration max_wait) {
  State& state = *state_;
  auto wait = [&state](int ms) {
    return epoll_wait(state.epoll_fd, state.events.data(), State::kMaxEvents, ms);
  };
  if (state.joining.empty()) return wait(WaitMs(max_wait));
  if (turns_ >= kTurnsUnwatched) JoinOlderThan(turns_ - kTurnsUnwatched);
  if (int ready = wait(0); ready != 0 || WaitMs(max_wait) == 0) return ready;
  JoinOlderThan(UINT64_MAX);
  return wait(WaitMs(max_wait));
}

void EventLoop::JoinOlderThan(uint64_t turn) {
  while (IoWatch* watch = state_->joining.Take(turn)) {
    if (auto joined = watch->Join(IoWatch::Mode::kEdge); !joined) {
      watch->handler_->OnWatchFailed(std::move(joined.error()));
      Bury();
    }
  }
}

void EventLoop::RunOnce(Duration max_wait) {
  State& state = *state_;
  state.thread.store(std::this_thread::get_id(), std::memory_order_relaxed);
  SLUICE_DCHECK(state.event_count == 0);  // a turn within a turn
  int ready = Wait(max_wait);
  SLUICE_CHECK(ready >= 0 || errno == EINTR);
  ++turns_;
  UpdateNow();
  state.event_count = std::max(ready, 0);
  DispatchEvents();
  state.timers.Fire(now_, [this] { Bury(); });
  if (state.uv.touched()) {
    state.uv.Run();
    Bury();
  }
  RunPosted();
  RunItems();
  Bury();  // what was deferred before the turn, when nothing happened in it
}

// In groups: first all of one are read from, then they are served in their order, so that kernel
// and handlers do not take each other's place in the instruction cache for every socket.
void EventLoop::DispatchEvents() {
  constexpr int kGroup = 64;
  State& state = *state_;
  for (state.event_next = 0; state.event_next < state.event_count;) {
    const int end = std::min(state.event_next + kGroup, state.event_count);
    NoteEvents(state.event_next, end);
    ServeEvents(state.event_next, end, IoOrder::kFirst);
    ServeEvents(state.event_next, end, IoOrder::kLast);
    state.event_next = end;
  }
  state.event_count = 0;
  state.event_next = 0;
}

void EventLoop::ServeEvents(int from, int to, IoOrder order) {
  for (int i = from; i < to; ++i) {
    epoll_event& event = state_->events[static_cast<size_t>(i)];
    auto* const watch = static_cast<IoWatch*>(event.data.ptr);
    if (watch == nullptr) continue;  // served, or closed by an earlier event
    if (watch->order_ != order) continue;
    event.data.ptr = nullptr;
    watch->handler_->OnIo();
    Bury();
  }
}

void EventLoop::NoteEvents(int from, int to) {
  State& state = *state_;
  for (int i = from; i < to; ++i) {
    epoll_event& event = state.events[static_cast<size_t>(i)];
    if (event.data.ptr == &state.uv) {
      state.uv.Touch();
      event.data.ptr = nullptr;
    }
    if (event.data.ptr == nullptr) continue;
    auto* watch = static_cast<IoWatch*>(event.data.ptr);
    watch->Note(event.events);
    if (to - from > 1) watch->handler_->OnIoSoon();
  }
}

void EventLoop::RunItems() {
  if (run_list_.empty()) return;
  IntrusiveList<RunItem, RunItemTag> batch;
  batch.Splice(run_list_);
  while (RunItem* item = batch.PopFront()) {
    item->Run();
    Bury();
  }
}

void EventLoop::Bury() {
  while (!graveyard_.empty()) {
    auto dead = std::move(graveyard_);  // destructors may defer more
    graveyard_.clear();
    dead.clear();
    if (graveyard_.empty()) graveyard_.swap(dead);
  }
}

Timer::Timer(EventLoop& loop, Task on_fire) : loop_(loop), on_fire_(std::move(on_fire)) {}

Timer::~Timer() { loop_.state_->timers.Remove(*this); }

void Timer::Arm(Duration after) {
  after = std::max(after, Duration::zero());
  Duration longest = MonoTime::max() - loop_.Now() - Duration(1);
  loop_.state_->timers.Arm(*this, loop_.Now() + std::min(after, longest));
}

}  // namespace sluice
