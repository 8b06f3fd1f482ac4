#include "sluice/net/acceptor.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include "sluice/base/check.h"
#include "sluice/base/log.h"

namespace sluice::net {
namespace {

constexpr uint32_t kMaxDrained = 1u << 16;
constexpr Duration kResourcePause = std::chrono::milliseconds(200);

bool OutOfResources(int errno_value) {
  return errno_value == EMFILE || errno_value == ENFILE || errno_value == ENOBUFS ||
         errno_value == ENOMEM;
}

}  // namespace

// IPv4 on a socket for both (ipv4_compat) is IPv4, to rules and logs as well.
Address LocalAddressOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  return ::getsockname(fd, raw, &size) == 0 ? Address::FromSockaddr(raw, size).Unmapped()
                                            : Address();
}

Acceptor::Acceptor(EventLoop& loop, const ListenSocket& socket, size_t worker,
                   AcceptorEvents& events, stats::Counter paused)
    : loop_(loop),
      socket_(socket),
      events_(events),
      resource_timer_(loop,
                      [this] {
                        if (state_ != State::kNoResources) return;
                        state_ = State::kAccepting;
                        Watch();
                      }),
      paused_counter_(paused),
      fd_(socket.fd(worker)) {}

Acceptor::~Acceptor() = default;

Result<> Acceptor::Start() {
  SLUICE_DCHECK(state_ == State::kIdle);
  auto mode = socket_.shared() ? IoWatch::Mode::kLevelReadExclusive : IoWatch::Mode::kLevelRead;
  auto opened = watch_.Open(loop_, fd_, *this, mode);
  if (opened) state_ = State::kAccepting;
  return opened;
}

void Acceptor::Pause() {
  if (++pauses_ == 1) watch_.Close();
}

void Acceptor::Resume() {
  SLUICE_DCHECK(pauses_ > 0);
  if (--pauses_ == 0 && state_ == State::kAccepting) Watch();
}

void Acceptor::Watch() {
  if (pauses_ > 0 || watch_.open()) return;
  state_ = State::kIdle;
  if (!Start()) {
    state_ = State::kNoResources;
    resource_timer_.Arm(kResourcePause);
  }
}

// Level-triggered with a batch that grows while the queue keeps being full: one connection costs
// one accept4 and no EAGAIN, a flood few waits.
void Acceptor::OnIo() {
  bool again = loop_.turns() == last_turn_ + 1;
  batch_ = again ? std::min(batch_ * 2, max_batch_) : 1;
  last_turn_ = loop_.turns();
  for (uint32_t i = 0; i < batch_; ++i) {
    if (state_ != State::kAccepting || pauses_ > 0) return;
    if (!AcceptOne()) {
      batch_ = 1;
      last_turn_ = 0;
      return;
    }
  }
}

// False when there is nothing to accept now.
bool Acceptor::AcceptOne() {
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  UniqueFd fd(::accept4(fd_, raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) {
    int failure = errno;
    if (OutOfResources(failure)) PauseForResources(failure);
    // Others are the connection's own: it was gone before it was taken (accept(2), "Error
    // handling").
    return failure != EAGAIN && !OutOfResources(failure);
  }
  AcceptedSocket accepted{std::move(fd), {}, Address::FromSockaddr(raw, size).Unmapped()};
  if (!socket_.local().IsAny()) accepted.local = socket_.local();
  events_.OnAccepted(std::move(accepted));
  return true;
}

void Acceptor::PauseForResources(int errno_value) {
  if (state_ != State::kAccepting) return;
  paused_counter_.Inc();
  SLUICE_LOG(kConnection, kWarning, "accepting on {} pauses: {}", socket_.local().ToString(),
             std::strerror(errno_value));  // NOLINT(concurrency-mt-unsafe)
  state_ = State::kNoResources;
  watch_.Close();
  resource_timer_.Arm(kResourcePause);
}

void Acceptor::Drain() {
  if (state_ == State::kDrained) return;
  state_ = State::kDrained;
  watch_.Close();
  for (uint32_t i = 0; i < kMaxDrained && AcceptOne(); ++i) {
  }
}

}  // namespace sluice::net
