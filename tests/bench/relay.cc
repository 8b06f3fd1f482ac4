// What a Connection costs above the kernel: a TCP relay on sluice's connections beside a bare epoll
// relay that moves bytes and knows nothing else, with the same clients and backend in this process.
// Prints the relay thread's CPU time: for each round trip of 128 bytes on 64 connections, and for
// each GB in one direction, copied and spliced. Median of interleaved rounds.
//   bench_relay [rounds] [bare|sluice [small|copy|splice]]    the words are for perf and strace
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/base/check.h"
#include "sluice/event/loop.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/connection.h"
#include "sluice/net/listen_socket.h"

namespace sluice::net {
namespace {

enum class Job { kSmall, kCopy, kSplice };
constexpr std::array<std::string_view, 3> kJobNames = {"small", "copy", "splice"};
constexpr int kConnections = 64;
constexpr size_t kMessage = 128;
constexpr int kMessages = 128'000;
constexpr size_t kBulkBytes = size_t{2} << 30;

void Pin(size_t core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  ::sched_setaffinity(0, sizeof(set), &set);
}

double ThreadCpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void NoDelay(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

UniqueFd Listen() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Address any = Address::V4(INADDR_LOOPBACK, 0);
  SLUICE_CHECK(::bind(fd.get(), any.raw(), any.raw_size()) == 0 && ::listen(fd.get(), 512) == 0);
  NoDelay(fd.get());
  return fd;
}

UniqueFd Dial(const Address& to, int flags = 0) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  int done = ::connect(fd.get(), to.raw(), to.raw_size());
  SLUICE_CHECK(done == 0 || errno == EINPROGRESS);
  NoDelay(fd.get());
  return fd;
}

// One direction of the bare relay.
struct Side {
  int fd = -1;
  Side* other = nullptr;
  bool readable = false;
  bool writable = false;
  int pipe[2] = {-1, -1};
  size_t held = 0;  // in the buffer, or in the pipe
  size_t at = 0;
  std::unique_ptr<std::array<char, 65536>> buffer;
};

class BareRelay {
 public:
  BareRelay(Address backend, Job job) : backend_(std::move(backend)), job_(job) {}

  void Run(int listener, const std::atomic<bool>& stop) {
    epoll_ = ::epoll_create1(0);
    Add(listener, nullptr, EPOLLIN);
    std::array<epoll_event, 256> events;
    while (!stop) {
      int n = ::epoll_wait(epoll_, events.data(), 256, 50);
      for (int i = 0; i < n; ++i) {
        auto& event = events[static_cast<size_t>(i)];
        auto* side = static_cast<Side*>(event.data.ptr);
        if (side == nullptr) {
          Accept(listener);
          continue;
        }
        side->readable |= (event.events & (EPOLLIN | EPOLLRDHUP)) != 0;
        side->writable |= (event.events & EPOLLOUT) != 0;
        Move(*side);
        Move(*side->other);
      }
    }
    for (auto& side : sides_) ::close(side->fd);
    ::close(epoll_);
  }

