#include "exchange.h"

namespace sluice::http1 {

using http::MessageSink;
using http::ResetReason;

void Exchange::Start(MessageSink& sink) {
  sink_ = &sink;
  bytes_ = {};
  ++id_;
  pauses_ = 0;
  tunnel_ = false;
  send_ = SendState::kHead;
}

void Exchange::FinishIfDone() {
  if (telling_ != 0 || sink_ == nullptr || send_ != SendState::kDone) return;
  if (read_ != ReadState::kDone && read_ != ReadState::kClosed) return;
  MessageSink* const sink = std::exchange(sink_, nullptr);
  OnFinished();
  sink->OnStreamDone();
  if (read_ == ReadState::kHead) WantInput();
}

void Exchange::Abort() {
  read_ = ReadState::kClosed;
  send_ = SendState::kDone;
  reader_.Stop();
}

void Exchange::AbortWith(ResetReason reason, std::string_view detail) {
  Abort();
  Tell([&](MessageSink& sink) { sink.OnReset(reason, detail); });
}

void Exchange::WantInput() {
  if (leftover_ && !dispatching() && !paused()) host_->OnInputWanted();
}

Result<> Exchange::ReadBody(ByteChain& in) {
  ByteChain data;
  const size_t before = in.size();
  const Fault fault = reader_.Read(in, data);
  bytes_.wire_in += before - in.size();
  if (fault != Fault::kNone) return OnBrokenBody(fault);
  const bool end = reader_.done();
  if (end) read_ = ReadState::kDone;
  if (end || !data.empty()) Tell([&](MessageSink& sink) { sink.OnData(data, end); });
  if (!reader_.has_trailers() || !active() || read_ != ReadState::kBody) return {};

  http::HeaderMap& trailers = sink_->TrailerMap();
  Slice block;
  const Fault trailer_fault = reader_.TakeTrailers(trailers, block);
  if (trailer_fault != Fault::kNone) return OnBrokenBody(trailer_fault);
  read_ = ReadState::kDone;
  sink_->Pin(std::move(block));
  Tell([&](MessageSink& sink) {
    if (trailers.size() != 0) return sink.OnTrailers();
    ByteChain none;
    sink.OnData(none, true);
  });
  return {};
}

Result<> Exchange::PeerEnded() {
  peer_ended_ = true;
  return dispatching() ? Result<>() : SettlePeerEnd();
}

Result<> Exchange::SettlePeerEnd() {
  if (!peer_ended_) return {};
  const bool waits = paused() || read_ == ReadState::kUndecided || read_ == ReadState::kDone;
  if (has_input() && waits) return {};
  return OnPeerEnd();
}

Result<> Exchange::EndBodyByPeer() {
  if (reader_.ReadEnd()) {
    read_ = ReadState::kDone;
    ByteChain none;
    Tell([&](MessageSink& sink) { sink.OnData(none, true); });
    return {};
  }
  AbortWith(ResetReason::kConnectionTermination, {});
  return Fail(ErrorCode::kConnectionClosed, Origin::kLocal, "the message broke off");
}

void Exchange::EndOfSending() {
  send_ = SendState::kDone;
  host_->OutputReady();
  if (tunnel_) host_->OnOutputEnd();
  OnSent();
  FinishIfDone();
}

void Exchange::SendData(ByteChain& data, bool end) {
  if (send_ != SendState::kBody) return data.Clear();
  bool kept = true;
  Output([&](ByteChain& out) {
    kept = writer_.Write(out, data);
    if (kept && end) kept = writer_.End(out);
  });
  if (!kept) return OnBrokenSending();
  if (end) return EndOfSending();
  host_->OutputReady();
}

void Exchange::SendTrailers(const http::HeaderMap& trailers) {
  if (send_ != SendState::kBody) return;
  bool kept = true;
  Output([&](ByteChain& out) {
    kept = options_.enable_trailers
               ? writer_.EndWithTrailers(out, trailers, options_.header_key_format)
               : writer_.End(out);
  });
  if (!kept) return OnBrokenSending();
  EndOfSending();
}

void Exchange::Reset(ResetReason) {
  if (!active()) return;
  Abort();
  FinishIfDone();
}

void Exchange::BecomeTunnel() {
  if (read_ != ReadState::kUndecided) return;
  tunnel_ = true;
  read_ = ReadState::kBody;
  reader_.BeginTunnel();
  if (send_ == SendState::kDone) host_->OnOutputEnd();
  WantInput();
}

void Exchange::ResumeReading() {
  if (pauses_ == 0 || --pauses_ != 0) return;
  WantInput();
}

uint64_t Exchange::SpliceableInput() const {
  if (read_ != ReadState::kBody || paused()) return 0;
  if (has_input()) return 0;
  return reader_.remaining();
}

void Exchange::SplicedInput(uint64_t bytes) {
  if (read_ != ReadState::kBody) return;
  bytes_.wire_in += bytes;
  reader_.Skip(bytes);
  if (!reader_.done()) return;
  read_ = ReadState::kDone;
  ByteChain none;
  Tell([&](MessageSink& sink) { sink.OnData(none, true); });
}

bool Exchange::SpliceableOutput(uint64_t length) const {
  return send_ == SendState::kBody && writer_.TakesRaw(length);
}

void Exchange::SplicedOutput(uint64_t bytes) {
  bytes_.wire_out += bytes;
  writer_.Skip(bytes);
}

}  // namespace sluice::http1
