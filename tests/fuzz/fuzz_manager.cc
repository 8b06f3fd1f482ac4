// What a hostile client says to the connection manager, in HTTP/1 or HTTP/2, and what a recording
// upstream makes of it. Whatever it is: the request that the filters see, written to HTTP/1 as a
// pool would and read again, is one request with the same method, path and authority, and the same
// body.
//
// Input: one byte (its lowest bit: HTTP/2, and the preface is put before), then the client's bytes.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "sluice/base/check.h"
#include "unit/codec/http1/harness.h"
#include "unit/downstream/connection_fixture.h"

namespace sluice::downstream {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// An upstream that keeps what it is sent, in order.
class RecordingUpstream {
 public:
  void OnHead(const http::HeaderMap& head, bool end) {
    stream_ = &client_.Start();
    method_ = head.Get(http::HeaderId::kMethod).value_or("");
    path_ = head.Get(http::HeaderId::kPath).value_or("");
    authority_ = head.Get(http::HeaderId::kAuthority).value_or("");
    stream_->SendHead(head, end);
  }
  void OnData(ByteChain& data, bool end) {
    body_ += data.ToString();
    ByteChain copy;
    copy.Append(data.ToString());
    if (!client_.sink().done) stream_->SendData(copy, end);
  }
  void Check(bool complete) {
    if (client_.sink().done) return;  // could not be sent, and was not
    http1::ServerOptions options;
    options.max_head_bytes = 1024 * 1024;
    options.max_header_count = 10000;
    options.allow_custom_methods = true;  // which HTTP/2 always does
    http1::test::ServerHarness server(options, http1::test::ServerHarness::Answer::kByHand);
    const std::string wire = client_.TakeOutput();
    static_cast<void>(server.Feed(wire));
    SLUICE_CHECK(server.failure.empty() && server.sinks.size() == 1 && server.in.empty());
    const http::HeaderMap& head = server.sink().head;
    SLUICE_CHECK(head.Get(http::HeaderId::kMethod).value_or("") == method_);
    SLUICE_CHECK(head.Get(http::HeaderId::kAuthority).value_or("") == authority_);
    SLUICE_CHECK(method_ == "CONNECT" || head.Get(http::HeaderId::kPath).value_or("") == path_);
    if (method_ == "CONNECT" || head.Has(http::HeaderId::kUpgrade)) return;
    SLUICE_CHECK(server.sink().body == body_ && server.sink().ended == complete);
  }

 private:
  http1::test::ClientHarness client_;
  http::CodecStream* stream_ = nullptr;
  std::string method_;
  std::string path_;
  std::string authority_;
  std::string body_;
};

class ManagerFuzz : public HttpConnectionTest {
 public:
  void TestBody() override {}

  void Run(bool http2, std::string_view bytes) {
    Options().codec_type = http2 ? CodecType::kHttp2 : CodecType::kHttp1;
    Options().http2.allow_connect = true;
    Options().http2.stream_error_on_invalid_http_message = true;
    for (const char* type : {"websocket", "connect"}) Options().upgrades.push_back({type, true, 0});
    Start();
    Terminal().request_head = [this](HttpFilterHost& host, bool end) {
      Upstream(host).OnHead(host.request_head(), end);
      if (end) Finish(host);
      return FilterStatus::kContinue;
    };
    Terminal().request_data = [this](HttpFilterHost& host, ByteChain& data, bool end) {
      Upstream(host).OnData(data, end);
      if (end) Finish(host);
      return FilterStatus::kContinue;
    };
    Terminal().request_trailers = [this](HttpFilterHost& host) {
      ByteChain none;
      Upstream(host).OnData(none, true);
      Finish(host);
      return FilterStatus::kContinue;
    };
    Terminal().destroy = [this](HttpFilterHost& host) { upstreams_.erase(&host); };
    if (http2) SendSome(kPreface);
    SendSome(bytes);
    Receive();
    Pass(std::chrono::minutes(6));  // whatever is left waits for nothing any more
    Receive();
    SLUICE_CHECK(upstreams_.empty());
  }

 private:
  RecordingUpstream& Upstream(HttpFilterHost& host) { return upstreams_[&host]; }
  void Finish(HttpFilterHost& host) {
    Upstream(host).Check(true);
    Answer(host, "hello");
  }
  void SendSome(std::string_view bytes) {
    static_cast<void>(::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    Turn();
  }
  std::map<HttpFilterHost*, RecordingUpstream> upstreams_;
};

}  // namespace
}  // namespace sluice::downstream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > 60000) return 0;
  sluice::downstream::ManagerFuzz fuzz;
  fuzz.Run((data[0] & 1) != 0, {reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
