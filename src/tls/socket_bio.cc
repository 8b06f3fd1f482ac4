#include "socket_bio.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>

namespace sluice::tls {
namespace {

SocketBio& Of(BIO* bio) { return *static_cast<SocketBio*>(BIO_get_data(bio)); }

int ReadCallback(BIO* bio, char* buffer, int size) noexcept { return Of(bio).Read(buffer, size); }

int WriteCallback(BIO* bio, const char* buffer, int size) noexcept {
  return Of(bio).Write(buffer, size);
}

long ControlCallback(BIO* bio, int command, long /*number*/, void* /*pointer*/) noexcept {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return Of(bio).ended ? 1 : 0;
    default: return 0;
  }
}

const BIO_METHOD* Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sluice socket");
    BIO_meth_set_read(made, &ReadCallback);
    BIO_meth_set_write(made, &WriteCallback);
    BIO_meth_set_ctrl(made, &ControlCallback);
    return made;  // lives as long as the process: sockets of any thread use it
  }();
  return method;
}

}  // namespace

BIO* SocketBio::MakeBio() {
  bio = BIO_new(Method());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

int SocketBio::Read(char* buffer, int size) {
  BIO_clear_retry_flags(bio);
  const auto room = static_cast<size_t>(size);
  if (preloaded != nullptr) {
    const size_t n = preloaded->CopyOut(buffer, room);
    preloaded->Drain(n);
    if (preloaded->empty()) preloaded.reset();
    return static_cast<int>(n);
  }
  if (read_was_short && may_stop_short) {
    BIO_set_retry_read(bio);
    return -1;
  }
  ssize_t got;
  do {
    got = ::recv(fd, buffer, room, 0);
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    read_was_short = static_cast<size_t>(got) < room;
    return static_cast<int>(got);
  }
  if (got == 0) {
    ended = true;
    return 0;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_read(bio);
  } else {
    error = errno;
  }
  return -1;
}

int SocketBio::Write(const char* buffer, int size) {
  BIO_clear_retry_flags(bio);
  const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  ssize_t put;
  do {
    put = ::send(fd, buffer, static_cast<size_t>(size), flags);
  } while (put < 0 && errno == EINTR);
  if (put >= 0) return static_cast<int>(put);
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    BIO_set_retry_write(bio);
  } else {
    error = errno;
  }
  return -1;
}

}  // namespace sluice::tls
