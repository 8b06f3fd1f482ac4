#include "sluice/net/listen_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port_owner.h"
#include "sluice/base/check.h"
#include "sluice/net/acceptor.h"

namespace sluice::net {
namespace {

constexpr int kLargestBacklog = 65535;  // the kernel takes the lesser of this and somaxconn

bool IsPath(const Address& address) {
  return address.family() == Address::Family::kUnix && !address.ToString().starts_with('@');
}

uint32_t FirstUnprivilegedPort() {
  uint32_t port = 1024;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> port;
  return port;
}

// The kernel's word and what the operator can do about it.
std::unexpected<Error> ListenError(const Address& address, std::string_view call, int errno_value) {
  auto failed =
      FailErrno(Origin::kConfig, fmt::format("cannot listen on {}: {}", address.ToString(), call),
                errno_value);
  std::string& words = failed.error().detail;
  switch (errno_value) {
    case EADDRINUSE: {
      std::string owner = address.is_ip() ? FindPortOwner(address) : std::string();
      if (owner.empty()) owner = "another process";
      words += fmt::format("; {} listens there", owner);
      break;
    }
    case EACCES:
    case EPERM:
      if (address.is_ip() && address.port() != 0 && address.port() < FirstUnprivilegedPort()) {
        words += fmt::format(
            "; ports below {} need CAP_NET_BIND_SERVICE (setcap cap_net_bind_service=+ep on the "
            "binary, AmbientCapabilities= in systemd) or a lower sysctl "
            "net.ipv4.ip_unprivileged_port_start",
            FirstUnprivilegedPort());
      } else if (!address.is_ip()) {
        words += "; the directory must be writable for this user";
      }
      break;
    case EADDRNOTAVAIL:
      words += "; no interface has this address ('freebind: true' listens nevertheless)";
      break;
    case EAFNOSUPPORT:
      words += "; this machine has no such address family (IPv6 switched off?)";
      break;
    default: break;
  }
  return failed;
}

std::unexpected<Error> OptionError(const Address& address, const Error& cause) {
  return Fail(cause.code, Origin::kConfig,
              fmt::format("cannot listen on {}: {}", address.ToString(), cause.detail));
}

Result<> SetFlag(const Address& address, int fd, int level, int name, int value,
                 std::string_view words) {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) == 0) return {};
  return ListenError(address, words, errno);
}

// A socket file that nobody listens on any more is in the way of bind: what a crash leaves behind.
Result<> RemoveStaleFile(const Address& address) {
  struct stat info{};
  std::string path = address.ToString();
  if (::lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return {};
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), address.raw(), address.raw_size()) == 0 || errno != ECONNREFUSED) {
    return {};
  }
  if (::unlink(path.c_str()) == 0) return {};
  return ListenError(address, "removing the stale socket file", errno);
}

