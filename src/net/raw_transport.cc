#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

#include "sluice/base/check.h"
#include "sluice/net/transport.h"

namespace sluice::net {
namespace {

// The first read of a turn asks for as much as a slab has, the next ones for several at once: a
// small request then costs one slab, a bulk transfer few system calls.
constexpr size_t kRoomForFirstRead = 2048;
constexpr size_t kBulkRead = size_t{64} * 1024;
constexpr int kMaxReadPieces = 6;
constexpr int kMaxWritePieces = 64;

IoResult Failed(int error, int& failure) {
  if (error == EAGAIN || error == EWOULDBLOCK) return {IoState::kDrained, 0};
  failure = error;
  return {IoState::kFailed, 0};
}

class RawTransport final : public TransportSocket {
 public:
  // TransportSocket
  void Start(int fd) override { fd_ = fd; }
  IoResult Read(ByteChain& into, size_t budget) override;
  IoResult Write(ByteChain& from) override { return WriteRaw(fd_, from, errno_); }
  IoResult ShutdownWrite() override;
  bool is_raw() const override { return true; }
  const Error& error() const override;

 private:
  int fd_ = -1;
  int errno_ = 0;
  bool last_read_was_full_ = false;
};

IoResult RawTransport::Read(ByteChain& into, size_t budget) {
  ssize_t got;
  size_t asked;
  if (!last_read_was_full_) {
    std::span<char> room = into.Reserve(kRoomForFirstRead);
    asked = std::min(room.size(), budget);
    do {
      got = ::recv(fd_, room.data(), asked, 0);
    } while (got < 0 && errno == EINTR);
  } else {
    std::array<iovec, kMaxReadPieces> pieces;
    asked = std::min(budget, kBulkRead);
    int count = into.ReserveIovecs(pieces.data(), kMaxReadPieces, asked);
    asked = 0;
    for (int i = 0; i < count; ++i) asked += pieces[static_cast<size_t>(i)].iov_len;
    do {
      got = ::readv(fd_, pieces.data(), count);
    } while (got < 0 && errno == EINTR);
  }
  int failure = errno;
  into.Commit(got > 0 ? static_cast<size_t>(got) : 0);
  last_read_was_full_ = got > 0 && static_cast<size_t>(got) == asked;
  if (got > 0) {
    return {last_read_was_full_ ? IoState::kMore : IoState::kDrained, static_cast<size_t>(got)};
  }
  if (got == 0) return {IoState::kEndOfStream, 0};
  return Failed(failure, errno_);
}

IoResult RawTransport::ShutdownWrite() {
  // Fails only when the peer has reset the connection, which the next read tells.
  ::shutdown(fd_, SHUT_WR);
  return {IoState::kMore, 0};
}

// Made when asked for, so that a connection carries no words; see TransportSocket::error().
const Error& RawTransport::error() const {
  static thread_local Error error;
  error = FailErrno(Origin::kLocal, "socket", errno_).error();
  if (error.code == ErrorCode::kConnectionReset) error.retry = Retry::kIfReused;
  return error;
}

class RawFactory final : public TransportFactory {
 public:
  // TransportFactory
  std::unique_ptr<TransportSocket> Create(const TransportOptions& /*options*/) const override {
    return MakeRawTransport();
  }
  std::string_view name() const override { return "raw_buffer"; }
};

}  // namespace

void TransportSocket::Preload(ByteChain&& bytes) { SLUICE_CHECK(bytes.empty()); }

IoResult WriteRaw(int fd, ByteChain& from, int& failure) {
  ssize_t put;
  size_t offered;
  if (from.slice_count() == 1) {
    std::string_view front = from.Front();
    offered = front.size();
    do {
      put = ::send(fd, front.data(), front.size(), MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
  } else {
    std::array<iovec, kMaxWritePieces> pieces;
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = static_cast<size_t>(from.FillIovecs(pieces.data(), kMaxWritePieces));
    offered = 0;
    for (size_t i = 0; i < message.msg_iovlen; ++i) offered += pieces[i].iov_len;
    do {
      put = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
  }
  if (put < 0) return Failed(errno, failure);
  auto written = static_cast<size_t>(put);
  from.Drain(written);
  return {written == offered ? IoState::kMore : IoState::kDrained, written};
}

std::unique_ptr<TransportSocket> MakeRawTransport() { return std::make_unique<RawTransport>(); }

const TransportFactory& RawTransportFactory() {
  static const RawFactory factory;
  return factory;
}

}  // namespace sluice::net
