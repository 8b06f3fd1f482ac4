// Which loop carries the sockets: an echo server on each candidate, the same clients for all.
//   bare    epoll edge-triggered, nothing around it: the floor
//   outer   EventLoop: our epoll set outside, libuv inside
//   nested  our epoll set watched by libuv through one uv_poll
//   uvpoll  one uv_poll for each socket
// Prints CPU time of the server's thread for each message, median of interleaved rounds, for steady
// round trips on 64 connections and for one connection a message. Count system calls with
// strace -c -f and one candidate's name as argument.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "sluice/base/check.h"
#include "sluice/event/io.h"
#include "sluice/event/loop.h"

namespace sluice {
namespace {

constexpr int kConnections = 64;
constexpr size_t kMessage = 128;

void Pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(core), &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

double ThreadCpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int Listen(sockaddr_in& at) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  SLUICE_CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0);
  SLUICE_CHECK(::listen(fd, 1024) == 0);
  socklen_t size = sizeof(at);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

// One read and one write; false when the peer is gone.
bool Echo(int fd) {
  char bytes[4096];
  ssize_t n = ::recv(fd, bytes, sizeof(bytes), 0);
  if (n < 0 && errno == EAGAIN) return true;
  return n > 0 && ::send(fd, bytes, static_cast<size_t>(n), MSG_NOSIGNAL) == n;
}

// What the candidates share: sockets that call back, and a way to end.
class Server {
 public:
  virtual ~Server() = default;
  virtual void Run(int listener, const std::atomic<bool>& stop) = 0;
};

class BareServer final : public Server {
 public:
  void Run(int listener, const std::atomic<bool>& stop) override {
    int epoll = ::epoll_create1(0);
    Add(epoll, listener, EPOLLIN);
    std::array<epoll_event, 256> events;
    while (!stop) {
      int n = ::epoll_wait(epoll, events.data(), 256, 50);
      for (int i = 0; i < n; ++i) {
        int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == listener) {
          int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
          if (accepted >= 0) Add(epoll, accepted, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
        } else if (!Echo(fd)) {
          ::close(fd);
        }
      }
    }
    ::close(epoll);
  }

 private:
  static void Add(int epoll, int fd, uint32_t wanted) {
    epoll_event event{};
    event.events = wanted;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
};

class OuterServer final : public Server {
 public:
  void Run(int listener, const std::atomic<bool>& stop) override {
    EventLoop loop;
    Listener accepting(loop, listener);
    while (!stop) loop.RunOnce(std::chrono::milliseconds(50));
  }

 private:
  struct Peer final : IoHandler, DeferredDeletable {
    Peer(EventLoop& on, int descriptor) : loop(on), fd(descriptor) {
      SLUICE_CHECK(watch.Open(loop, fd, *this).has_value());
    }
    void OnIo() override {
      if (!watch.readable()) return;
      watch.ClearReadable();
      if (Echo(fd)) return;
      watch.CloseFd();
      loop.DeferDelete(std::unique_ptr<DeferredDeletable>(this));
    }
    EventLoop& loop;
    IoWatch watch;
    int fd;
  };
  struct Listener final : IoHandler {
    Listener(EventLoop& on, int descriptor) : loop(on), fd(descriptor) {
      SLUICE_CHECK(watch.Open(loop, fd, *this, IoWatch::Mode::kLevelRead).has_value());
    }
    void OnIo() override {
      int accepted = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
      if (accepted >= 0) std::make_unique<Peer>(loop, accepted).release();
    }
    EventLoop& loop;
    IoWatch watch;
    int fd;
  };
};

class NestedServer final : public Server {
 public:
  void Run(int listener, const std::atomic<bool>& stop) override {
    uv_loop_t loop;
    uv_loop_init(&loop);
    epoll_ = ::epoll_create1(0);
    listener_ = listener;
    Add(listener, EPOLLIN);
    uv_poll_t poll;
    poll.data = this;
    uv_poll_init(&loop, &poll, epoll_);
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
      static_cast<NestedServer*>(handle->data)->Serve();
    });
    uv_timer_t timer;
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, [](uv_timer_t*) {}, 50, 50);
    while (!stop) uv_run(&loop, UV_RUN_ONCE);
    uv_close(reinterpret_cast<uv_handle_t*>(&poll), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    ::close(epoll_);
  }

 private:
  void Add(int fd, uint32_t wanted) {
    epoll_event event{};
    event.events = wanted;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void Serve() {
    std::array<epoll_event, 256> events;
    int n = ::epoll_wait(epoll_, events.data(), 256, 0);
    for (int i = 0; i < n; ++i) {
      int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener_) {
        int accepted = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
        if (accepted >= 0) Add(accepted, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
      } else if (!Echo(fd)) {
        ::close(fd);
      }
    }
  }

  int epoll_ = -1;
  int listener_ = -1;
};

class UvPollServer final : public Server {
 public:
  void Run(int listener, const std::atomic<bool>& stop) override {
    uv_loop_t loop;
    uv_loop_init(&loop);
    Watch(loop, listener, [](uv_poll_t* handle, int, int) {
      int accepted = ::accept4(FdOf(handle), nullptr, nullptr, SOCK_NONBLOCK);
      if (accepted >= 0) Watch(*handle->loop, accepted, OnPeer);
    });
    uv_timer_t timer;
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, [](uv_timer_t*) {}, 50, 50);
    while (!stop) uv_run(&loop, UV_RUN_ONCE);
    uv_walk(
        &loop,
        [](uv_handle_t* handle, void* own) {
          uv_close(handle, handle == own ? nullptr : static_cast<uv_close_cb>(Free));
        },
        &timer);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }

