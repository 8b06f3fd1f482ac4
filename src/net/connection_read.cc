#include <algorithm>
#include <utility>

#include "connection_parts.h"
#include "sluice/base/check.h"
#include "sluice/net/connection.h"

namespace sluice::net {

void Connection::StartReading() { ResumeReading(); }

void Connection::PauseReading() { ++read_pauses_; }

void Connection::ResumeReading() {
  SLUICE_DCHECK(read_pauses_ > 0);
  if (--read_pauses_ > 0 || state_ == State::kClosed) return;
  offer_input_ = !input_.empty();
  if (offer_input_ || watch_.readable() || input_ended()) loop_.RunLater(*this);
}

size_t Connection::InputRoom() const {
  const size_t limit = std::max(buffer_limit_, input_floor_);
  return limit - std::min(limit, input_.size());
}

bool Connection::CanRead() const {
  return read_pauses_ == 0 && input_state_ == InputState::kOpen && InputRoom() > 0;
}

// Of one slab at most: what is more comes as fast later.
void Connection::OnIoSoon() {
  constexpr size_t kAhead = size_t{16} * 1024;
  if (state_ != State::kOpen || !transport_->is_raw() || splice_ != nullptr || !CanRead() ||
      !watch_.readable() || close_plan_ != ClosePlan::kNone || read_failed_ ||
      output_state_ == OutputState::kBroken) {
    return;
  }
  const IoResult result = transport_->Read(input_, std::min(kAhead, InputRoom()));
  NoteRead(result);
  read_failed_ = result.state == IoState::kFailed;
  offer_input_ = offer_input_ || result.bytes > 0;
}

void Connection::PumpInput() {
  if (read_failed_) {
    return ReadFailed(read_pauses_ == 0 && offer_input_ ? input_.size() : 0);
  }
  if (splice_ != nullptr) {
    PumpSplice();
    if (splice_ != nullptr || state_ != State::kOpen) return;
  }
  if (read_pauses_ > 0) return;
  if (offer_input_ || input_state_ == InputState::kEnded) Deliver();
  size_t budget = kTurnBudget;
  while (state_ == State::kOpen && close_plan_ == ClosePlan::kNone && splice_ == nullptr &&
         output_state_ != OutputState::kBroken && CanRead() && watch_.readable()) {
    if (budget == 0) return loop_.RunLater(*this);
    size_t want = std::min({budget, kReadChunk, InputRoom()});
    IoResult result = transport_->Read(input_, want);
    budget -= std::min(budget, result.bytes);
    NoteRead(result);
    if (result.state == IoState::kFailed) return ReadFailed(result.bytes);
    if (result.bytes > 0 || input_state_ == InputState::kEnded) {
      Deliver();
    } else if (result.state == IoState::kMore) {
      return loop_.RunLater(*this);  // a transport that moved no payload yet
    }
  }
}

void Connection::NoteRead(const IoResult& result) {
  bytes_read_ += result.bytes;
  if (result.state == IoState::kEndOfStream) {
    input_state_ = InputState::kEnded;
    peer_ended_first_ = output_state_ == OutputState::kOpen;
    watch_.ClearReadable();
  }
  // A short read means that the kernel has no more, unless the end came in the same edge.
  bool end_behind = watch_.hangup() && result.bytes > 0;
  if (result.state == IoState::kDrained && !end_behind) watch_.ClearReadable();
}

void Connection::Deliver() {
  offer_input_ = false;
  bool end = input_state_ == InputState::kEnded;
  if (end) input_state_ = InputState::kEndTold;
  if (events_ != nullptr) {
    events_->OnBytes(input_, end);
  } else {
    input_.Clear();
  }
}

void Connection::ReadFailed(size_t unseen_bytes) {
  Error error = transport_->error();
  if (unseen_bytes > 0) Deliver();
  if (state_ != State::kOpen) return;
  auto kind = error.code == ErrorCode::kConnectionReset ? CloseKind::kReset : CloseKind::kFailed;
  CloseWith(kind, true, &error);
}

// Our writes failed because the peer is gone; what it said before it went is still to be had, such
// as the answer of a server that did not want the rest of a request.
void Connection::SaveWhatArrived() {
  constexpr int kMaxReads = 16;
  if (offer_input_ && splice_ == nullptr && read_pauses_ == 0) Deliver();
  for (int i = 0; i < kMaxReads && state_ == State::kOpen; ++i) {
    if (close_plan_ != ClosePlan::kNone || splice_ != nullptr || !CanRead()) return;
    IoResult result = transport_->Read(input_, std::min(kReadChunk, InputRoom()));
    bytes_read_ += result.bytes;
    if (result.bytes == 0) return;
    Deliver();
  }
}

}  // namespace sluice::net
