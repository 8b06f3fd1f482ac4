#include "sluice/net/connection.h"

#include <atomic>
#include <cerrno>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection_parts.h"
#include "sluice/base/check.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/unique_fd.h"

namespace sluice::net {
namespace {

// Numbers are drawn in blocks, so that the workers do not write one cache line for each connection.
uint64_t NextId() {
  constexpr uint64_t kBlock = 1024;
  static std::atomic<uint64_t> next_block = 0;
  static thread_local uint64_t next = 0;
  if (next % kBlock == 0) next = next_block.fetch_add(kBlock, std::memory_order_relaxed);
  return ++next;
}

Error ConnectError(const Address& to, int errno_value) {
  Error error = FailErrno(Origin::kUpstream, "connect " + to.ToString(), errno_value).error();
  if (error.code != ErrorCode::kConnectTimeout) error.code = ErrorCode::kConnectFailed;
  error.retry = Retry::kYes;  // nothing has been sent
  return error;
}

int TakeSocketError(int fd) {
  int value = 0;
  socklen_t size = sizeof(value);
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size);
  return value;
}

}  // namespace

Connection::Connection(EventLoop& loop, int fd, Address local, Address remote,
                       std::unique_ptr<TransportSocket> transport)
    : loop_(loop),
      transport_(std::move(transport)),
      fd_(fd),
      state_(State::kOpen),
      read_pauses_(1),
      local_(std::move(local)),
      remote_(std::move(remote)),
      id_(NextId()),
      created_(loop.Now()) {
  watch_.OpenLater(loop_, fd_, *this);
  transport_->Start(fd_);
  if (transport_->handshake_done()) return;
  state_ = State::kHandshaking;
  loop_.RunLater(*this);
}

// Answers before new requests, which then find the connections that the answers have freed.
Connection::Connection(EventLoop& loop, std::unique_ptr<TransportSocket> transport)
    : loop_(loop), transport_(std::move(transport)), id_(NextId()), created_(loop.Now()) {
  watch_.SetOrder(IoOrder::kFirst);
}

Connection::~Connection() {
  events_ = nullptr;
  CloseWith(CloseKind::kOrderly, false, nullptr);
}

const Address& Connection::local() const {
  if (local_.family() == Address::Family::kNone && fd_ >= 0) local_ = LocalAddressOf(fd_);
  return local_;
}

bool Connection::IdleAndClean() {
  if (state_ != State::kOpen || input_state_ != InputState::kOpen || watch_.hangup() ||
      output_state_ != OutputState::kOpen || close_plan_ != ClosePlan::kNone || !input_.empty() ||
      !output_.empty()) {
    return false;
  }
  if (!watch_.readable()) return true;
  // The last read took all that was asked for, so nobody knows yet whether there is more.
  char byte;
  if (::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN) return false;
  watch_.ClearReadable();
  return true;
}

void Connection::Connect(const Address& to, const Address* from, const SocketTuning& tuning) {
  SLUICE_DCHECK(state_ == State::kConnecting && fd_ < 0);
  remote_ = to;
  if (auto opened = OpenSocket(to, from, tuning); !opened) FailLater(std::move(opened.error()));
}

Result<> Connection::OpenSocket(const Address& to, const Address* from,
                                const SocketTuning& tuning) {
  int family = to.raw()->sa_family;
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return std::unexpected(ConnectError(to, errno));
  if (auto set = ApplyTuning(fd.get(), family, tuning); !set) return set;
  if (from != nullptr && from->family() == to.family()) {
    int on = 1;  // the port is chosen by connect, which may share it between destinations
    if (from->port() == 0)
      ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (::bind(fd.get(), from->raw(), from->raw_size()) != 0) {
      return FailErrno(Origin::kConfig, "bind to source address " + from->ToString(), errno);
    }
  }
  auto bound = ApplyOptions(fd.get(), tuning.options, SocketOption::Phase::kBound);
  if (!bound) return bound;
  if (::connect(fd.get(), to.raw(), to.raw_size()) != 0 && errno != EINPROGRESS) {
    return std::unexpected(ConnectError(to, errno));
  }
  if (auto watched = watch_.Open(loop_, fd.get(), *this); !watched) return watched;
  fd_ = fd.Release();
  return {};
}

