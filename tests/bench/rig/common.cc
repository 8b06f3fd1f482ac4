#include "common.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace rig {
namespace {

sockaddr_in Loopback(uint32_t host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

int Socket() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  return fd;
}

}  // namespace

void Die(std::string_view what) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(errno));
  std::exit(1);
}

int Listen(int port) {
  int fd = Socket();
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = Loopback(INADDR_LOOPBACK, port);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Die("bind");
  if (::listen(fd, 4096) != 0) Die("listen");
  return fd;
}

int Dial(int port) {
  static uint32_t next = 0;
  int fd = Socket();
  int on = 1;
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  sockaddr_in from = Loopback(INADDR_LOOPBACK + next++ % 64, 0);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof(from)) != 0) Die("bind to a source");
  sockaddr_in to = Loopback(INADDR_LOOPBACK, port);
  NoDelay(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0 && errno != EINPROGRESS) {
    Die("connect");
  }
  return fd;
}

void NoDelay(int fd) {
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int Epoll() {
  int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) Die("epoll_create1");
  return fd;
}

static void Add(int epoll, int fd, void* data, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = data;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) Die("epoll_ctl");
}

void Watch(int epoll, int fd, void* data) {
  Add(epoll, fd, data, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

void WatchListener(int epoll, int fd, void* data) { Add(epoll, fd, data, EPOLLIN); }

void AllowManyFiles() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t NowNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

std::string Pattern(size_t bytes) {
  std::string out(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) out[i] = PatternByte(i);
  return out;
}

uint64_t Digest(uint64_t seed, std::string_view bytes) {
  for (char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return seed;
}

Options::Options(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::string_view text = argv[i];
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) Die("options have the form name=value");
    values_[std::string(text.substr(0, equals))] = std::string(text.substr(equals + 1));
  }
}

long Options::Int(const std::string& name, long fallback) const {
  auto it = values_.find(name);
  return it == values_.end() ? fallback : std::atol(it->second.c_str());
}

std::string Options::Text(const std::string& name, const std::string& fallback) const {
  auto it = values_.find(name);
  return it == values_.end() ? fallback : it->second;
}

}  // namespace rig
