// The backend of every scenario, one thread: HTTP/1.1 with bodies of known bytes and WebSocket
// echo, a TCP echo, and a TCP source without an end.
//   rig_backend http=PORT echo=PORT source=PORT
// Targets are known by how they end: /1m answers 1 MiB, /ws upgrades, /sum answers with the digest
// of the request's body, all else with 128 bytes.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

namespace rig {
namespace {

constexpr size_t kSmallBytes = 128;
constexpr size_t kLargeBytes = size_t{1} << 20;
constexpr size_t kReadBytes = 65536;

std::string Answer(std::string_view head, std::string_view body, size_t length) {
  return "HTTP/1.1 200 OK\r\nServer: rig\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(length) + "\r\n" + std::string(head) + "\r\n" + std::string(body);
}

std::string AcceptOf(std::string_view key) {
  std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> out;
  int n = EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(size));
  return std::string(reinterpret_cast<char*>(out.data()), static_cast<size_t>(n));
}

// The value of a field, its name given with a lower-case first letter that is not looked at.
std::string_view FieldOf(std::string_view head, std::string_view name) {
  for (size_t at = head.find("\r\n"); at != std::string_view::npos;
       at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (::strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    line.remove_prefix(name.size() + 1);
    line = line.substr(0, line.find("\r\n"));
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line;
  }
  return {};
}

class Peer {
 public:
  Peer(int fd, int large_file) : fd_(fd), large_file_(large_file) {}
  virtual ~Peer() { ::close(fd_); }
  // False: it is over.
  virtual bool OnReady(char* scratch) = 0;

 protected:
  bool Flush() {
    while (!out_.empty() || file_left_ > 0) {
      ssize_t n = 0;
      if (!out_.empty()) {
        n = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | (file_left_ > 0 ? MSG_MORE : 0));
        if (n > 0) out_.erase(0, static_cast<size_t>(n));
      } else {
        off_t at = static_cast<off_t>(kLargeBytes - file_left_);
        n = ::sendfile(fd_, large_file_, &at, file_left_);
        if (n > 0) file_left_ -= static_cast<size_t>(n);
      }
      if (n <= 0) return errno == EAGAIN;
    }
    return true;
  }
  bool idle() const { return out_.empty() && file_left_ == 0; }

  int fd_;
  int large_file_;
  std::string out_;
  size_t file_left_ = 0;
};

class HttpPeer final : public Peer {
 public:
  HttpPeer(int fd, int large_file) : Peer(fd, large_file) {}

  bool OnReady(char* scratch) override {
    if (!Flush()) return false;
    while (idle()) {
      ssize_t n = state_ == State::kSkip ? ::recv(fd_, nullptr, body_left_, MSG_TRUNC)
                                         : ::recv(fd_, scratch, kReadBytes, 0);
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN;
      std::string_view bytes(scratch, static_cast<size_t>(n));
      if (state_ == State::kSkip) {
        body_left_ -= static_cast<size_t>(n);
        if (body_left_ == 0) Reply();
      } else if (in_.empty()) {
        Take(bytes);
        in_ = bytes;
      } else {
        in_ += bytes;
        std::string_view all = in_;
        Take(all);
        in_ = std::string(all);
      }
      if (!Flush()) return false;
      if (idle() && close_) return false;
    }
    return true;
  }

 private:
  enum class State { kHead, kSkip, kSum, kFrames };

  void Take(std::string_view& bytes) {
    for (bool more = true; more && !bytes.empty();) {
      switch (state_) {
        case State::kHead: more = TakeHead(bytes); break;
        case State::kFrames: more = TakeFrame(bytes); break;
        case State::kSum:
        case State::kSkip: more = TakeBody(bytes); break;
      }
    }
  }

  bool TakeHead(std::string_view& bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    std::string_view head = bytes.substr(0, end + 2);
    bytes.remove_prefix(end + 4);
    std::string_view target = head.substr(0, head.find(" HTTP/"));
    target_ = target.ends_with("/1m")    ? 'm'
              : target.ends_with("/sum") ? 's'
              : target.ends_with("/ws")  ? 'w'
                                         : 'x';
    std::string_view connection = FieldOf(head, "connection");
    close_ = connection == "close";
    if (target_ == 'w') {
      out_ +=
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: " +
          AcceptOf(FieldOf(head, "sec-websocket-key")) + "\r\n\r\n";
      state_ = State::kFrames;
      return true;
    }
    std::string_view length = FieldOf(head, "content-length");
    std::from_chars(length.data(), length.data() + length.size(), body_left_);
    if (body_left_ == 0 && !FieldOf(head, "transfer-encoding").empty()) Die("a chunked request");
    if (body_left_ == 0) return Reply(), true;
    state_ = target_ == 's' ? State::kSum : State::kSkip;
    return true;
  }