 private:
  void Add(int fd, Side* side, uint32_t wanted) {
    epoll_event event{};
    event.events = wanted;
    event.data.ptr = side;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  void Accept(int listener) {
    int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    auto client = std::make_unique<Side>();
    auto server = std::make_unique<Side>();
    client->fd = fd;
    server->fd = Dial(backend_, SOCK_NONBLOCK).Release();
    client->other = server.get();
    server->other = client.get();
    for (auto* side : {client.get(), server.get()}) {
      if (job_ == Job::kSplice) SLUICE_CHECK(::pipe2(side->pipe, O_NONBLOCK | O_CLOEXEC) == 0);
      side->buffer = std::make_unique<std::array<char, 65536>>();
      Add(side->fd, side, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    }
    sides_.push_back(std::move(client));
    sides_.push_back(std::move(server));
  }
  ssize_t Pull(Side& from) {
    if (job_ == Job::kSplice) {
      return ::splice(from.fd, nullptr, from.pipe[1], nullptr, size_t{1} << 20,
                      SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    }
    return ::recv(from.fd, from.buffer->data(), from.buffer->size(), 0);
  }
  ssize_t Push(Side& from) {
    if (job_ == Job::kSplice) {
      return ::splice(from.pipe[0], nullptr, from.other->fd, nullptr, from.held,
                      SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    }
    return ::send(from.other->fd, from.buffer->data() + from.at, from.held, MSG_NOSIGNAL);
  }
  void Move(Side& from) {
    for (;;) {
      while (from.held > 0) {
        if (!from.other->writable) return;
        ssize_t n = Push(from);
        if (n <= 0) {
          from.other->writable = false;
          return;
        }
        from.held -= static_cast<size_t>(n);
        from.at += static_cast<size_t>(n);
      }
      if (!from.readable) return;
      ssize_t n = Pull(from);
      if (n <= 0) {
        from.readable = false;
        return;
      }
      if (job_ != Job::kSplice && static_cast<size_t>(n) < from.buffer->size()) {
        from.readable = false;
      }
      from.held = static_cast<size_t>(n);
      from.at = 0;
    }
  }

  Address backend_;
  Job job_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Side>> sides_;
};

class SluiceRelay final : private AcceptorEvents {
 public:
  SluiceRelay(Address backend, Job job) : backend_(std::move(backend)), job_(job) {}

  void Run(const ListenSocket& socket, const std::atomic<bool>& stop) {
    Acceptor acceptor(loop_, socket, 0, *this, stats::Counter());
    SLUICE_CHECK(acceptor.Start().has_value());
    while (!stop) loop_.RunOnce(std::chrono::milliseconds(50));
    pairs_.clear();
  }

 private:
  struct End final : ConnectionEvents {
    void OnConnected() override {
      if (job == Job::kSplice) {
        self->StartSplice(*peer, Connection::kUntilEnd);
        peer->StartSplice(*self, Connection::kUntilEnd);
      }
      peer->StartReading();
    }
    void OnBytes(ByteChain& in, bool) override {
      peer->output().Append(std::move(in));
      peer->Flush();
    }
    void OnOutputHigh() override { peer->PauseReading(); }
    void OnOutputLow() override { peer->ResumeReading(); }
    void OnClosed(const CloseInfo&) override {}
    Job job = Job::kSmall;
    Connection* self = nullptr;
    Connection* peer = nullptr;
  };
  struct Pair {
    End client_end;
    End server_end;
    std::unique_ptr<Connection> client;
    std::unique_ptr<Connection> server;
  };

  // AcceptorEvents
  void OnAccepted(AcceptedSocket socket) override {
    auto pair = std::make_unique<Pair>();
    pair->client = std::make_unique<Connection>(loop_, socket.fd.Release(), socket.local,
                                                socket.remote, MakeRawTransport());
    pair->server = std::make_unique<Connection>(loop_, MakeRawTransport());
    pair->client->SetEvents(&pair->client_end);
    pair->server->SetEvents(&pair->server_end);
    pair->client_end = {};
    pair->client_end.peer = pair->server.get();
    pair->server_end.job = job_;
    pair->server_end.self = pair->server.get();
    pair->server_end.peer = pair->client.get();
    pair->server->Connect(backend_, nullptr, SocketTuning());
    pairs_.push_back(std::move(pair));
  }

  EventLoop loop_;
  Address backend_;
  Job job_;
  std::vector<std::unique_ptr<Pair>> pairs_;
};

// The backend: echoes small messages, or swallows bulk until its end.
void Backend(int listener, Job job, int connections, const std::atomic<bool>& stop) {
  int epoll = ::epoll_create1(0);
  std::vector<UniqueFd> fds;
  for (int i = 0; i < connections; ++i) {
    fds.emplace_back(::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fds.back().get();
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
  }
  std::vector<char> bytes(1 << 20);
  std::array<epoll_event, 64> events;
  size_t swallowed = 0;
  while (!stop && swallowed < kBulkBytes) {
    int n = ::epoll_wait(epoll, events.data(), 64, 50);
    for (int i = 0; i < n; ++i) {
      int fd = events[static_cast<size_t>(i)].data.fd;
      ssize_t got = ::recv(fd, bytes.data(), bytes.size(), job == Job::kSmall ? 0 : MSG_TRUNC);
      if (got > 0 && job == Job::kSmall) ::send(fd, bytes.data(), static_cast<size_t>(got), 0);
      if (got > 0 && job != Job::kSmall) swallowed += static_cast<size_t>(got);
    }
  }
  ::close(epoll);
}

void Clients(const Address& to, Job job, int connections) {
  std::vector<UniqueFd> fds;
  for (int i = 0; i < connections; ++i) fds.push_back(Dial(to));
  std::vector<char> bytes(256 * 1024, 'x');
  if (job != Job::kSmall) {
    for (size_t sent = 0; sent < kBulkBytes;) {
      ssize_t n = ::send(fds[0].get(), bytes.data(), std::min(bytes.size(), kBulkBytes - sent), 0);
      SLUICE_CHECK(n > 0);
      sent += static_cast<size_t>(n);
    }
    return;
  }
  for (int done = 0; done < kMessages; done += connections) {
    for (auto& fd : fds) SLUICE_CHECK(::send(fd.get(), bytes.data(), kMessage, 0) > 0);
    for (auto& fd : fds) {
      SLUICE_CHECK(::recv(fd.get(), bytes.data(), kMessage, MSG_WAITALL) ==
                   static_cast<ssize_t>(kMessage));
    }
  }
}

// CPU microseconds of the relay for each message, or seconds for each GB.
double Measure(std::string_view who, Job job) {
  int connections = job == Job::kSmall ? kConnections : 1;
  UniqueFd backend = Listen();
  ListenSocketSet set;
  auto front = set.Open(Address::V4(INADDR_LOOPBACK, 0), {});
  SLUICE_CHECK(front.has_value());
  std::atomic<bool> stop = false;
  double cpu = 0;
  std::thread relay([&] {
    Pin(0);
    Address to = LocalAddressOf(backend.get());
    double before = ThreadCpuSeconds();
    if (who == "bare") {
      BareRelay(to, job).Run((*front)->fd(0), stop);
    } else {
      SluiceRelay(to, job).Run(**front, stop);
    }
    cpu = ThreadCpuSeconds() - before;
  });
  std::thread serving([&] {
    Pin(1);
    Backend(backend.get(), job, connections, stop);
  });
  std::thread asking([&] {
    Pin(1);
    Clients((*front)->local(), job, connections);
  });
  asking.join();
  if (job == Job::kSmall) stop = true;
  serving.join();  // bulk: once everything has arrived
  stop = true;
  relay.join();
  return job == Job::kSmall ? cpu * 1e6 / kMessages : cpu * 1e9 / static_cast<double>(kBulkBytes);
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // splice(2) knows no MSG_NOSIGNAL
  int rounds = argc > 1 ? std::atoi(argv[1]) : 7;
  std::string_view who = argc > 2 ? argv[2] : "";
  std::string_view what = argc > 3 ? argv[3] : "";
  for (Job job : {Job::kSmall, Job::kCopy, Job::kSplice}) {
    std::string_view name = kJobNames[static_cast<size_t>(job)];
    if (!what.empty() && what != name) continue;
    std::map<std::string_view, std::vector<double>> times;
    for (int round = 0; round < rounds; ++round) {
      for (std::string_view one : {"bare", "sluice"}) {
        if (who.empty() || who == one) times[one].push_back(Measure(one, job));
      }
    }
    for (auto& [one, all] : times) {
      fmt::print("{:6} {:6} {:6.3f} {} ({:.3f} to {:.3f})\n", name, one, Median(all),
                 job == Job::kSmall ? "us a round trip" : "s a GB", *std::ranges::min_element(all),
                 *std::ranges::max_element(all));
    }
    if (times.size() == 2) {
      fmt::print("{:6} {:.3f}x\n", name, Median(times["sluice"]) / Median(times["bare"]));
    }
  }
  return 0;
}

}  // namespace
}  // namespace sluice::net

int main(int argc, char** argv) { return sluice::net::Main(argc, argv); }
