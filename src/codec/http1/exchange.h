// What the two HTTP/1 codecs share: one request and its response on a connection, as a CodecStream
// that is used again for the next one. Each direction goes through its own small states; the
// exchange is done when both are.
//
// The codec is its own stream object: nothing is allocated per exchange. Hard rule: a sink is never
// told that the stream is done while a call to it is on the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "body_reader.h"
#include "body_writer.h"
#include "fault.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"

namespace sluice::http1 {

class Exchange : public http::CodecStream {
 public:
  // http::CodecStream
  void SendData(ByteChain& data, bool end) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset(http::ResetReason reason) override;
  void BecomeTunnel() override;
  void PauseReading() override { ++pauses_; }
  void ResumeReading() override;
  void Consumed(size_t) override {}  // no windows here: what is not read stays in the socket
  uint32_t id() const override { return id_; }
  http::Version version() const override { return version_; }
  size_t buffered_output() const override { return host_->Output().size(); }
  const http::StreamBytes& bytes() const override { return bytes_; }
  uint64_t SpliceableInput() const override;
  void SplicedInput(uint64_t bytes) override;
  bool SpliceableOutput(uint64_t length) const override;
  void SplicedOutput(uint64_t bytes) override;

 protected:
  enum class ReadState : uint8_t {
    kHead,       // waiting for a head, or in the middle of one
    kBody,       // by the reader
    kUndecided,  // an upgrade that has not been answered: what follows is not ours to read yet
    kDone,       // the message is complete; what follows belongs to the next one
    kClosed,     // nothing is read any more
  };
  enum class SendState : uint8_t { kHead, kBody, kDone };

  Exchange(http::CodecHost& host, const CommonOptions& options)
      : host_(&host), options_(options), reader_(options) {}

  // The codec's own part: what it does when an exchange is over (sink_ is null by then).
  virtual void OnFinished() = 0;
  // The message that is being read broke a rule after its head.
  virtual Result<> OnBrokenBody(Fault fault) = 0;
  // Our message cannot be completed as promised.
  virtual void OnBrokenSending() = 0;
  // Our message is complete, the peer's may not be.
  virtual void OnSent() = 0;
  // The peer sends nothing more, and all that it sent has been read. May come more than once.
  virtual Result<> OnPeerEnd() = 0;

  void Start(http::MessageSink& sink);
  bool active() const { return sink_ != nullptr; }

  // Calls the sink; afterwards the exchange may be over and sink_ null.
  template <typename Call>
  void Tell(Call&& call) {
    ++telling_;
    call(*sink_);
    --telling_;
    FinishIfDone();
  }
  void FinishIfDone();
  // Ends the exchange without an end: nothing more is read or sent.
  void Abort();
  void AbortWith(http::ResetReason reason, std::string_view detail);

  Result<> ReadBody(ByteChain& in);
  Result<> EndBodyByPeer();
  void EndOfSending();

  // Runs `step` until it has nothing to do, and notes whether input was left.
  template <typename Step>
  Result<> RunDispatch(ByteChain& in, Step&& step) {
    if (input_ != nullptr) return {};  // re-entered: the outer call goes on
    input_ = &in;
    Result<> result;
    for (bool more = true; more && result;) result = step(&more);
    if (result) result = SettlePeerEnd();
    input_ = nullptr;
    leftover_ = !in.empty();
    return result;
  }
  // The peer ended its side. What lies in the input is used first.
  Result<> PeerEnded();
  bool dispatching() const { return input_ != nullptr; }
  bool has_input() const { return dispatching() ? !input_->empty() : leftover_; }
  bool paused() const { return pauses_ != 0; }
  void WantInput();

  // Accounts for what `write` puts into the output, and announces it.
  template <typename Write>
  uint64_t Output(Write&& write) {
    ByteChain& out = host_->Output();
    const size_t before = out.size();
    write(out);
    const uint64_t written = out.size() - before;
    bytes_.wire_out += written;
    return written;
  }

  bool peer_ended() const { return peer_ended_; }
  // Before the first request, or between two, with nothing of the next one here.
  bool between_exchanges() const {
    return !active() && read_ == ReadState::kHead && !dispatching() && !leftover_ && !paused() &&
           !peer_ended_;
  }

  http::CodecHost* host_;
  const CommonOptions& options_;
  http::MessageSink* sink_ = nullptr;
  ByteChain* input_ = nullptr;  // while dispatching
  http::StreamBytes bytes_;
  uint32_t id_ = 0;
  uint32_t pauses_ = 0;
  uint16_t telling_ = 0;
  ReadState read_ = ReadState::kHead;
  SendState send_ = SendState::kHead;
  http::Version version_ = http::Version::kHttp11;
  bool tunnel_ = false;
  bool leftover_ = false;
  BodyWriter writer_;
  BodyReader reader_;

 private:
  Result<> SettlePeerEnd();

  bool peer_ended_ = false;
};

}  // namespace sluice::http1
