// The floor: a relay on a bare epoll loop that moves bytes and parses nothing. A connection to the
// backend for each one that comes in; ends are passed on. What a proxy costs above it can be won.
//   rig_floor listen=PORT backend=PORT [splice=1] [cert=FILE key=FILE]    TLS on the client's side
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "common.h"

namespace rig {
namespace {

struct Pair;

// One end, and the bytes that it has sent and the other has not yet taken.
struct End {
  Channel channel;
  Pair* pair = nullptr;
  End* other = nullptr;
  bool readable = false;
  bool writable = false;
  bool ended = false;      // it has sent its last
  bool end_given = false;  // and the other has been told
  std::string held;
  size_t in_pipe = 0;
  std::array<int, 2> pipe = {-1, -1};
};

struct Pair {
  End client;
  End server;
  bool gone = false;
  ~Pair() {
    for (End* end : {&client, &server}) {
      if (end->pipe[0] < 0) continue;
      ::close(end->pipe[0]);
      ::close(end->pipe[1]);
    }
  }
};

class Floor {
 public:
  explicit Floor(const Options& options)
      : backend_(static_cast<int>(options.Int("backend", 0))),
        splice_(options.Int("splice", 0) != 0),
        tls_(ServerTls(options.Text("cert", ""), options.Text("key", ""))),
        listener_(Listen(static_cast<int>(options.Int("listen", 0)))) {
    WatchListener(epoll_, listener_, nullptr);
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<size_t>(i)];
        if (event.data.ptr == nullptr) {
          Accept();
        } else {
          OnEvent(*static_cast<End*>(event.data.ptr), event.events);
        }
      }
      for (Pair* pair : gone_) delete pair;
      gone_.clear();
    }
  }

 private:
  void Accept() {
    for (int i = 0; i < 64; ++i) {
      int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      NoDelay(fd);
      Pair* pair = new Pair();
      pair->client.channel.Open(fd, tls_, true);
      pair->server.channel.Open(Dial(backend_), nullptr, false);
      pair->client.pair = pair->server.pair = pair;
      pair->client.other = &pair->server;
      pair->server.other = &pair->client;
      for (End* end : {&pair->client, &pair->server}) Watch(epoll_, end->channel.fd(), end);
    }
  }

  void OnEvent(End& end, uint32_t events) {
    if (end.pair->gone) return;
    end.readable |= (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    end.writable |= (events & EPOLLOUT) != 0;
    bool alive = Move(end) && Move(*end.other);
    if (alive && !(end.end_given && end.other->end_given)) return;
    end.pair->gone = true;
    gone_.push_back(end.pair);
  }

  // False when an end has failed.
  bool Move(End& from) {
    const ssize_t ready = from.channel.Handshake();
    if (ready <= 0) return ready == Channel::kBlocked;
    return splice_ ? MoveByPipe(from) : MoveByCopy(from);
  }

  bool MoveByCopy(End& from) {
    for (;;) {
      if (!from.held.empty()) {
        std::string held = std::exchange(from.held, {});
        if (!Give(from, held.data(), held.size())) return false;
        if (!from.held.empty()) return true;
      }
      if (from.ended) return GiveEnd(from);
      if (!from.readable) return true;
      ssize_t n = from.channel.Read(buffer_.data(), buffer_.size());
      if (n == Channel::kFailed) return false;
      if (n == Channel::kEnd) from.ended = true;
      // A short read of a raw socket means that there is no more.
      const bool drained = from.channel.raw() && n > 0 && static_cast<size_t>(n) < buffer_.size();
      if (n == Channel::kBlocked || drained) from.readable = false;
      if (n > 0 && !Give(from, buffer_.data(), static_cast<size_t>(n))) return false;
      if (!from.held.empty()) return true;
    }
  }

  // What the other end does not take now is held.
  bool Give(End& from, const char* bytes, size_t size) {
    End& to = *from.other;
    while (size > 0 && to.writable) {
      ssize_t n = to.channel.Write(bytes, size);
      if (n == Channel::kFailed) return false;
      if (n <= 0) to.writable = false;
      if (n <= 0) break;
      bytes += n;
      size -= static_cast<size_t>(n);
    }
    from.held.assign(bytes, size);
    return true;
  }

  bool MoveByPipe(End& from) {
    if (from.pipe[0] < 0 && ::pipe2(from.pipe.data(), O_NONBLOCK | O_CLOEXEC) != 0) Die("pipe2");
    for (;;) {
      while (from.in_pipe > 0) {
        if (!from.other->writable) return true;
        ssize_t n = Splice(from.pipe[0], from.other->channel.fd(), from.in_pipe);
        if (n < 0 && errno != EAGAIN) return false;
        if (n <= 0) from.other->writable = false;
        if (n > 0) from.in_pipe -= static_cast<size_t>(n);
      }
      if (from.ended) return GiveEnd(from);
      if (!from.readable) return true;
      ssize_t n = Splice(from.channel.fd(), from.pipe[1], size_t{1} << 20);
      if (n < 0 && errno != EAGAIN) return false;
      if (n == 0) from.ended = true;
      if (n < 0) from.readable = false;
      if (n > 0) from.in_pipe = static_cast<size_t>(n);
    }
  }

  static ssize_t Splice(int from, int to, size_t most) {
    return ::splice(from, nullptr, to, nullptr, most, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  }

  bool GiveEnd(End& from) {
    if (!from.end_given && from.other->writable) {
      from.end_given = true;
      from.other->channel.EndOutput();
    }
    return true;
  }

  int backend_;
  bool splice_;
  SSL_CTX* tls_;
  int listener_;
  int epoll_ = Epoll();
  std::vector<Pair*> gone_;
  std::array<char, 65536> buffer_;
};

}  // namespace
}  // namespace rig

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  rig::AllowManyFiles();
  rig::Floor(rig::Options(argc, argv)).Run();
}
