#include "sluice/codec/http2/server_codec.h"

#include <array>

#include "fault.h"
#include "head_fields.h"
#include "session.h"
#include "sluice/base/random.h"
#include "sluice/http/chars.h"
#include "sluice/http/status.h"

namespace sluice::http2 {
namespace {

using http::HeaderId;
using http::HeaderMap;
using http::MessageSink;
using http::ResetReason;

// What a WebSocket server on HTTP/1 asks for and RFC 8441 does without (RFC 6455 section 4.1): 16
// random bytes in base64.
void AddWebSocketKey(HeaderMap& head) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (!http::EqualsIgnoreCase(head.Get(HeaderId::kUpgrade).value_or(""), "websocket")) return;
  if (head.Get("sec-websocket-key")) return;
  std::array<char, 24> key;
  for (char& c : key) c = kAlphabet[FastRandomBelow(kAlphabet.size())];
  key[21] = "AQgw"[FastRandomBelow(4)];  // 128 bits: the last character has two
  key[22] = key[23] = '=';
  head.Add("sec-websocket-key", {key.data(), key.size()});
}

class Http2ServerCodec final : public http::ServerCodec, private Session {
 public:
  Http2ServerCodec(http::ServerCodecHost& host, const ServerOptions& options, Counters& counters)
      : Session(Side::kServer, host, options, options.headers_with_underscores_action, counters),
        server_host_(host) {}

  // http::Codec
  http::Version version() const override { return http::Version::kHttp2; }
  Result<> Dispatch(ByteChain& in) override { return Feed(in); }
  Result<> DispatchEnd() override { return FeedEnd(); }
  void ConnectionLost(ResetReason reason, std::string_view detail) override {
    Lose(reason, detail);
  }
  bool WriteOutput() override { return Write(); }
  void SendPing() override { Ping(); }
  void OnQuiet() override { PutAway(); }
  void OnOutputHigh() override { SetOutputHigh(); }
  void OnOutputLow() override { SetOutputLow(); }
  void StartDrain() override { BeginDrain(); }
  bool draining() const override { return drain_ != Drain::kNo; }
  size_t active_streams() const override { return active_; }
  bool mid_head() const override { return false; }  // each stream has a timer of its own
  // http::ServerCodec
  bool may_persist() const override {
    return drain_ == Drain::kNo && !failure_ && !goaway_received_;
  }
  bool may_close() const override { return drain_ != Drain::kWarned || failure_.has_value(); }

 private:
  // Session
  void SendHead(Stream& stream, const HeaderMap& head, bool end) override;
  Stream* OnNewRequest(int32_t id) override;
  void OnHeadRead(Stream& stream, bool end, Fault fault) override;
  void OnGoaway(uint32_t last_id) override { server_host_.OnGoaway(last_id); }
  void OnSent(Stream& stream) override;

  http::ServerCodecHost& server_host_;
};

Stream* Http2ServerCodec::OnNewRequest(int32_t id) {
  Stream& stream = AddStream(nullptr);
  Attach(stream, id);
  nghttp2_session_set_stream_user_data(raw(), id, &stream);
  stream.sink = &server_host_.OnNewStream(stream);
  return &stream;
}

void Http2ServerCodec::OnHeadRead(Stream& stream, bool end, Fault fault) {
  if (IsLimit(fault)) {
    counters_.header_overflow.Inc();
    stream.read = Stream::ReadState::kClosed;
    if (end) stream.tail = Stream::Tail::kEnd;
    const Error error = ErrorOf(fault, Origin::kDownstream);
    return Tell(stream, [&](MessageSink& sink) { sink.OnDecodeError(error); });
  }
  if (fault != Fault::kNone) return Refuse(stream, fault);
  if (stream.facts.method == Method::kExtendedConnect) {
    // As HTTP/1 would have asked, so that everything behind knows one form of upgrade.
    HeaderMap& head = stream.sink->HeadMap();
    stream.upgrade = true;
    head.AddView(HeaderId::kUpgrade, *head.Get(HeaderId::kProtocol));
    head.AddView(HeaderId::kConnection, "upgrade");
    head.Remove(HeaderId::kProtocol);
    head.SetView(HeaderId::kMethod, "GET");
    AddWebSocketKey(head);
  }
  HeadRead(stream, end);
}

void Http2ServerCodec::SendHead(Stream& stream, const HeaderMap& head, bool end) {
  uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  HeadRules rules;
  if (status == 101 && stream.upgrade) {
    status = 200;
    rules.status = "200";  // RFC 8441 section 5
    rules.length = HeadRules::Length::kDrop;
  }
  if (status < 200 || failure_) return ResetStream(stream, ResetReason::kLocalReset);
  const Method method = stream.facts.method;
  const bool head_only = method == Method::kHead || status == 304;
  const bool tunnel =
      status / 100 == 2 && (method == Method::kConnect || method == Method::kExtendedConnect);
  if (tunnel || status == 204 || (end && !head_only && head.Get(HeaderId::kContentLength) != "0")) {
    rules.length = HeadRules::Length::kDrop;
  } else if (!end) {
    Promise(stream, head);
  }
  const Fields fields = ResponseFields(head, rules);
  const nghttp2_data_provider body = Provider(stream);
  const int failed = nghttp2_submit_response(raw(), stream.stream_id, fields.data(), fields.size(),
                                             end ? nullptr : &body);
  if (failed != 0) return ResetStream(stream, ResetReason::kLocalReset);
  Submitted(stream, end);
}

// The response is complete: what is left of the request belongs to nobody (RFC 9113 section 8.1). A
// tunnel's other direction goes on.
void Http2ServerCodec::OnSent(Stream& stream) {
  if (stream.tunnel || stream.read == Stream::ReadState::kDone) return;
  const bool open = stream.tail == Stream::Tail::kOpen;
  if (open && stream.read == Stream::ReadState::kBody) return DropRest(stream);
  if (open) {  // a head that was refused
    nghttp2_submit_rst_stream(raw(), NGHTTP2_FLAG_NONE, stream.stream_id, NGHTTP2_NO_ERROR);
  }
  stream.read = Stream::ReadState::kClosed;
}

}  // namespace

std::unique_ptr<http::ServerCodec> MakeServerCodec(http::ServerCodecHost& host,
                                                   const ServerOptions& options,
                                                   Counters& counters) {
  return std::make_unique<Http2ServerCodec>(host, options, counters);
}

}  // namespace sluice::http2