  bool TakeBody(std::string_view& bytes) {
    size_t n = std::min(bytes.size(), body_left_);
    if (state_ == State::kSum) sum_ = Digest(sum_, bytes.substr(0, n));
    bytes.remove_prefix(n);
    body_left_ -= n;
    if (body_left_ == 0) Reply();
    return true;
  }

  // Masked frames below 126 bytes, echoed without the mask.
  bool TakeFrame(std::string_view& bytes) {
    if (bytes.size() < 6) return false;
    size_t size = static_cast<unsigned char>(bytes[1]) & 0x7F;
    if (size > 125) Die("a frame of 126 bytes or more");
    if (bytes.size() < 6 + size) return false;
    out_ += bytes[0];
    out_ += static_cast<char>(size);
    for (size_t i = 0; i < size; ++i) {
      out_ += static_cast<char>(bytes[6 + i] ^ bytes[2 + i % 4]);
    }
    bytes.remove_prefix(6 + size);
    return true;
  }

  void Reply() {
    static const std::string kSmall = Answer("", Pattern(kSmallBytes), kSmallBytes);
    static const std::string kClosing =
        Answer("Connection: close\r\n", Pattern(kSmallBytes), kSmallBytes);
    static const std::string kLarge = Answer("", "", kLargeBytes);
    if (target_ == 'm') {
      out_ += kLarge;
      file_left_ = kLargeBytes;
    } else if (target_ == 's') {
      const std::string text = std::to_string(sum_);
      out_ += Answer("", text, text.size());
    } else {
      out_ += close_ ? kClosing : kSmall;
    }
    sum_ = kDigestSeed;
    state_ = State::kHead;
  }

  State state_ = State::kHead;
  std::string in_;
  size_t body_left_ = 0;
  uint64_t sum_ = kDigestSeed;
  char target_ = 'x';
  bool close_ = false;
};

class EchoPeer final : public Peer {
 public:
  EchoPeer(int fd, int large_file) : Peer(fd, large_file) {}
  bool OnReady(char* scratch) override {
    if (!Flush()) return false;
    while (idle()) {
      ssize_t n = ::recv(fd_, scratch, kReadBytes, 0);
      if (n == 0) return false;
      if (n < 0) return errno == EAGAIN;
      out_.assign(scratch, static_cast<size_t>(n));
      if (!Flush()) return false;
    }
    return true;
  }
};

class SourcePeer final : public Peer {
 public:
  SourcePeer(int fd, int large_file) : Peer(fd, large_file) {}
  bool OnReady(char*) override {
    do {
      if (file_left_ == 0) file_left_ = kLargeBytes;
      if (!Flush()) return false;
    } while (idle());
    return true;
  }
};

template <typename PeerType>
std::unique_ptr<Peer> Make(int fd, int large_file) {
  return std::make_unique<PeerType>(fd, large_file);
}

struct Door {
  int fd;
  std::unique_ptr<Peer> (*make)(int fd, int large_file);
};

int LargeFile() {
  int fd = ::memfd_create("large", MFD_CLOEXEC);
  const std::string bytes = Pattern(kLargeBytes);
  if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) Die("memfd");
  return fd;
}

[[noreturn]] void Run(const Options& options) {
  const int epoll = Epoll();
  const int large_file = LargeFile();
  std::vector<Door> doors = {
      {Listen(static_cast<int>(options.Int("http", 0))), Make<HttpPeer>},
      {Listen(static_cast<int>(options.Int("echo", 0))), Make<EchoPeer>},
      {Listen(static_cast<int>(options.Int("source", 0))), Make<SourcePeer>}};
  for (Door& door : doors) WatchListener(epoll, door.fd, &door);
  auto scratch = std::make_unique<char[]>(kReadBytes);
  std::array<epoll_event, 256> events;
  for (;;) {
    int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      void* data = events[static_cast<size_t>(i)].data.ptr;
      auto door = std::ranges::find_if(doors, [&](Door& one) { return &one == data; });
      if (door == doors.end()) {
        auto* peer = static_cast<Peer*>(data);
        if (!peer->OnReady(scratch.get())) delete peer;  // out of the set with its descriptor
        continue;
      }
      for (int fd;
           (fd = ::accept4(door->fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        NoDelay(fd);
        Watch(epoll, fd, door->make(fd, large_file).release());
      }
    }
  }
}

}  // namespace
}  // namespace rig

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  rig::AllowManyFiles();
  rig::Run(rig::Options(argc, argv));
}
