// What is written past an OutputFilter. The front of output_ has passed it, the rest waits for it:
// both count as output, so that what is held back holds back the writer as well.
#include <algorithm>
#include <utility>

#include "connection_parts.h"
#include "sluice/net/connection.h"
#include "sluice/net/output_filter.h"

namespace sluice::net {

void Connection::SetOutputFilter(OutputFilter* filter) {
  SLUICE_DCHECK(splice_ == nullptr && spliced_from_ == nullptr);
  if (gate_ == nullptr) gate_ = std::make_unique<Gate>();
  gate_->filter = filter;
  gate_->passed = output_.size();
  gate_->end_passed = output_state_ != OutputState::kOpen;
}

void Connection::OfferOutputAgain() {
  if (gate_ == nullptr || state_ == State::kClosed) return;
  gate_->again = true;
  loop_.RunLater(*this);
}

void Connection::OfferOutput() {
  Gate& gate = *gate_;
  if (gate.filtering) return;
  gate.filtering = true;
  // What the filter does may write more.
  while (state_ != State::kClosed && output_state_ != OutputState::kBroken && NewToGate()) {
    gate.again = false;
    ByteChain all;
    ByteChain waiting;
    output_.MoveTo(all, gate.passed);
    output_.MoveTo(waiting, output_.size());
    const bool end = output_state_ == OutputState::kEnding && !gate.end_passed;
    const OutputFilter::Verdict verdict = gate.filter->OnOutput(waiting, end);
    const size_t passed = std::min(verdict.bytes, waiting.size());
    gate.held = waiting.size() - passed;
    gate.end_passed = gate.end_passed || (end && verdict.end);
    gate.end_told = gate.end_told || end;
    gate.passed = all.size() + passed;
    all.Append(std::move(waiting));
    all.Append(std::move(output_));
    output_ = std::move(all);
  }
  gate.filtering = false;
}

bool Connection::NewToGate() const {
  const Gate& gate = *gate_;
  const bool untold = output_state_ == OutputState::kEnding && !gate.end_passed && !gate.end_told;
  return gate.again || untold || output_.size() > gate.passed + gate.held;
}

void Connection::WriteGated() {
  Gate& gate = *gate_;
  OfferOutput();
  if (gate.filtering || state_ != State::kOpen) return;
  ByteChain ready;
  output_.MoveTo(ready, std::min(gate.passed, output_.size()));
  while (!ready.empty() && watch_.writable()) {
    const IoResult result = transport_->Write(ready);
    bytes_written_ += result.bytes;
    if (result.state == IoState::kFailed) return WriteFailed(transport_->error());
    if (result.state == IoState::kDrained || result.bytes == 0) watch_.ClearWritable();
  }
  gate.passed = ready.size();
  ready.Append(std::move(output_));
  output_ = std::move(ready);
}

void Connection::ClearOutput() {
  output_.Clear();
  if (gate_ != nullptr) gate_->passed = gate_->held = 0;
}

}  // namespace sluice::net
