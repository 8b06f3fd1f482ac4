#include "sluice/codec/http1/server_codec.h"

#include <array>
#include <string_view>
#include <utility>

#include "exchange.h"
#include "head_search.h"
#include "head_writer.h"
#include "request_head.h"
#include "sluice/http/chars.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"

namespace sluice::http1 {
namespace {

using http::HeaderId;
using http::HeaderMap;
using http::MessageSink;
using http::ResetReason;
using http::Version;

class Http1ServerCodec final : public http::ServerCodec, public Exchange {
 public:
  Http1ServerCodec(http::ServerCodecHost& host, const ServerOptions& options, Counters& counters)
      : Exchange(host, options),
        server_host_(&host),
        server_options_(options),
        counters_(counters) {}

  // http::Codec
  Version version() const override { return Exchange::version(); }
  Result<> Dispatch(ByteChain& in) override;
  Result<> DispatchEnd() override { return PeerEnded(); }
  void ConnectionLost(ResetReason reason, std::string_view detail) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void StartDrain() override { draining_ = true; }
  bool draining() const override { return draining_; }
  size_t active_streams() const override { return active() ? 1 : 0; }
  bool mid_head() const override {
    return !active() && read_ == ReadState::kHead && has_input() && !output_high_;
  }
  bool wants_more() const override {
    return mid_head() || (read_ == ReadState::kBody && has_input() && !paused());
  }
  // http::ServerCodec
  bool may_persist() const override { return !active() && read_ == ReadState::kHead && !draining_; }
  bool peer_is_done() const override { return peer_is_done_; }
  bool as_new() const override { return between_exchanges() && !draining_ && !output_high_; }
  void Serve(http::ServerCodecHost& host) override { host_ = server_host_ = &host; }
  // http::CodecStream
  void SendInformational(const HeaderMap& head) override;
  void SendHead(const HeaderMap& head, bool end) override;
  void CloseConnectionAfter() override { persist_ = false; }

 private:
  // Exchange
  void OnFinished() override;
  Result<> OnBrokenBody(Fault fault) override { return Refuse(fault); }
  void OnBrokenSending() override { Reset(ResetReason::kLocalReset); }
  void OnSent() override;
  Result<> OnPeerEnd() override;

  Result<> Step(ByteChain& in, bool* more);
  Fault CheckBeginning(const ByteChain& in);
  Result<> StepHead(ByteChain& in, bool* more);
  Result<> TakeHead(Slice block);
  void DeliverHead();
  Result<> Refuse(Fault fault);
  Result<> RefuseBeginning(Fault fault, const ByteChain& in);

  // HTTP/1.0 is spoken only where it is accepted.
  Version VersionToSay() const {
    return server_options_.accept_http_10 ? version_ : Version::kHttp11;
  }
  void DecideUpgrade(uint32_t status);
  FramingFields FrameResponse(const HeaderMap& head, uint32_t status, bool end);
  FramingFields FrameBody(const HeaderMap& head, bool end);

