#include "sluice/codec/http2/client_codec.h"

#include <algorithm>

#include "head_fields.h"
#include "session.h"
#include "sluice/codec/http2/details.h"
#include "sluice/http/chars.h"
#include "sluice/http/status.h"

namespace sluice::http2 {
namespace {

using http::HeaderId;
using http::HeaderMap;
using http::MessageSink;
using http::ResetReason;

constexpr uint32_t kLastStreamId = 0x7fffffff;

class Http2ClientCodec final : public http::ClientCodec, private Session {
 public:
  Http2ClientCodec(http::CodecHost& host, const ClientOptions& options, Counters& counters)
      : Session(Side::kClient, host, options, UnderscoreAction::kAllow, counters),
        client_options_(options) {}

  // http::Codec
  http::Version version() const override { return http::Version::kHttp2; }
  Result<> Dispatch(ByteChain& in) override { return Feed(in); }
  Result<> DispatchEnd() override;
  void ConnectionLost(ResetReason reason, std::string_view detail) override {
    Lose(reason, detail);
  }
  bool WriteOutput() override { return Write(); }
  void SendPing() override { Ping(); }
  void OnQuiet() override { PutAway(); }
  void OnOutputHigh() override { SetOutputHigh(); }
  void OnOutputLow() override { SetOutputLow(); }
  void StartDrain() override { BeginDrain(); }
  bool draining() const override { return drain_ != Drain::kNo || goaway_received_; }
  size_t active_streams() const override { return active_; }
  bool mid_head() const override { return false; }
  // http::ClientCodec
  http::CodecStream& NewStream(MessageSink& sink) override { return AddStream(&sink); }
  uint32_t max_concurrent_streams() const override;
  bool reusable() const override;

 private:
  // Session
  void SendHead(Stream& stream, const HeaderMap& head, bool end) override;
  Stream* OnNewRequest(int32_t) override { return nullptr; }
  void OnHeadRead(Stream& stream, bool end, Fault fault) override;
  void OnGoaway(uint32_t last_id) override { host_.OnGoaway(last_id); }
  void OnSent(Stream&) override {}
  void OnSettings() override { settings_came_ = true; }

  void OnInterim(Stream& stream, bool end);
  Fault FrameResponse(Stream& stream, bool end);
  void TakeUpgrade(Stream& stream);
  void RefuseUpgrade(Stream& stream);

