// A keep-alive connection in its steady state takes nothing from the heap: neither by operator new,
// which this binary counts, nor as slabs, which come from the thread's pool.
#include <cstdlib>
#include <new>
#include <string_view>

#include <gtest/gtest.h>

#include "unit/codec/http1/harness.h"

namespace {
size_t g_allocations = 0;
}  // namespace

void* operator new(size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }

namespace sluice::http1::test {
namespace {

// As a manager's stream is: its arena is emptied between requests, nothing else is made anew.
class ReusedSink : public http::MessageSink {
 public:
  void Reset() {
    head.Clear();
    arena.Reset();
    pin = Slice();
    ended = false;
  }
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return head; }
  http::HeaderMap& TrailerMap() override { return head; }
  void Pin(Slice bytes) override { pin = std::move(bytes); }
  void OnHead(bool end) override { ended = end; }
  void OnData(ByteChain&, bool end) override { ended = end; }
  void OnTrailers() override { ended = true; }
  void OnReset(http::ResetReason, std::string_view) override {}
  void OnStreamDone() override { ++done; }

  Arena arena;
  http::HeaderMap head{arena};
  Slice pin;
  bool ended = false;
  int done = 0;
};

class ReusingHost : public http::ServerCodecHost {
 public:
  // http::ServerCodecHost
  ByteChain& Output() override { return out; }
  void OutputReady() override {}
  http::MessageSink& OnNewStream(http::CodecStream& started) override {
    stream = &started;
    sink.Reset();
    return sink;
  }

  ByteChain in;
  ByteChain out;
  ReusedSink sink;
  http::CodecStream* stream = nullptr;
};

// One request through both codecs, as a proxy does it, and its response back.
class Loop {
 public:
  void Turn(std::string_view request, std::string_view response, bool chunked_response) {
    server_host_.in.Append(request);
    ASSERT_TRUE(server_->Dispatch(server_host_.in));
    ASSERT_TRUE(server_host_.sink.ended);
    client_host_.sink.Reset();
    http::CodecStream& upstream = client_->NewStream(client_host_.sink);
    upstream.SendHead(server_host_.sink.head, true);
    client_host_.out.Clear();
    client_host_.in.Append(response);
    ASSERT_TRUE(client_->Dispatch(client_host_.in));
    ASSERT_TRUE(client_host_.sink.ended);
    ASSERT_TRUE(client_->reusable());
    client_host_.sink.head.Remove(http::HeaderId::kTransferEncoding);
    server_host_.stream->SendHead(client_host_.sink.head, false);
    ByteChain body;
    body.Append("0123456789");
    server_host_.stream->SendData(body, true);
    ASSERT_EQ(server_host_.out.empty(), false);
    ASSERT_EQ(chunked_response, client_host_.sink.head.Get("content-length") == std::nullopt);
    server_host_.out.Clear();
    ASSERT_TRUE(server_->may_persist());
  }

 private:
  ServerOptions server_options_;
  ClientOptions client_options_;
  Counters counters_;
  ReusingHost server_host_;
  ReusingHost client_host_;
  std::unique_ptr<http::ServerCodec> server_ =
      MakeServerCodec(server_host_, server_options_, counters_);
  std::unique_ptr<http::ClientCodec> client_ =
      MakeClientCodec(client_host_, client_options_, counters_);
};

TEST(Http1AllocationTest, SteadyKeepAliveTakesNothingFromTheHeap) {
  Loop loop;
  const std::string_view get =
      "GET /path?query=1 HTTP/1.1\r\nHost: example.org\r\nUser-Agent: test/1.0\r\nAccept: */*\r\n"
      "Accept-Encoding: gzip, br\r\nCookie: a=b; c=d\r\nX-Custom-One: 1\r\n\r\n";
  const std::string_view post =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  const std::string_view fixed =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n0123456789";
  const std::string_view chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n";
  for (int warm = 0; warm < 4; ++warm) {
    loop.Turn(get, fixed, false);
    loop.Turn(post, chunked, true);
  }
  const size_t before = g_allocations;
  const size_t slabs = SlabPool::ForThread().free_slabs();
  for (int i = 0; i < 100; ++i) {
    loop.Turn(get, fixed, false);
    loop.Turn(post, chunked, true);
  }
  EXPECT_EQ(g_allocations, before);
  EXPECT_EQ(SlabPool::ForThread().free_slabs(), slabs);
}

}  // namespace
}  // namespace sluice::http1::test
