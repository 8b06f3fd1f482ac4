// A client codec and a server codec with two byte chains between them, and recording sinks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/codec/http2/client_codec.h"
#include "sluice/codec/http2/details.h"
#include "sluice/codec/http2/server_codec.h"
#include "sluice/http/status.h"
#include "support/head.h"
#include "support/recording_sink.h"

namespace sluice::http2::test {

using sluice::test::Head;
using sluice::test::RecordingSink;

// What a connection does for its codec.
template <typename Host, typename CodecType>
struct Side : public Host {
  // http::CodecHost
  ByteChain& Output() override { return out; }
  void OutputReady() override { ++ready; }
  void OnInputWanted() override { wanted = true; }
  void OnGoaway(uint32_t last_id) override {
    goaway = last_id;
    peer_left = true;
  }
  void OnPong() override { ++pongs; }

  // The bytes that are due now.
  std::string Flush() {
    while (codec->WriteOutput()) {
    }
    std::string bytes = out.ToString();
    out.Clear();
    return bytes;
  }
  Result<> Feed(std::string_view bytes) {
    in.Append(SlabPool::Copy(bytes));
    return Dispatch();
  }
  Result<> Dispatch() {
    Result<> result = codec->Dispatch(in);
    if (!result) failure = result.error().detail;
    return result;
  }
  RecordingSink& NewSink() { return *sinks.emplace_back(std::make_unique<RecordingSink>()); }
  RecordingSink& sink(size_t i = 0) { return *sinks.at(i); }

  Counters counters;
  ByteChain in;
  ByteChain out;
  std::vector<std::unique_ptr<RecordingSink>> sinks;
  std::string failure;
  uint32_t goaway = 0;
  int ready = 0;
  int pongs = 0;
  bool wanted = false;
  bool peer_left = false;
  std::unique_ptr<CodecType> codec;
};

struct Server : public Side<http::ServerCodecHost, http::ServerCodec> {
  explicit Server(ServerOptions with = {}) : options(std::move(with)) {
    codec = MakeServerCodec(*this, options, counters);
  }
  http::MessageSink& OnNewStream(http::CodecStream& stream) override {
    RecordingSink& made = NewSink();
    made.stream = &stream;
    if (on_stream) on_stream(made);
    return made;
  }
  ServerOptions options;
  std::function<void(RecordingSink&)> on_stream;
};

struct Client : public Side<http::CodecHost, http::ClientCodec> {
  explicit Client(ClientOptions with = {}) : options(std::move(with)) {
    codec = MakeClientCodec(*this, options, counters);
  }
  RecordingSink& Start() {
    RecordingSink& made = NewSink();
    made.stream = &codec->NewStream(made);
    return made;
  }
  RecordingSink& Ask(std::string_view method = "GET", bool end = true) {
    RecordingSink& made = Start();
    made.stream->SendHead(
        Head({{":method", method}, {":scheme", "http"}, {":authority", "h:1"}, {":path", "/"}}),
        end);
    return made;
  }
  ClientOptions options;
};

// Both, and the wire.
struct Pair {
  explicit Pair(ServerOptions server_options = {}, ClientOptions client_options = {})
      : server(std::move(server_options)), client(std::move(client_options)) {}

  // Moves bytes until neither side has anything to say; `piece`: at most so many at a time.
  void Run(size_t piece = SIZE_MAX) {
    for (bool moved = true; moved;) {
      moved = Move(client.Flush(), server, piece);
      moved = Move(server.Flush(), client, piece) || moved;
    }
  }

  Server server;
  Client client;

 private:
  template <typename To>
  static bool Move(std::string_view bytes, To& to, size_t piece) {
    const bool moved = !bytes.empty() || to.wanted;
    if (std::exchange(to.wanted, false)) static_cast<void>(to.Dispatch());
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      if (!to.Feed(bytes.substr(0, piece))) break;
    }
    return moved;
  }
};

inline void Send(http::CodecStream& stream, std::string_view bytes, bool end) {
  ByteChain data;
  data.Append(bytes);
  stream.SendData(data, end);
}
inline void Answer(RecordingSink& sink, std::string_view body = "", uint32_t status = 200) {
  sink.stream->SendHead(Head({{":status", http::StatusText(status)}}), body.empty());
  if (!body.empty()) Send(*sink.stream, body, true);
}

}  // namespace sluice::http2::test