  const ClientOptions& client_options_;
  bool peer_ended_ = false;
  bool settings_came_ = false;
};

Result<> Http2ClientCodec::DispatchEnd() {
  peer_ended_ = true;
  return FeedEnd();
}

// Until the peer has said how many it takes, nghttp2 sends the first 100 and keeps the others back:
// more at once might be refused.
uint32_t Http2ClientCodec::max_concurrent_streams() const {
  if (!settings_came_) return options_.max_concurrent_streams;
  return std::min(
      options_.max_concurrent_streams,
      nghttp2_session_get_remote_settings(raw(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
}

bool Http2ClientCodec::reusable() const {
  return !failure_ && !peer_ended_ && !draining() &&
         nghttp2_session_get_next_stream_id(raw()) < kLastStreamId;
}

// What goes into pseudo-headers came from filters and routes as well as from a codec.
bool IsSendable(const HeaderMap& head) {
  const auto all = [&](HeaderId id) { return http::IsTargetText(head.Get(id).value_or("")); };
  return http::IsToken(head.Get(HeaderId::kMethod).value_or("")) && all(HeaderId::kPath) &&
         all(HeaderId::kAuthority) && all(HeaderId::kScheme);
}

void Http2ClientCodec::SendHead(Stream& stream, const HeaderMap& head, bool end) {
  if (failure_ || !IsSendable(head)) return ResetStream(stream, ResetReason::kLocalReset);
  const std::string_view method = head.Get(HeaderId::kMethod).value_or("");
  HeadRules rules;
  stream.facts.method = method == "HEAD"      ? Method::kHead
                        : method == "CONNECT" ? Method::kConnect
                                              : Method::kOther;
  if (head.Has(HeaderId::kUpgrade) && !end) {
    stream.facts.method = Method::kExtendedConnect;
    stream.upgrade = true;
    stream.upgrade_name = *head.Get(HeaderId::kUpgrade);
    rules.method = "CONNECT";
    rules.protocol = stream.upgrade_name;
    rules.length = HeadRules::Length::kDrop;
  } else if (method == "CONNECT" || (end && head.Get(HeaderId::kContentLength) != "0")) {
    rules.length = HeadRules::Length::kDrop;
  } else if (!end) {
    Promise(stream, head);
  }
  const Fields fields = RequestFields(head, rules);
  const nghttp2_data_provider body = Provider(stream);
  const int32_t id = nghttp2_submit_request(raw(), nullptr, fields.data(), fields.size(),
                                            end ? nullptr : &body, &stream);
  if (id < 0) {  // ids have run out
    return Abort(stream, NGHTTP2_NO_ERROR, ResetReason::kRemoteRefused, details::kRemoteRefuse);
  }
  Attach(stream, id);
  Submitted(stream, end);
}

void Http2ClientCodec::OnHeadRead(Stream& stream, bool end, Fault fault) {
  if (fault != Fault::kNone) return Refuse(stream, fault);
  if (stream.facts.status < 200) return OnInterim(stream, end);
  fault = FrameResponse(stream, end);
  if (fault != Fault::kNone) return Refuse(stream, fault);
  if (stream.facts.method == Method::kExtendedConnect || stream.facts.method == Method::kConnect) {
    if (stream.facts.status / 100 != 2) {
      RefuseUpgrade(stream);
    } else if (stream.upgrade) {
      TakeUpgrade(stream);
    }
  }
  HeadRead(stream, end);
}

void Http2ClientCodec::OnInterim(Stream& stream, bool end) {
  if (end || ++stream.interim > client_options_.max_interim_responses) {
    return Refuse(stream, Fault::kMessaging);
  }
  Tell(stream, [](MessageSink& sink) { sink.OnInformational(sink.HeadMap()); });
}

// RFC 9110 section 6.4.1 and 8.6: which responses have no body whatever their length says.
Fault Http2ClientCodec::FrameResponse(Stream& stream, bool end) {
  HeadFacts& facts = stream.facts;
  const bool tunnel = facts.status / 100 == 2 && (facts.method == Method::kConnect ||
                                                  facts.method == Method::kExtendedConnect);
  if (tunnel) {
    facts.content_length.reset();
    return Fault::kNone;
  }
  if (facts.method == Method::kHead || http::StatusForbidsBody(facts.status)) {
    facts.content_length = 0;
    return Fault::kNone;
  }
  return end && facts.content_length.value_or(0) != 0 ? Fault::kMessaging : Fault::kNone;
}

void Http2ClientCodec::TakeUpgrade(Stream& stream) {
  HeaderMap& head = stream.sink->HeadMap();
  head.SetView(HeaderId::kStatus, "101");
  head.Add(HeaderId::kUpgrade, stream.upgrade_name);
  head.AddView(HeaderId::kConnection, "upgrade");
}

// What was meant for the tunnel must not be taken for a request's body.
void Http2ClientCodec::RefuseUpgrade(Stream& stream) {
  if (stream.send != Stream::SendState::kBody) return;
  DropUnsent(stream);
  ByteChain none;
  QueueBody(stream, none, true);
}

}  // namespace

std::unique_ptr<http::ClientCodec> MakeClientCodec(http::CodecHost& host,
                                                   const ClientOptions& options,
                                                   Counters& counters) {
  return std::make_unique<Http2ClientCodec>(host, options, counters);
}

}  // namespace sluice::http2
