// What one small request costs in the HTTP/1 codecs: reading heads, llhttp's share of it, writing
// heads, and a whole keep-alive exchange on either side.
#include <memory>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include "head_writer.h"
#include "reference_parser.h"
#include "request_head.h"
#include "sluice/codec/http1/client_codec.h"
#include "sluice/codec/http1/server_codec.h"
#include "sluice/http/codec.h"

namespace sluice::http1 {
namespace {

constexpr std::string_view kSmall = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";
constexpr std::string_view kBrowser =
    "GET /some/path/to/a/page?with=query&and=more HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n\r\n";
constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: backend\r\n\r\nHello, world!";

class Sink : public http::MessageSink {
 public:
  void Reset() {
    head.Clear();
    arena.Reset();
    pin = Slice();
  }
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return head; }
  http::HeaderMap& TrailerMap() override { return head; }
  void Pin(Slice bytes) override { pin = std::move(bytes); }
  void OnHead(bool) override {}
  void OnData(ByteChain&, bool) override {}
  void OnTrailers() override {}
  void OnReset(http::ResetReason, std::string_view) override {}

  Arena arena;
  http::HeaderMap head{arena};
  Slice pin;
};

class Host : public http::ServerCodecHost {
 public:
  // http::ServerCodecHost
  ByteChain& Output() override { return out; }
  void OutputReady() override {}
  http::MessageSink& OnNewStream(http::CodecStream& started) override {
    stream = &started;
    return sink;
  }

  ByteChain in;
  ByteChain out;
  Sink sink;
  http::CodecStream* stream = nullptr;
};

void BM_ReadHead(benchmark::State& state, std::string_view request) {
  ServerOptions options;
  Counters counters;
  Slice block = SlabPool::Copy(request);
  Sink sink;
  for (auto _ : state) {
    sink.Reset();
    RequestHead head;
    const Fault fault =
        ReadRequestHead(block.data(), block.size(), options, counters, sink.head, head);
    benchmark::DoNotOptimize(fault);
  }
}
BENCHMARK_CAPTURE(BM_ReadHead, small, kSmall);
BENCHMARK_CAPTURE(BM_ReadHead, browser, kBrowser);

void BM_LlhttpHead(benchmark::State& state, std::string_view request) {
  ReferenceParser parser;
  for (auto _ : state) {
    const bool taken = parser.TakesHead(ReferenceParser::Kind::kRequest, request, false, false);
    benchmark::DoNotOptimize(taken);
  }
}
BENCHMARK_CAPTURE(BM_LlhttpHead, small, kSmall);
BENCHMARK_CAPTURE(BM_LlhttpHead, browser, kBrowser);

void BM_ServerExchange(benchmark::State& state, std::string_view request) {
  ServerOptions options;
  Counters counters;
  Host host;
  const auto codec = MakeServerCodec(host, options, counters);
  Arena arena;
  http::HeaderMap response(arena);
  response.AddView(http::HeaderId::kStatus, "200");
  response.AddView(http::HeaderId::kContentType, "text/plain");
  response.AddView(http::HeaderId::kDate, "Sun, 06 Nov 1994 08:49:37 GMT");
  response.AddView(http::HeaderId::kServer, "envoy");
  for (auto _ : state) {
    host.sink.Reset();
    host.in.Append(request);
    if (!codec->Dispatch(host.in)) state.SkipWithError("refused");
    host.stream->SendHead(response, true);
    host.out.Clear();
  }
}
BENCHMARK_CAPTURE(BM_ServerExchange, small, kSmall);
BENCHMARK_CAPTURE(BM_ServerExchange, browser, kBrowser);

void BM_ClientExchange(benchmark::State& state) {
  ClientOptions options;
  Counters counters;
  Host host;
  const auto codec = MakeClientCodec(host, options, counters);
  Arena arena;
  http::HeaderMap request(arena);
  request.AddView(http::HeaderId::kMethod, "GET");
  request.AddView(http::HeaderId::kPath, "/");
  request.AddView(http::HeaderId::kAuthority, "127.0.0.1:8080");
  request.AddView(http::HeaderId::kXRequestId, "7a2c9c5e-94a1-4e67-8a53-6a1f1f9d4f4b");
  for (auto _ : state) {
    host.sink.Reset();
    codec->NewStream(host.sink).SendHead(request, true);
    host.out.Clear();
    host.in.Append(kResponse);
    if (!codec->Dispatch(host.in)) state.SkipWithError("refused");
  }
}
BENCHMARK(BM_ClientExchange);

}  // namespace
}  // namespace sluice::http1