bool Connection::FinishConnect() {
  if (!watch_.writable() && !watch_.hangup()) return false;
  // Only a socket that failed needs to be asked what for.
  if (int failure = watch_.hangup() ? TakeSocketError(fd_) : 0; failure != 0) {
    Error error = ConnectError(remote_, failure);
    CloseWith(CloseKind::kFailed, true, &error);
    return false;
  }
  state_ = State::kHandshaking;
  transport_->Start(fd_);
  return true;
}

bool Connection::DriveHandshake() {
  while (!transport_->handshake_done()) {
    IoResult result = transport_->ContinueHandshake();
    if (result.state == IoState::kDrained) return false;
    if (result.state == IoState::kMore) continue;
    Error error = transport_->error();
    CloseWith(CloseKind::kFailed, true, &error);
    return false;
  }
  state_ = State::kOpen;
  // The handshake may have read payload along with its last flight.
  if (!transport_->is_raw()) watch_.AssumeReadable();
  if (events_ != nullptr) events_->OnConnected();
  return state_ == State::kOpen;
}

void Connection::ReplaceTransport(std::unique_ptr<TransportSocket> transport) {
  SLUICE_DCHECK(state_ == State::kOpen && transport_->is_raw() && output_.empty());
  if (transport->is_raw()) {
    offer_input_ = !input_.empty();
  } else {
    bytes_read_ -= input_.size();  // they are not payload
    if (!input_.empty()) transport->Preload(std::move(input_));
    // The new transport reads the end by itself, and says whether it came too early.
    input_state_ = InputState::kOpen;
    watch_.AssumeReadable();
  }
  transport_ = std::move(transport);
  transport_->Start(fd_);
  if (!transport_->handshake_done()) state_ = State::kHandshaking;
  loop_.RunLater(*this);
}

void Connection::OnIo() {
  // A transport with records may have to write before it can go on to read.
  if (!transport_->is_raw()) watch_.AssumeReadable();
  Process();
}

void Connection::OnQuiet() {
  transport_->OnQuiet();
  if (events_ != nullptr) events_->OnQuiet();
}

// Everything that happens to a connection by itself happens here: called for its events, and from
// the run list when something was left to do.
void Connection::Process() {
  if (state_ == State::kClosed) return;
  if (ending_ != nullptr && ending_->failure) return FailNow();
  if (close_plan_ != ClosePlan::kNone) return ContinueClose();
  if (state_ == State::kConnecting && !FinishConnect()) return;
  if (state_ == State::kHandshaking && !DriveHandshake()) return;
  PumpOutput();
  if (state_ == State::kOpen) PumpInput();
  if (state_ == State::kOpen) NoticeEnd();
}

// After everything that could be moved was moved: is it over?
void Connection::NoticeEnd() {
  if (close_plan_ != ClosePlan::kNone || (ending_ != nullptr && ending_->failure)) return;
  bool blocked = !CanRead() || (splice_ != nullptr && splice_->in_pipe > 0);
  if (watch_.failed() && blocked) {
    int value = TakeSocketError(fd_);
    Error error = FailErrno(Origin::kLocal, "socket", value != 0 ? value : ECONNRESET).error();
    error.retry = Retry::kIfReused;
    return CloseWith(CloseKind::kReset, true, &error);
  }
  if (input_state_ == InputState::kEndTold && output_state_ == OutputState::kEnded &&
      input_.empty() && splice_ == nullptr && spliced_from_ == nullptr) {
    CloseWith(CloseKind::kOrderly, peer_ended_first_, nullptr);
  }
}

}  // namespace sluice::net