Result<> SetIpOptions(int fd, const Address& address, const ListenOptions& options) {
  auto set = SetFlag(address, fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (set && options.reuse_port) {
    set = SetFlag(address, fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
  }
  if (set && address.family() == Address::Family::kV6) {
    set =
        SetFlag(address, fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv4_compat ? 0 : 1, "IPV6_V6ONLY");
  }
  if (set && options.fast_open_queue) {
    set = SetFlag(address, fd, IPPROTO_TCP, TCP_FASTOPEN,
                  static_cast<int>(*options.fast_open_queue), "TCP_FASTOPEN");
  }
  return set;
}

Result<> Prepare(int fd, const Address& address, const ListenOptions& options) {
  if (address.is_ip()) {
    if (auto set = SetIpOptions(fd, address, options); !set) return set;
  }
  SocketTuning tuning = options.tuning;
  tuning.freebind = options.freebind;
  tuning.transparent = options.transparent;
  auto tuned = ApplyTuning(fd, address.raw()->sa_family, tuning);
  if (!tuned) return OptionError(address, tuned.error());
  return {};
}

Result<UniqueFd> OpenOne(const Address& address, const ListenOptions& options) {
  UniqueFd fd(::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ListenError(address, "socket", errno);
  if (auto prepared = Prepare(fd.get(), address, options); !prepared) {
    return std::unexpected(prepared.error());
  }
  if (::bind(fd.get(), address.raw(), address.raw_size()) != 0) {
    return ListenError(address, "bind", errno);
  }
  if (IsPath(address) && options.unix_mode &&
      ::chmod(address.ToString().c_str(), *options.unix_mode) != 0) {
    return ListenError(address, "chmod", errno);
  }
  auto set = ApplyOptions(fd.get(), options.tuning.options, SocketOption::Phase::kBound);
  if (!set) return OptionError(address, set.error());
  return fd;
}

Result<> ListenOn(int fd, const Address& address, const ListenOptions& options) {
  const int backlog = options.backlog > 0
                          ? static_cast<int>(std::min<uint32_t>(options.backlog, INT32_MAX))
                          : kLargestBacklog;
  if (::listen(fd, backlog) != 0) return ListenError(address, "listen", errno);
  auto set = ApplyOptions(fd, options.tuning.options, SocketOption::Phase::kListening);
  if (!set) return OptionError(address, set.error());
  return {};
}

}  // namespace

bool operator==(const ListenOptions& a, const ListenOptions& b) {
  auto key = [](const ListenOptions& o) {
    return std::tie(o.workers, o.reuse_port, o.ipv4_compat, o.freebind, o.transparent, o.backlog,
                    o.fast_open_queue, o.unix_mode, o.tuning.no_delay, o.tuning.keepalive_probes,
                    o.tuning.keepalive_time_s, o.tuning.keepalive_interval_s, o.tuning.options,
                    o.listen_later, o.instance);
  };
  return key(a) == key(b);
}

Result<ListenLease> ListenSocketSet::Open(const Address& address, const ListenOptions& options) {
  for (const auto& open : sockets_) {
    if (open->asked_ == address && open->options_ == options && !open->arrivals_stopped_) {
      ++open->leases_;
      return ListenLease(*this, *open);
    }
  }
  auto made = std::make_unique<ListenSocket>();
  made->asked_ = made->local_ = address;
  made->options_ = options;
  if (IsPath(address)) {
    if (auto removed = RemoveStaleFile(address); !removed) return std::unexpected(removed.error());
  }
  size_t count = options.reuse_port && address.is_ip() ? std::max(options.workers, 1u) : 1;
  for (size_t i = 0; i < count; ++i) {
    auto fd = OpenOne(made->local_, options);
    if (!fd) return std::unexpected(std::move(fd.error()));
    made->fds_.push_back(std::move(*fd));
    if (i == 0 && address.is_ip()) made->local_ = LocalAddressOf(made->fds_[0].get());
  }
  if (struct stat info{}; IsPath(address) && ::stat(address.ToString().c_str(), &info) == 0) {
    made->unix_inode_ = info.st_ino;
  }
  // A path that is bound and does not listen looks like one that a crash has left behind.
  if (!options.listen_later || IsPath(address)) {
    if (auto listening = made->Listen(); !listening) return std::unexpected(listening.error());
  }
  made->leases_ = 1;
  sockets_.push_back(std::move(made));
  return ListenLease(*this, *sockets_.back());
}

void ListenSocketSet::Release(ListenSocket& socket) {
  SLUICE_CHECK(socket.leases_ > 0);
  if (--socket.leases_ > 0) return;
  std::erase_if(sockets_, [&socket](const auto& one) { return one.get() == &socket; });
}

ListenSocketSet::~ListenSocketSet() { SLUICE_CHECK(sockets_.empty()); }

ListenSocket::~ListenSocket() { StopArrivals(); }

Result<> ListenSocket::Listen() {
  if (listening_ || arrivals_stopped_) return {};
  for (const UniqueFd& fd : fds_) {
    if (auto listening = ListenOn(fd.get(), local_, options_); !listening) return listening;
  }
  listening_ = true;
  return {};
}

void ListenSocket::StopArrivals() {
  if (std::exchange(arrivals_stopped_, true)) return;
  if (unix_inode_) {
    struct stat info{};
    std::string path = local_.ToString();
    if (::lstat(path.c_str(), &info) == 0 && info.st_ino == *unix_inode_) ::unlink(path.c_str());
  }
  if (!local_.is_ip()) return;
  // The filter sees the TCP header: a SYN without ACK is dropped, handshakes that are under way
  // complete. The client repeats its SYN and finds the successor's socket, or none.
  constexpr uint32_t kFlagsAt = 13;
  constexpr uint32_t kSynAndAck = 0x12;
  constexpr uint32_t kSyn = 0x02;
  std::array<sock_filter, 5> code = {{{BPF_LD | BPF_B | BPF_ABS, 0, 0, kFlagsAt},
                                      {BPF_ALU | BPF_AND | BPF_K, 0, 0, kSynAndAck},
                                      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, kSyn},
                                      {BPF_RET | BPF_K, 0, 0, 0},
                                      {BPF_RET | BPF_K, 0, 0, UINT32_MAX}}};
  sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  for (const UniqueFd& fd : fds_) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
  }
}

ListenLease::ListenLease(ListenLease&& other) noexcept
    : set_(other.set_), socket_(std::exchange(other.socket_, nullptr)) {}

ListenLease& ListenLease::operator=(ListenLease&& other) noexcept {
  if (this != &other) {
    Release();
    set_ = other.set_;
    socket_ = std::exchange(other.socket_, nullptr);
  }
  return *this;
}

void ListenLease::Release() {
  if (ListenSocket* socket = std::exchange(socket_, nullptr)) set_->Release(*socket);
}

}  // namespace sluice::net