 private:
  static int FdOf(uv_poll_t* handle) {
    int fd = -1;
    uv_fileno(reinterpret_cast<uv_handle_t*>(handle), &fd);
    return fd;
  }
  static void Free(uv_handle_t* handle) {
    std::unique_ptr<uv_poll_t> freed(reinterpret_cast<uv_poll_t*>(handle));
  }
  static void Watch(uv_loop_t& loop, int fd, uv_poll_cb callback) {
    auto poll = std::make_unique<uv_poll_t>();
    uv_poll_init(&loop, poll.get(), fd);
    uv_poll_start(poll.release(), UV_READABLE, callback);
  }
  static void OnPeer(uv_poll_t* handle, int, int) {
    int fd = FdOf(handle);
    if (Echo(fd)) return;
    uv_close(reinterpret_cast<uv_handle_t*>(handle), Free);
    ::close(fd);
  }
};

int Dial(const sockaddr_in& at) {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  SLUICE_CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0);
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

void Exchange(int fd) {
  std::array<char, kMessage> bytes{};
  SLUICE_CHECK(::send(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(kMessage));
  SLUICE_CHECK(::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL) ==
               static_cast<ssize_t>(kMessage));
}

// All connections have a message under way: send on each, then take from each.
void SteadyClients(const sockaddr_in& at, int messages) {
  std::vector<int> fds;
  for (int i = 0; i < kConnections; ++i) fds.push_back(Dial(at));
  std::array<char, kMessage> bytes{};
  for (int done = 0; done < messages; done += kConnections) {
    for (int fd : fds) ::send(fd, bytes.data(), bytes.size(), 0);
    for (int fd : fds) ::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL);
  }
  for (int fd : fds) ::close(fd);
}

void FreshClients(const sockaddr_in& at, int messages) {
  for (int done = 0; done < messages; ++done) {
    int fd = Dial(at);
    Exchange(fd);
    linger at_once{1, 0};  // no TIME_WAIT for each of them
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(fd);
  }
}

using MakeServer = std::unique_ptr<Server> (*)();
struct Candidate {
  std::string_view name;
  MakeServer make;
};
constexpr std::array<Candidate, 4> kCandidates = {
    {{"bare", []() -> std::unique_ptr<Server> { return std::make_unique<BareServer>(); }},
     {"outer", []() -> std::unique_ptr<Server> { return std::make_unique<OuterServer>(); }},
     {"nested", []() -> std::unique_ptr<Server> { return std::make_unique<NestedServer>(); }},
     {"uvpoll", []() -> std::unique_ptr<Server> { return std::make_unique<UvPollServer>(); }}}};

// CPU microseconds of the server for each message.
double Measure(const Candidate& candidate, bool fresh, int messages) {
  sockaddr_in at;
  int listener = Listen(at);
  std::atomic<bool> stop = false;
  double cpu = 0;
  std::thread server([&] {
    Pin(0);
    auto made = candidate.make();
    double before = ThreadCpuSeconds();
    made->Run(listener, stop);
    cpu = ThreadCpuSeconds() - before;
  });
  Pin(1);
  fresh ? FreshClients(at, messages) : SteadyClients(at, messages);
  stop = true;
  server.join();
  ::close(listener);
  return cpu * 1e6 / messages;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int Main(int argc, char** argv) {
  std::string_view only = argc > 1 ? argv[1] : "";
  int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  for (bool fresh : {false, true}) {
    std::map<std::string_view, std::vector<double>> times;
    for (int round = 0; round < rounds; ++round) {
      for (const Candidate& candidate : kCandidates) {
        if (!only.empty() && only != "all" && only != candidate.name) continue;
        times[candidate.name].push_back(Measure(candidate, fresh, fresh ? 10'000 : 128'000));
      }
    }
    double floor = times.contains("bare") ? Median(times["bare"]) : 0;
    for (const Candidate& candidate : kCandidates) {
      if (!times.contains(candidate.name)) continue;
      auto& all = times[candidate.name];
      double median = Median(all);
      fmt::print("{:7} {:7} {:6.2f} us a message ({:.2f} to {:.2f}) {:.3f}x\n",
                 fresh ? "fresh" : "steady", candidate.name, median, *std::ranges::min_element(all),
                 *std::ranges::max_element(all), floor > 0 ? median / floor : 0);
    }
  }
  return 0;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::Main(argc, argv); }
