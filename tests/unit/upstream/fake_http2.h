// Stands in for HTTP/2 in tests of the pools: a codec whose frames are lines of text, so that a
// test can play the peer by hand.
//
// We write "preface\n", "request ID\n", "cancel ID\n", "ping\n", "goaway\n". The peer writes
// "answer ID\n" (a head, then the end), "early ID\n" (the same before the request's end), "head
// ID\n", "end ID\n", "refuse ID\n", "reset ID\n", "goaway LAST\n", "limit N\n", "pong\n".
#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "sluice/codec/http2/options.h"
#include "sluice/http/codec.h"

namespace sluice::upstream {

class FakeHttp2 final : public http::ClientCodec {
 public:
  FakeHttp2(http::CodecHost& host, const http2::ClientOptions& options)
      : host_(host), limit_(options.max_concurrent_streams) {
    Say("preface");
  }

  // http::Codec
  http::Version version() const override { return http::Version::kHttp2; }
  Result<> Dispatch(ByteChain& in) override {
    for (size_t i = 0; i < in.slice_count(); ++i) text_.append(in.slice(i).view());
    in.Clear();
    for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      const std::string line = text_.substr(0, end);
      text_.erase(0, end + 1);
      Heard(line);
    }
    return {};
  }
  Result<> DispatchEnd() override {
    ConnectionLost(http::ResetReason::kConnectionTermination, "");
    return Fail(ErrorCode::kConnectionClosed, Origin::kUpstream, "the peer has left");
  }
  void ConnectionLost(http::ResetReason reason, std::string_view /*detail*/) override {
    while (!streams_.empty()) Over(streams_.begin()->first, reason);
  }
  bool WriteOutput() override {
    if (!output_.empty()) host_.Output().Append(std::exchange(output_, {}));
    return false;
  }
  void SendPing() override { Say("ping"); }
  void OnOutputHigh() override {}
  void OnOutputLow() override {}
  void StartDrain() override {
    reusable_ = false;
    Say("goaway");
  }
  bool draining() const override { return !reusable_; }
  size_t active_streams() const override { return streams_.size(); }
  bool mid_head() const override { return false; }
  // http::ClientCodec
  http::CodecStream& NewStream(http::MessageSink& sink) override {
    const uint32_t id = std::exchange(next_id_, next_id_ + 2);
    auto stream = std::make_unique<Stream>(*this, sink, id);
    return *streams_.emplace(id, std::move(stream)).first->second;
  }
  uint32_t max_concurrent_streams() const override { return limit_; }
  bool reusable() const override { return reusable_; }

 private:
  struct Stream final : http::CodecStream {
    Stream(FakeHttp2& owner, http::MessageSink& sink, uint32_t id)
        : codec(owner), sink(sink), number(id) {}
    void SendInformational(const http::HeaderMap&) override {}
    void SendHead(const http::HeaderMap&, bool) override {
      codec.Say("request " + std::to_string(number));
    }
    void SendData(ByteChain& data, bool) override { data.Clear(); }
    void SendTrailers(const http::HeaderMap&) override {}
    void Reset(http::ResetReason) override {
      codec.Say("cancel " + std::to_string(number));
      codec.Done(number);
    }
    void BecomeTunnel() override {}
    void PauseReading() override {}
    void ResumeReading() override {}
    void Consumed(size_t) override {}
    uint32_t id() const override { return number; }
    http::Version version() const override { return http::Version::kHttp2; }
    size_t buffered_output() const override { return 0; }
    const http::StreamBytes& bytes() const override { return counted; }
    void CloseConnectionAfter() override {}

    FakeHttp2& codec;
    http::MessageSink& sink;
    uint32_t number;
    http::StreamBytes counted;
  };

  void Say(const std::string& line) {
    output_ += line + "\n";
    host_.OutputReady();
  }

  void Heard(const std::string& line) {
    const size_t space = line.find(' ');
    const std::string word = line.substr(0, space);
    uint32_t number = 0;
    if (space != std::string::npos) {
      std::from_chars(line.data() + space + 1, line.data() + line.size(), number);
    }
    if (word == "limit") limit_ = number;
    if (word == "pong") host_.OnPong();
    if (word == "goaway") return Goaway(number);
    const auto found = streams_.find(number);
    if (found == streams_.end()) return;
    if (word == "head" || word == "answer" || word == "early") {
      http::HeaderMap& head = found->second->sink.HeadMap();
      head.Clear();
      head.AddView(http::HeaderId::kStatus, "200");
      found->second->sink.OnHead(word != "head");
    }
    if (word == "end") {
      ByteChain nothing;
      found->second->sink.OnData(nothing, true);
    }
    if (word == "end" || word == "answer") Done(number);
    if (word == "refuse") Over(number, http::ResetReason::kRemoteRefused);
    if (word == "reset") Over(number, http::ResetReason::kRemoteReset);
  }

  void Goaway(uint32_t last) {
    reusable_ = false;
    host_.OnGoaway(last);
    for (auto it = streams_.upper_bound(last); it != streams_.end();
         it = streams_.upper_bound(last)) {
      Over(it->first, http::ResetReason::kRemoteRefused);
    }
  }

  void Over(uint32_t number, http::ResetReason reason) {
    streams_.at(number)->sink.OnReset(reason, "");
    Done(number);
  }

  void Done(uint32_t number) {
    const auto found = streams_.find(number);
    if (found == streams_.end()) return;
    const auto stream = streams_.extract(found);
    stream.mapped()->sink.OnStreamDone();
  }

  http::CodecHost& host_;
  std::map<uint32_t, std::unique_ptr<Stream>> streams_;
  std::string text_;
  std::string output_;
  uint32_t limit_;
  uint32_t next_id_ = 1;
  bool reusable_ = true;
};

}  // namespace sluice::upstream
