// Bytes from a hostile client. Whatever they are: what goes on upstream is one well-formed request
// for each that was taken, or none; and how the bytes were cut into reads changes nothing.
//
// Input: one byte of options, one byte that seeds the cutting, then what the client sends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/check.h"
#include "unit/codec/http1/harness.h"

namespace sluice::http1::test {
namespace {

struct Message {
  std::string method;
  std::string path;
  std::string authority;
  std::string body;
  bool operator==(const Message&) const = default;
};

Message MessageOf(const RecordingSink& sink) {
  return {std::string(sink.head.Get(":method").value_or("")),
          std::string(sink.head.Get(":path").value_or("")),
          std::string(sink.head.Get(":authority").value_or("")), sink.body};
}

ServerOptions OptionsOf(uint8_t bits) {
  ServerOptions options;
  options.accept_http_10 = (bits & 1) != 0;
  if ((bits & 2) != 0) options.default_host_for_http_10 = "fallback";
  options.enable_trailers = (bits & 4) != 0;
  options.allow_chunked_length = (bits & 8) != 0;
  if ((bits & 16) != 0) options.header_key_format = HeaderKeyFormat::kPreserveCase;
  if ((bits & 32) != 0) options.headers_with_underscores_action = UnderscoreAction::kDropHeader;
  options.max_head_bytes = 256;
  return options;
}

// A strict reader of what was sent upstream must see exactly the message that was taken.
void CheckForwarded(const std::string& wire, const Message& taken) {
  ServerHarness reader;
  SLUICE_CHECK(reader.Feed(wire).has_value());
  SLUICE_CHECK(reader.sinks.size() == 1);
  SLUICE_CHECK(reader.in.empty());
  SLUICE_CHECK(reader.sink().ended);
  SLUICE_CHECK(MessageOf(reader.sink()) == taken);
}

void Forward(RecordingSink& sink) {
  if (MessageOf(sink).authority.empty()) return;
  ClientHarness upstream;
  http::CodecStream& stream = upstream.Start();
  const bool has_body = !sink.body.empty();
  stream.SendHead(sink.head, !has_body);
  if (has_body) {
    ByteChain body;
    body.Append(sink.body);
    stream.SendData(body, true);
  }
  CheckForwarded(upstream.TakeOutput(), MessageOf(sink));
}

class Proxy {
 public:
  explicit Proxy(const ServerOptions& options) : server_(options, ServerHarness::Answer::kByHand) {
    server_.on_stream = [](RecordingSink& sink) {
      sink.on_head = [&sink](bool end) {
        if (end) return Finish(sink, 200);
        if (sink.head.Has(http::HeaderId::kUpgrade)) return Finish(sink, 403);
        if (sink.head.Get(":method") == "CONNECT") {
          sink.stream->SendHead(Head({{":status", "200"}}), false);
          sink.stream->BecomeTunnel();
        }
      };
      sink.on_data = [&sink](bool end) {
        if (end && sink.head.Get(":method") != "CONNECT") Finish(sink, 200);
      };
    };
  }

  bool Feed(std::string_view bytes) { return server_.FeedSlice(bytes).has_value(); }
  void End() {
    (void)server_.End();
    server_.codec->ConnectionLost(http::ResetReason::kConnectionTermination, "");
    for (const auto& sink : server_.sinks) SLUICE_CHECK(sink->done);
    SLUICE_CHECK(server_.codec->active_streams() == 0);
    SLUICE_CHECK(!server_.codec->may_persist());
  }
  std::string Result() { return server_.Transcript() + server_.TakeOutput(); }

 private:
  static void Finish(RecordingSink& sink, uint32_t status) {
    if (status == 200) Forward(sink);
    ServerHarness::Answered(sink, status);
  }

  ServerHarness server_;
};

std::string RunCut(const ServerOptions& options, std::string_view bytes, uint32_t seed) {
  Proxy proxy(options);
  bool alive = true;
  while (alive && !bytes.empty()) {
    seed = seed * 1664525 + 1013904223;
    const size_t now = std::min<size_t>(bytes.size(), 1 + (seed >> 24) % 37);
    alive = proxy.Feed(bytes.substr(0, now));
    bytes.remove_prefix(now);
  }
  proxy.End();
  return proxy.Result();
}

void RunOne(std::string_view input) {
  if (input.size() < 2) return;
  const ServerOptions options = OptionsOf(static_cast<uint8_t>(input[0]));
  const auto seed = static_cast<uint8_t>(input[1]);
  input.remove_prefix(2);
  Proxy whole(options);
  if (!input.empty()) whole.Feed(input);
  whole.End();
  SLUICE_CHECK(whole.Result() == RunCut(options, input, seed));
}

}  // namespace
}  // namespace sluice::http1::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::http1::test::RunOne({reinterpret_cast<const char*>(data), size});
  return 0;
}
