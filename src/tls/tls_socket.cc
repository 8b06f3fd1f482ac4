#include "tls_socket.h"

#include <algorithm>
#include <array>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "worker_half.h"

namespace sluice::tls {
namespace {

using net::IoResult;
using net::IoState;

// The largest payload of a record (RFC 8446 section 5.1).
constexpr size_t kRecordBytes = 16384;
// Room that a read wants at least: a small message then costs one slab and one call.
constexpr size_t kReadRoom = 2048;

// How many bytes the next record takes: whole slices as long as they fit. One that fills a record
// by itself goes without being copied.
size_t NextRecord(const ByteChain& from) {
  size_t bytes = from.slice(0).size();
  if (bytes >= kRecordBytes) return kRecordBytes;
  for (size_t i = 1; i < from.slice_count(); ++i) {
    const size_t more = from.slice(i).size();
    if (bytes + more > kRecordBytes) break;
    bytes += more;
  }
  return bytes;
}

bool HasRoom(int fd) {
  pollfd socket{fd, POLLOUT, 0};
  return ::poll(&socket, 1, 0) != 0;
}

}  // namespace

IoResult TlsSocket::Read(ByteChain& into, size_t budget) {
  if (phase_ != Phase::kOpen)
    return {phase_ == Phase::kFailed ? IoState::kFailed : IoState::kDrained, 0};
  ForgetFaults();
  io_.BeginCall(false);
  io_.may_stop_short = false;
  half_.warm.Touch(buffers_);
  size_t total = 0;
  while (total < budget) {
    const std::span<char> room = into.Reserve(kReadRoom);
    size_t got = 0;
    const int result = SSL_read_ex(ssl(), room.data(), std::min(room.size(), budget - total), &got);
    into.Commit(result == 1 ? got : 0);
    if (kernel_sends_ && KernelKeysAreOld()) return {IoState::kFailed, total + got};
    if (result != 1) return Interpret(result, total);
    total += got;
    // With payload in hand the connection asks again by itself where an end may be behind it.
    io_.may_stop_short = true;
    if (io_.read_was_short && SSL_has_pending(ssl()) == 0) return {IoState::kDrained, total};
  }
  return {IoState::kMore, total};
}

IoResult TlsSocket::Write(ByteChain& from) {
  if (phase_ != Phase::kOpen)
    return {phase_ == Phase::kFailed ? IoState::kFailed : IoState::kDrained, 0};
  if (kernel_sends_) {
    const IoResult result = net::WriteRaw(io_.fd, from, io_.error);
    return result.state == IoState::kFailed ? Fail(SSL_ERROR_SYSCALL, 0) : result;
  }
  static thread_local std::array<char, kRecordBytes> scratch;
  ForgetFaults();
  half_.warm.Touch(buffers_);
  size_t total = 0;
  while (!from.empty()) {
    const size_t want = unfinished_ > 0 ? unfinished_ : NextRecord(from);
    const char* bytes = from.Front().data();
    // The record of an unfinished write has been made: OpenSSL only looks at the size.
    if (unfinished_ == 0 && from.Front().size() < want) {
      from.CopyOut(scratch.data(), want);
      bytes = scratch.data();
    }
    io_.BeginCall(from.size() > want);
    size_t put = 0;
    const int result = SSL_write_ex(ssl(), bytes, want, &put);
    if (result != 1) {
      unfinished_ = want;
      return Interpret(result, total);
    }
    unfinished_ = 0;
    from.Drain(put);
    total += put;
  }
  return {IoState::kMore, total};
}

IoResult TlsSocket::ShutdownWrite() {
  if (phase_ == Phase::kOpen && unfinished_ == 0 &&
      (SSL_get_shutdown(ssl()) & SSL_SENT_SHUTDOWN) == 0) {
    ForgetFaults();
    io_.BeginCall(false);
    const int result = SSL_shutdown(ssl());  // 0: sent, the peer's has not come yet
    if (result < 0 && SSL_get_error(ssl(), result) == SSL_ERROR_WANT_WRITE) {
      return {IoState::kDrained, 0};
    }
    ForgetFaults();
  }
  // A record of the kernel's that waits for room in TCP would be lost behind a FIN, and nobody
  // tells of one: it is gone when there is room. The end is told by close_notify alone.
  if (kernel_sends_) return {HasRoom(io_.fd) ? IoState::kMore : IoState::kDrained, 0};
  // Fails only when the peer has reset the connection, which the next read tells.
  ::shutdown(io_.fd, SHUT_WR);
  return {IoState::kMore, 0};
}

void TlsSocket::OnQuiet() {
  if (phase_ != Phase::kOpen) return;
  half_.warm.Release(buffers_);
  info_->resting_ssl().PutAway();
}

// Whether the peer wants new keys from us (RFC 8446 section 4.6.3), which the kernel cannot be
// given: OpenSSL would go on with others than it, so this is the connection's end.
bool TlsSocket::KernelKeysAreOld() {
  if (SSL_get_key_update_type(ssl()) == SSL_KEY_UPDATE_NONE) return false;
  stats().counters.connection_error.Inc();
  FailWith(ErrorCode::kConnectionReset, Retry::kIfReused,
           "TLS_error:|the peer asks for new keys, which kTLS cannot change:TLS_error_end", 0);
  return true;
}

// Why a call did not do what it was asked for: to be tried again, at the end, or failed.
IoResult TlsSocket::Interpret(int result, size_t bytes) {
  switch (const int error = SSL_get_error(ssl(), result); error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {IoState::kDrained, bytes};
    case SSL_ERROR_ZERO_RETURN: return {IoState::kEndOfStream, bytes};
    default: return Fail(error, bytes);
  }
}

}  // namespace sluice::tls
