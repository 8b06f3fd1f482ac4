// One of c-ares's sockets in the loop. Loop thread; made and dropped by c-ares's own callback,
// which may come from inside OnIo, so it goes by DeferDelete.
#pragma once

#include <ares.h>

#include "sluice/event/io.h"
#include "sluice/event/loop.h"

namespace sluice::net {

class DnsSocketOwner {
 public:
  virtual ~DnsSocketOwner() = default;
  virtual void OnDnsSocket(ares_socket_t readable, ares_socket_t writable) = 0;
};

class DnsSocket final : public DeferredDeletable, private IoHandler {
 public:
  DnsSocket(EventLoop& loop, ares_socket_t fd, DnsSocketOwner& owner)
      : loop_(loop), owner_(owner), fd_(fd) {}

  // Level-triggered, because c-ares does not always read until there is no more.
  void Want(bool write) {
    watch_.Close();
    auto mode = write ? IoWatch::Mode::kLevelReadWrite : IoWatch::Mode::kLevelRead;
    // Without a watch the query ends by its timeout.
    static_cast<void>(watch_.Open(loop_, fd_, *this, mode));
  }
  void Close() { watch_.Close(); }

 private:
  // IoHandler
  void OnIo() override {
    ares_socket_t readable = watch_.readable() ? fd_ : ARES_SOCKET_BAD;
    ares_socket_t writable = watch_.writable() ? fd_ : ARES_SOCKET_BAD;
    watch_.ClearReadable();
    watch_.ClearWritable();
    owner_.OnDnsSocket(readable, writable);
  }

  EventLoop& loop_;
  DnsSocketOwner& owner_;
  IoWatch watch_;
  ares_socket_t fd_;
};

}  // namespace sluice::net
