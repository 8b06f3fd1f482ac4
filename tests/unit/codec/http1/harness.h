// An HTTP/1 codec between a byte chain and recording sinks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/codec/http1/client_codec.h"
#include "sluice/codec/http1/details.h"
#include "sluice/codec/http1/server_codec.h"
#include "sluice/http/status.h"
#include "support/head.h"
#include "support/recording_sink.h"

namespace sluice::http1::test {

using sluice::test::Head;
using sluice::test::RecordingSink;

// What both sides share: chains, sinks, and how it ended.
template <typename Codec>
struct HarnessState {
  Result<> Feed(std::string_view bytes) {
    in.Append(bytes);
    return Dispatch();
  }
  // As a slice of its own, so that heads and chunk lines cross slices.
  Result<> FeedSlice(std::string_view bytes) {
    in.Append(SlabPool::Copy(bytes));
    return Dispatch();
  }
  Result<> Dispatch() { return Note(codec->Dispatch(in)); }
  Result<> End() { return Note(codec->DispatchEnd()); }
  Result<> Note(Result<> result) {
    if (!result) failure = result.error().detail;
    return result;
  }
  std::string TakeOutput() {
    std::string text = out.ToString();
    out.Clear();
    return text;
  }
  RecordingSink& sink() { return *sinks.back(); }
  // Everything that was told to all sinks, and how it ended.
  std::string Transcript() const {
    std::string text;
    for (const auto& sink : sinks) text += sink->log + "; ";
    return text + (failure.empty() ? "" : "failed{" + failure + "}");
  }

  stats::Cell cells[3] = {};
  Counters counters{.dropped_headers_with_underscores = stats::Counter(&cells[0]),
                    .metadata_not_supported_error = {},
                    .requests_rejected_with_underscores_in_headers = stats::Counter(&cells[1]),
                    .response_flood = stats::Counter(&cells[2])};
  ByteChain in;
  ByteChain out;
  std::vector<std::unique_ptr<RecordingSink>> sinks;
  std::string failure;
  int wanted = 0;
  bool output_ended = false;
  std::unique_ptr<Codec> codec;
};

class ServerHarness : public http::ServerCodecHost, public HarnessState<http::ServerCodec> {
 public:
  enum class Answer { kAtOnce, kByHand };

  explicit ServerHarness(ServerOptions server_options = {}, Answer how = Answer::kAtOnce)
      : options(std::move(server_options)), answer(how) {
    codec = MakeServerCodec(*this, options, counters);
  }

  // http::ServerCodecHost
  ByteChain& Output() override { return out; }
  void OutputReady() override {}
  void OnInputWanted() override { ++wanted; }
  void OnOutputEnd() override { output_ended = true; }
  http::MessageSink& OnNewStream(http::CodecStream& stream) override {
    sinks.push_back(std::make_unique<RecordingSink>());
    RecordingSink& sink = *sinks.back();
    sink.stream = &stream;
    if (answer == Answer::kAtOnce) {
      sink.on_head = [&sink](bool end) {
        if (end) Answered(sink, 200);
      };
      sink.on_data = sink.on_head;
    }
    sink.on_error = [&sink](const Error& error) { Answered(sink, StatusOf(error)); };
    if (on_stream) on_stream(sink);
    return sink;
  }

  static void Answered(RecordingSink& sink, uint32_t status) {
    sink.stream->SendHead(Head({{":status", http::StatusText(status)}}), true);
  }

  ServerOptions options;
  Answer answer;
  std::function<void(RecordingSink&)> on_stream;
};

class ClientHarness : public http::CodecHost, public HarnessState<http::ClientCodec> {
 public:
  explicit ClientHarness(ClientOptions client_options = {}) : options(client_options) {
    codec = MakeClientCodec(*this, options, counters);
  }

  // http::CodecHost
  ByteChain& Output() override { return out; }
  void OutputReady() override {}
  void OnInputWanted() override { ++wanted; }
  void OnOutputEnd() override { output_ended = true; }

  http::CodecStream& Start() {
    sinks.push_back(std::make_unique<RecordingSink>());
    sinks.back()->stream = &codec->NewStream(*sinks.back());
    return *sinks.back()->stream;
  }
  // Starts an exchange and sends a request without a body.
  http::CodecStream& Ask(std::string_view method = "GET") {
    http::CodecStream& stream = Start();
    stream.SendHead(Head({{":method", method}, {":path", "/"}, {":authority", "h:1"}}), true);
    return stream;
  }

  ClientOptions options;
};

}  // namespace sluice::http1::test
