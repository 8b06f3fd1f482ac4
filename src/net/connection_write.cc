#include <utility>

#include "connection_parts.h"
#include "sluice/net/connection.h"

namespace sluice::net {

void Connection::Flush() {
  if (output_state_ == OutputState::kBroken || state_ == State::kClosed) {
    ClearOutput();
    return;
  }
  watch_.NoteUse();
  if (flushed_ == Flushed::kTold && !output_.empty()) flushed_ = Flushed::kTell;
  if (state_ == State::kOpen) WriteOut();
  if (output_.size() > buffer_limit_ && !output_high_) {
    output_high_ = true;
    if (events_ != nullptr && close_plan_ == ClosePlan::kNone) events_->OnOutputHigh();
    return;
  }
  bool now_low = output_high_ && output_.size() <= buffer_limit_ / 2;
  bool tell_flushed = flushed_ == Flushed::kTell && output_.empty();
  if (now_low || tell_flushed) loop_.RunLater(*this);
}

void Connection::SetNotifyFlushed(bool on) {
  flushed_ = on ? Flushed::kTell : Flushed::kDontTell;
  if (on && output_.empty() && state_ == State::kOpen) loop_.RunLater(*this);
}

void Connection::EndOutput() {
  if (output_state_ != OutputState::kOpen || state_ == State::kClosed) return;
  output_state_ = OutputState::kEnding;
  if (state_ != State::kOpen) return;
  WriteOut();
  FinishOutput();
  if (output_state_ == OutputState::kEnded && input_ended()) loop_.RunLater(*this);
}

// Hands to the kernel what it takes. Calls nobody but an output filter.
void Connection::WriteOut() {
  if (gate_ != nullptr) return WriteGated();
  while (!output_.empty() && watch_.writable()) {
    IoResult result = transport_->Write(output_);
    bytes_written_ += result.bytes;
    if (result.state == IoState::kFailed) return WriteFailed(transport_->error());
    if (result.state == IoState::kDrained || result.bytes == 0) watch_.ClearWritable();
  }
}

void Connection::FinishOutput() {
  if (output_state_ != OutputState::kEnding || !output_.empty() || !watch_.writable()) return;
  if (gate_ != nullptr && !gate_->end_passed) return;
  IoResult result = transport_->ShutdownWrite();
  if (result.state == IoState::kDrained) return watch_.ClearWritable();
  output_state_ = OutputState::kEnded;
}

void Connection::PumpOutput() {
  WriteOut();
  FinishOutput();
  if (output_high_ && output_.size() <= buffer_limit_ / 2) {
    output_high_ = false;
    if (events_ != nullptr) events_->OnOutputLow();
  }
  if (!output_.empty() || state_ != State::kOpen) return;
  if (flushed_ == Flushed::kTell && close_plan_ == ClosePlan::kNone) {
    flushed_ = Flushed::kTold;
    if (events_ != nullptr) events_->OnFlushed();
  }
  if (spliced_from_ != nullptr && spliced_from_->splice_->blocked && watch_.writable()) {
    loop_.RunLater(*spliced_from_);
  }
}

void Connection::WriteFailed(const Error& error) {
  output_state_ = OutputState::kBroken;
  FailLater(error);
  ClearOutput();
}

}  // namespace sluice::net
