#include <algorithm>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "connection_parts.h"
#include "sluice/net/connection.h"

namespace sluice::net {

void Connection::Close() { CloseWith(CloseKind::kOrderly, false, nullptr); }

void Connection::Reset() {
  linger at_once{.l_onoff = 1, .l_linger = 0};
  if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  CloseWith(CloseKind::kReset, false, nullptr);
}

void Connection::CloseAfterFlush(Duration linger, Duration stall) {
  if (state_ == State::kClosed || close_plan_ != ClosePlan::kNone) return;
  if (splice_ != nullptr) StopSplice();
  if (spliced_from_ != nullptr) spliced_from_->StopSplice();
  close_plan_ = ClosePlan::kFlush;
  if (gate_ != nullptr) {
    if (output_state_ == OutputState::kOpen) OfferOutput();
    gate_->end_passed = true;  // a close is not held back, only bytes are
  }
  if (output_state_ == OutputState::kOpen) output_state_ = OutputState::kEnding;
  if (state_ == State::kOpen) WriteOut();
  if (linger > Duration::zero() || !output_.empty()) {
    ending().linger = linger;
    ending().stall = stall;
    ending().timer.Arm(stall);
  }
  loop_.RunLater(*this);
}

void Connection::ContinueClose() {
  if (state_ != State::kOpen) return CloseWith(CloseKind::kOrderly, false, nullptr);
  uint64_t before = bytes_written_;
  WriteOut();
  if (ending_ != nullptr && ending_->failure) return FailNow();
  if (!output_.empty()) {
    if (bytes_written_ != before) ending().timer.Arm(ending().stall);
    return;
  }
  if (close_plan_ == ClosePlan::kFlush) {
    const bool no_linger = ending_ == nullptr || ending_->linger <= Duration::zero();
    if (no_linger || input_ended()) {
      return CloseWith(CloseKind::kOrderly, input_ended() && peer_ended_first_, nullptr);
    }
    FinishOutput();
    if (output_state_ == OutputState::kEnding) return;
    close_plan_ = ClosePlan::kLinger;
    ending().timer.Arm(ending().linger);
  }
  Discard();
}

// Reads the peer's last bytes away until its end comes.
void Connection::Discard() {
  input_.Clear();
  size_t budget = kTurnBudget;
  while (watch_.readable()) {
    if (budget == 0) return loop_.RunLater(*this);
    IoResult result = transport_->Read(input_, std::min(budget, kReadChunk));
    budget -= std::min(budget, result.bytes);
    NoteRead(result);
    input_.Clear();
    if (result.state == IoState::kFailed || input_ended()) {
      return CloseWith(CloseKind::kOrderly, false, nullptr);
    }
  }
}

Connection::Ending& Connection::ending() {
  if (ending_ == nullptr) ending_ = std::make_unique<Ending>(*this);
  return *ending_;
}

void Connection::FailLater(Error error) {
  if (state_ == State::kClosed) return;
  ending().failure = std::move(error);
  loop_.RunLater(*this);
}

void Connection::FailNow() {
  if (output_state_ == OutputState::kBroken) SaveWhatArrived();
  if (state_ == State::kClosed) return;
  Error error = std::move(*ending_->failure);
  bool reset = state_ == State::kOpen && error.code == ErrorCode::kConnectionReset;
  CloseWith(reset ? CloseKind::kReset : CloseKind::kFailed, true, &error);
}

// The one way out. Buffers and transport stay until the destructor: somebody up the stack may be
// looking at them.
void Connection::CloseWith(CloseKind kind, bool by_peer, const Error* error) {
  if (state_ == State::kClosed) return;
  bool output_complete = output_.empty() && output_state_ <= OutputState::kEnding;
  if (state_ == State::kOpen && kind == CloseKind::kOrderly && output_complete &&
      !transport_->is_raw()) {
    transport_->ShutdownWrite();  // the peer shall know that nothing was cut off
  }
  state_ = State::kClosed;
  DropSplice();
  if (spliced_from_ != nullptr) {
    loop_.RunLater(*spliced_from_);  // what it has to read goes to its OnBytes again
    spliced_from_->DropSplice();
  }
  RunItem::Unlink();
  if (ending_ != nullptr) ending_->timer.Disarm();
  if (watch_.open()) {
    watch_.CloseFd();
  } else if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = -1;
  if (ConnectionEvents* events = std::exchange(events_, nullptr)) {
    events->OnClosed(CloseInfo{kind, by_peer, error});
  }
}

}  // namespace sluice::net