  http::ServerCodecHost* server_host_;
  const ServerOptions& server_options_;
  Counters& counters_;
  HeadSearch search_;
  RequestHead request_;
  bool persist_ = true;
  bool draining_ = false;
  bool output_high_ = false;
  bool line_checked_ = false;
  bool peer_is_done_ = false;
};

Result<> Http1ServerCodec::Dispatch(ByteChain& in) {
  return RunDispatch(in, [&](bool* more) { return Step(in, more); });
}

Result<> Http1ServerCodec::Step(ByteChain& in, bool* more) {
  *more = false;
  if (read_ == ReadState::kClosed) {
    in.Clear();
    return {};
  }
  if (in.empty() || paused()) return {};
  switch (read_) {
    case ReadState::kHead:
      // Responses that nobody reads hold back the requests behind them.
      if (output_high_) return {};
      return StepHead(in, more);
    case ReadState::kBody: {
      const size_t before = in.size();
      request_.expects_continue = false;
      Result<> result = ReadBody(in);
      *more = in.size() != before;
      return result;
    }
    default: return {};
  }
}

// What can be said of a head that is not complete, or never will be: is it a request at all (not
// TLS, HTTP/0.9, ...)? Said before the timeout does, and the same however the bytes arrive.
Fault Http1ServerCodec::CheckBeginning(const ByteChain& in) {
  if (line_checked_) return Fault::kNone;
  if (!http::Is(http::kTokenChar, in.Front().front())) return Fault::kCodecError;
  const size_t line = search_.first_line();
  if (line == 0 || line > options_.max_head_bytes) return Fault::kNone;
  line_checked_ = true;
  return CheckRequestLine(in.Share(0, line).view(), server_options_);
}

Result<> Http1ServerCodec::StepHead(ByteChain& in, bool* more) {
  const HeadSearch::Outcome outcome = search_.Continue(in);
  const bool found = outcome == HeadSearch::Outcome::kFound;
  const size_t size = search_.size();
  const bool too_large = search_.seen() > options_.max_head_bytes;
  if (!found || too_large) {
    Fault fault = CheckBeginning(in);
    if (fault == Fault::kNone && too_large) fault = Fault::kHeadersTooLarge;
    if (fault == Fault::kNone && outcome == HeadSearch::Outcome::kBareLf) {
      fault = Fault::kCodecError;
    }
    return fault == Fault::kNone ? Result<>() : RefuseBeginning(fault, in);
  }
  Slice block = in.Share(0, size);
  in.Drain(size);
  *more = true;
  return TakeHead(std::move(block));
}

Result<> Http1ServerCodec::TakeHead(Slice block) {
  search_.Reset();
  line_checked_ = false;
  Start(server_host_->OnNewStream(*this));
  bytes_.wire_in = bytes_.header_in = block.size();
  request_ = RequestHead();
  HeaderMap& map = sink_->HeadMap();
  Fault fault =
      ReadRequestHead(block.data(), block.size(), server_options_, counters_, map, request_);
  version_ = request_.version;
  const bool chunked = request_.body.framing == Framing::kChunked;
  const bool ask = kAskAboutEveryHead || request_.body.framing != Framing::kNone;
  if (fault == Fault::kNone && ask &&
      !reader_.parser().TakesHead(ReferenceParser::Kind::kRequest, block.view(), chunked,
                                  options_.allow_chunked_length, request_.unusual)) {
    fault = Fault::kCodecError;
  }
  sink_->Pin(std::move(block));
  if (fault != Fault::kNone) return Refuse(fault);
  DeliverHead();
  return {};
}

void Http1ServerCodec::DeliverHead() {
  persist_ = request_.wants_to_persist;
  reader_.Begin(request_.body);
  switch (request_.body.framing) {
    case Framing::kNone: read_ = ReadState::kDone; break;
    case Framing::kTunnel: read_ = ReadState::kUndecided; break;
    default: read_ = ReadState::kBody; break;
  }
  const bool end = read_ == ReadState::kDone;
  Tell([end](MessageSink& sink) { sink.OnHead(end); });
}

Result<> Http1ServerCodec::Refuse(Fault fault) {
  Error error = ErrorOf(fault, Origin::kDownstream);
  read_ = ReadState::kClosed;
  reader_.Stop();
  persist_ = false;
  if (send_ == SendState::kHead) {
    Tell([&](MessageSink& sink) { sink.OnDecodeError(error); });
  } else {
    AbortWith(ResetReason::kProtocolError, error.detail);
  }
  return std::unexpected(std::move(error));
}

// A head that is not complete. What can be a HEAD request is answered without a body (RFC 9110
// section 9.3.2).
Result<> Http1ServerCodec::RefuseBeginning(Fault fault, const ByteChain& in) {
  constexpr std::string_view kHead = "HEAD ";
  std::array<char, kHead.size()> first{};
  in.CopyOut(first.data(), first.size());
  request_ = RequestHead();
  if (std::string_view(first.data(), first.size()) == kHead) request_.method = Method::kHead;
  version_ = Version::kHttp11;
  Start(server_host_->OnNewStream(*this));
  return Refuse(fault);
}

Result<> Http1ServerCodec::OnPeerEnd() {
  switch (read_) {
    case ReadState::kHead: read_ = ReadState::kClosed; return {};
    case ReadState::kBody: return EndBodyByPeer();
    case ReadState::kUndecided: AbortWith(ResetReason::kConnectionTermination, {}); return {};
    case ReadState::kDone: persist_ = false; return {};
    case ReadState::kClosed: return {};
  }
  return {};
}

void Http1ServerCodec::ConnectionLost(ResetReason reason, std::string_view detail) {
  read_ = ReadState::kClosed;
  if (active()) AbortWith(reason, detail);
}

void Http1ServerCodec::OnOutputHigh() {
  output_high_ = true;
  if (active()) Tell([](MessageSink& sink) { sink.OnOutputHigh(); });
}

void Http1ServerCodec::OnOutputLow() {
  output_high_ = false;
  if (active()) return Tell([](MessageSink& sink) { sink.OnOutputLow(); });
  WantInput();
}

void Http1ServerCodec::OnFinished() {
  // RFC 9112 section 9.6: a client that says close sends no further request.
  peer_is_done_ = read_ == ReadState::kDone && !tunnel_ && !request_.wants_to_persist &&
                  version_ == Version::kHttp11 && !has_input();
  const bool ended = peer_ended() && !has_input();
  const bool next = persist_ && read_ != ReadState::kClosed && !tunnel_ && !ended;
  read_ = next ? ReadState::kHead : ReadState::kClosed;
}

void Http1ServerCodec::SendInformational(const HeaderMap& head) {
  const uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  // HTTP/1.0 knows no 1xx (RFC 9110 section 15.2).
  if (send_ != SendState::kHead || version_ == Version::kHttp10 || status / 100 != 1) return;
  if (status == 100) request_.expects_continue = false;
  bytes_.header_out += Output([&](ByteChain& out) {
    HeadWriter(out, options_.header_key_format)
        .WriteResponse(head, status, VersionToSay(), FramingFields());
  });
  host_->OutputReady();
}

// The first final answer to an upgrade or CONNECT says whether there will be a tunnel.
void Http1ServerCodec::DecideUpgrade(uint32_t status) {
  const bool connect = request_.method == Method::kConnect;
  const bool agreed = connect ? status / 100 == 2 : status == 101;
  if (agreed) return;
  // The request had no body: what follows is the next one. A client that was refused a tunnel may
  // have sent its first bytes already, and nobody may read those as a request.
  read_ = ReadState::kDone;
  if (connect) persist_ = false;
}

FramingFields Http1ServerCodec::FrameBody(const HeaderMap& head, bool end) {
  using Body = FramingFields::Body;
  FramingFields fields;
  if (end) {
    fields.body = Body::kLength;
    writer_.Begin(BodyWriter::Mode::kNone);
    return fields;
  }
  const auto text = head.Get(HeaderId::kContentLength);
  const auto length = text ? http::ParseDecimal(*text) : std::nullopt;
  if (length) {
    fields.body = Body::kLength;
    fields.length = *length;
    writer_.Begin(BodyWriter::Mode::kFixed, *length);
  } else if (version_ == Version::kHttp11) {
    fields.body = Body::kChunked;
    writer_.Begin(BodyWriter::Mode::kChunked);
  } else {
    persist_ = false;
    writer_.Begin(BodyWriter::Mode::kRaw);
  }
  return fields;
}

// RFC 9112 section 6 and 9.6, for what we say.
FramingFields Http1ServerCodec::FrameResponse(const HeaderMap& head, uint32_t status, bool end) {
  using Body = FramingFields::Body;
  using Connection = FramingFields::Connection;
  FramingFields fields;
  const bool undecided = read_ == ReadState::kUndecided;
  if (undecided) {  // a tunnel is agreed on
    writer_.Begin(BodyWriter::Mode::kRaw);
    fields.upgrade = status == 101;
    return fields;
  }
  if (request_.method == Method::kHead || status == 304) {
    writer_.Begin(BodyWriter::Mode::kNone);
    fields.body = head.Has(HeaderId::kContentLength)              ? Body::kAsMap
                  : status != 304 && version_ == Version::kHttp11 ? Body::kChunked
                                                                  : Body::kNothing;
  } else if (http::StatusForbidsBody(status)) {
    writer_.Begin(BodyWriter::Mode::kNone);
  } else {
    fields = FrameBody(head, end);
  }
  fields.upgrade = head.Has(HeaderId::kUpgrade);
  // A request that will not be read to its end, or that waits for a 100 which never comes.
  if (read_ == ReadState::kBody && (end || request_.expects_continue)) persist_ = false;
  if (draining_) persist_ = false;
  if (!persist_) {
    fields.connection = Connection::kClose;
  } else if (version_ == Version::kHttp10) {
    fields.connection = Connection::kKeepAlive;
  }
  return fields;
}

void Http1ServerCodec::SendHead(const HeaderMap& head, bool end) {
  if (!active() || send_ != SendState::kHead) return;
  uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  if (status == 101 && read_ != ReadState::kUndecided) status = 0;  // nobody asked to switch
  if (status == 0 || (status < 200 && status != 101)) return Reset(ResetReason::kLocalReset);
  if (read_ == ReadState::kUndecided) DecideUpgrade(status);
  const FramingFields fields = FrameResponse(head, status, end);
  send_ = SendState::kBody;
  bytes_.header_out += Output([&](ByteChain& out) {
    HeadWriter(out, options_.header_key_format).WriteResponse(head, status, VersionToSay(), fields);
  });
  if (!end) return host_->OutputReady();
  EndOfSending();
}

// A response that is complete before its request ends the connection, as in Envoy: the rest of the
// request belongs to nobody. A tunnel's other direction goes on.
void Http1ServerCodec::OnSent() {
  if (read_ != ReadState::kBody || tunnel_) return;
  read_ = ReadState::kClosed;
  reader_.Stop();
}

}  // namespace

std::unique_ptr<http::ServerCodec> MakeServerCodec(http::ServerCodecHost& host,
                                                   const ServerOptions& options,
                                                   Counters& counters) {
  return std::make_unique<Http1ServerCodec>(host, options, counters);
}

}  // namespace sluice::http1
