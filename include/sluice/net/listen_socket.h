// The listening sockets of the process, by address and options. They outlive every version of the
// config: closing one that has connections in its queue would reset them.
//
// Owned by the server, main thread; the descriptors themselves are used by the workers' acceptors.
// Hard rule: a lease is given up only after every acceptor on it is gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "sluice/base/error.h"
#include "sluice/net/address.h"
#include "sluice/net/socket_options.h"
#include "sluice/net/unique_fd.h"

namespace sluice::net {

struct ListenOptions {
  uint32_t workers = 1;      // with reuse_port each gets a socket of its own
  bool reuse_port = true;    // never for unix sockets: they share one
  bool ipv4_compat = false;  // an IPv6 socket that takes IPv4 clients too
  bool freebind = false;
  bool transparent = false;
  uint32_t backlog = 0;  // 0: the kernel's largest, net.core.somaxconn
  std::optional<uint32_t> fast_open_queue{};
  std::optional<mode_t> unix_mode{};
  SocketTuning tuning{};      // inherited by the accepted sockets
  bool listen_later = false;  // hold the port now, take connections from ListenSocket::Listen on
  uint32_t instance = 0;      // tells those apart who each want a port of their own for port 0

  friend bool operator==(const ListenOptions&, const ListenOptions&);
};

// One listening address: a socket for each worker, or one for all.
class ListenSocket {
 public:
  ListenSocket() = default;
  ~ListenSocket();
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;

  const Address& local() const { return local_; }  // with the port that was found for port 0
  bool shared() const { return fds_.size() == 1; }
  int fd(size_t worker) const { return fds_[shared() ? 0 : worker].get(); }

  // Nobody else holds it.
  bool sole() const { return leases_ == 1; }

  // Connections are taken from now on; they were refused before. Nothing happens if it listens.
  Result<> Listen();

  // New connections are turned away from now on (a SYN gets no answer, a unix path is removed), the
  // queued ones stay to be accepted. There is no way back.
  void StopArrivals();

 private:
  friend class ListenSocketSet;

  Address asked_;  // before port 0 was resolved
  Address local_;
  ListenOptions options_;
  std::vector<UniqueFd> fds_;
  std::optional<ino_t> unix_inode_;  // the file is removed only while it is still ours
  bool listening_ = false;
  bool arrivals_stopped_ = false;
  uint32_t leases_ = 0;
};

class ListenSocketSet;

// Keeps a listening socket open.
class ListenLease {
 public:
  ListenLease() = default;
  ListenLease(ListenLease&& other) noexcept;
  ListenLease& operator=(ListenLease&& other) noexcept;
  ~ListenLease() { Release(); }

  ListenSocket* operator->() const { return socket_; }
  ListenSocket& operator*() const { return *socket_; }
  explicit operator bool() const { return socket_ != nullptr; }
  void Release();

 private:
  friend class ListenSocketSet;
  ListenLease(ListenSocketSet& set, ListenSocket& socket) : set_(&set), socket_(&socket) {}

  ListenSocketSet* set_ = nullptr;
  ListenSocket* socket_ = nullptr;
};

class ListenSocketSet {
 public:
  ListenSocketSet() = default;
  ~ListenSocketSet();
  ListenSocketSet(const ListenSocketSet&) = delete;
  ListenSocketSet& operator=(const ListenSocketSet&) = delete;

  // Opens and listens (see listen_later), or finds what is open with the same address and options.
  // The error names the address and what the operator can do.
  Result<ListenLease> Open(const Address& address, const ListenOptions& options);
  size_t size() const { return sockets_.size(); }

 private:
  friend class ListenLease;
  void Release(ListenSocket& socket);

  std::vector<std::unique_ptr<ListenSocket>> sockets_;
};

}  // namespace sluice::net
