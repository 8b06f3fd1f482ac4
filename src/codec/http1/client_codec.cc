#include "sluice/codec/http1/client_codec.h"

#include <utility>

#include "exchange.h"
#include "head_search.h"
#include "head_writer.h"
#include "response_head.h"
#include "sluice/http/number.h"

namespace sluice::http1 {
namespace {

using http::HeaderId;
using http::HeaderMap;
using http::MessageSink;
using http::ResetReason;
using http::Version;

class Http1ClientCodec final : public http::ClientCodec, public Exchange {
 public:
  Http1ClientCodec(http::CodecHost& host, const ClientOptions& options)
      : Exchange(host, options), client_options_(options) {}

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
  bool mid_head() const override { return active() && read_ == ReadState::kHead && has_input(); }
  // http::ClientCodec
  http::CodecStream& NewStream(MessageSink& sink) override;
  uint32_t max_concurrent_streams() const override { return 1; }
  bool reusable() const override { return !active() && read_ == ReadState::kHead && !draining_; }
  // http::CodecStream
  void SendInformational(const HeaderMap&) override {}  // requests have none
  void SendHead(const HeaderMap& head, bool end) override;
  void SendData(ByteChain& data, bool end) override;
  void BecomeTunnel() override;
  size_t buffered_output() const override;
  void CloseConnectionAfter() override { persist_ = false; }

 private:
  // Bytes for a tunnel that the peer has not agreed to yet.
  struct HeldBytes {
    ByteChain bytes;
    bool end = false;
  };

  // Exchange
  void OnFinished() override;
  Result<> OnBrokenBody(Fault fault) override { return Break(fault); }
  void OnBrokenSending() override { Reset(ResetReason::kLocalReset); }
  void OnSent() override {}
  Result<> OnPeerEnd() override;

  Result<> Step(ByteChain& in, bool* more);
  Result<> StepHead(ByteChain& in, bool* more);
  Result<> TakeHead(Slice block);
  Result<> TakeInterim(HeaderMap& map);
  void DeliverHead();
  Result<> Break(Fault fault);
  Result<> Unexpected(ByteChain& in);

  FramingFields FrameRequest(const HeaderMap& head, bool end);

  const ClientOptions& client_options_;
  HeadSearch search_;
  ResponseHead response_;
  AskedFor asked_;
  std::unique_ptr<HeldBytes> held_;
  uint32_t interim_ = 0;
  bool persist_ = true;
  bool draining_ = false;
};

Result<> Http1ClientCodec::Dispatch(ByteChain& in) {
  return RunDispatch(in, [&](bool* more) { return Step(in, more); });
}

Result<> Http1ClientCodec::Step(ByteChain& in, bool* more) {
  *more = false;
  if (in.empty()) return {};
  if (!active()) return Unexpected(in);
  if (paused()) return {};
  switch (read_) {
    case ReadState::kHead:
      if (send_ == SendState::kHead) return Unexpected(in);  // an answer before the question
      return StepHead(in, more);
    case ReadState::kBody: {
      const size_t before = in.size();
      Result<> result = ReadBody(in);
      *more = in.size() != before;
      return result;
    }
    case ReadState::kUndecided: return {};
    case ReadState::kDone:  // the request is still being sent
    case ReadState::kClosed: return Unexpected(in);
  }
  return {};
}

// Bytes that belong to no response: whatever follows cannot be trusted either.
Result<> Http1ClientCodec::Unexpected(ByteChain& in) {
  in.Clear();
  persist_ = false;
  if (!active()) {
    read_ = ReadState::kClosed;
  } else if (read_ == ReadState::kHead) {
    AbortWith(ResetReason::kProtocolError, DetailOf(Fault::kCodecError));
  }
  return Fail(ErrorCode::kProtocol, Origin::kUpstream, "bytes that belong to no response");
}

Result<> Http1ClientCodec::StepHead(ByteChain& in, bool* more) {
  const HeadSearch::Outcome outcome = search_.Continue(in);
  const bool found = outcome == HeadSearch::Outcome::kFound;
  if (in.Front().front() != 'H') return Break(Fault::kCodecError);
  if (search_.seen() > options_.max_head_bytes) return Break(Fault::kHeadersTooLarge);
  if (outcome == HeadSearch::Outcome::kBareLf) return Break(Fault::kCodecError);
  const size_t size = search_.size();
  if (!found) return {};
  Slice block = in.Share(0, size);
  in.Drain(size);
  *more = true;
  return TakeHead(std::move(block));
}

Result<> Http1ClientCodec::TakeHead(Slice block) {
  search_.Reset();
  bytes_.wire_in += block.size();
  bytes_.header_in += block.size();
  response_ = ResponseHead();
  HeaderMap& map = sink_->HeadMap();
  if (map.size() != 0) map.Clear();
  Fault fault = ReadResponseHead(block.data(), block.size(), options_, asked_, map, response_);
  const bool chunked = response_.body.framing == Framing::kChunked;
  if (fault == Fault::kNone && (kAskAboutEveryHead || chunked) &&
      !reader_.parser().TakesHead(ReferenceParser::Kind::kResponse, block.view(), chunked,
                                  options_.allow_chunked_length)) {
    fault = Fault::kCodecError;
  }
  sink_->Pin(std::move(block));
  if (fault != Fault::kNone) return Break(fault);
  if (response_.interim()) return TakeInterim(map);
  DeliverHead();
  return {};
}

Result<> Http1ClientCodec::TakeInterim(HeaderMap& map) {
  if (++interim_ > client_options_.max_interim_responses) return Break(Fault::kCodecError);
  Tell([&](MessageSink& sink) { sink.OnInformational(map); });
  return {};
}

void Http1ClientCodec::DeliverHead() {
  version_ = response_.version;
  const Framing framing = response_.body.framing;
  if (!response_.wants_to_persist || framing == Framing::kUntilClose) persist_ = false;
  const bool tunnel = framing == Framing::kTunnel;
  reader_.Begin(response_.body);
  read_ = tunnel                      ? ReadState::kUndecided
          : framing == Framing::kNone ? ReadState::kDone
                                      : ReadState::kBody;
  if (!tunnel && (asked_.connect || asked_.upgrade) && send_ == SendState::kBody &&
      writer_.mode() == BodyWriter::Mode::kRaw) {
    // Refused: the request was complete with its head, and what was held for the tunnel is void.
    held_.reset();
    send_ = SendState::kDone;
    if (asked_.connect) persist_ = false;
  }
  const bool end = read_ == ReadState::kDone;
  Tell([end](MessageSink& sink) { sink.OnHead(end); });
}

Result<> Http1ClientCodec::Break(Fault fault) {
  persist_ = false;
  AbortWith(ResetReason::kProtocolError, DetailOf(fault));
  return std::unexpected(ErrorOf(fault, Origin::kUpstream));
}

Result<> Http1ClientCodec::OnPeerEnd() {
  persist_ = false;
  if (!active()) {
    read_ = ReadState::kClosed;
    return {};
  }
  if (read_ == ReadState::kBody) return EndBodyByPeer();
  if (read_ != ReadState::kHead && read_ != ReadState::kUndecided) return {};
  const bool untouched = bytes_.wire_in == 0 && !has_input();
  AbortWith(ResetReason::kConnectionTermination, {});
  Error error = Fail(ErrorCode::kConnectionClosed, Origin::kUpstream,
                     "closed before the response was complete")
                    .error();
  if (untouched) error.retry = Retry::kIfReused;
  return std::unexpected(std::move(error));
}

void Http1ClientCodec::ConnectionLost(ResetReason reason, std::string_view detail) {
  persist_ = false;
  read_ = ReadState::kClosed;
  if (active()) AbortWith(reason, detail);
}

void Http1ClientCodec::OnOutputHigh() {
  if (active()) Tell([](MessageSink& sink) { sink.OnOutputHigh(); });
}

void Http1ClientCodec::OnOutputLow() {
  if (active()) Tell([](MessageSink& sink) { sink.OnOutputLow(); });
}

void Http1ClientCodec::OnFinished() {
  held_.reset();
  const bool clean = persist_ && read_ == ReadState::kDone && !tunnel_ && !peer_ended();
  read_ = clean ? ReadState::kHead : ReadState::kClosed;
}

http::CodecStream& Http1ClientCodec::NewStream(MessageSink& sink) {
  Start(sink);
  asked_ = AskedFor();
  interim_ = 0;
  search_.Reset();
  version_ = Version::kHttp11;
  return *this;
}

// RFC 9112 section 6.1 and 6.2, for what we say. Methods that define no content say nothing
// without one; others say content-length: 0, as Envoy does.
FramingFields Http1ClientCodec::FrameRequest(const HeaderMap& head, bool end) {
  using Body = FramingFields::Body;
  FramingFields fields;
  const auto text = head.Get(HeaderId::kContentLength);
  const auto parsed = text ? http::ParseDecimal(*text) : std::nullopt;
  const bool has_length = parsed.has_value();
  const uint64_t length = parsed.value_or(0);
  fields.upgrade = asked_.upgrade;
  if (!persist_ || draining_) fields.connection = FramingFields::Connection::kClose;
  if (end) {
    const std::string_view method = head.Get(HeaderId::kMethod).value_or("");
    const bool bodiless = method == "GET" || method == "HEAD" || method == "DELETE" ||
                          method == "TRACE" || method == "CONNECT" || asked_.upgrade;
    if (!bodiless || (has_length && length == 0)) fields.body = Body::kLength;
    if (asked_.connect) fields.body = Body::kNothing;
    writer_.Begin(BodyWriter::Mode::kNone);
  } else if (asked_.connect || (asked_.upgrade && length == 0)) {
    writer_.Begin(BodyWriter::Mode::kRaw);
  } else if (has_length) {
    fields.body = Body::kLength;
    fields.length = length;
    writer_.Begin(BodyWriter::Mode::kFixed, length);
  } else {
    fields.body = Body::kChunked;
    writer_.Begin(BodyWriter::Mode::kChunked);
  }
  return fields;
}

void Http1ClientCodec::SendHead(const HeaderMap& head, bool end) {
  if (!active() || send_ != SendState::kHead) return;
  const std::string_view method = head.Get(HeaderId::kMethod).value_or("");
  asked_ = {.head = method == "HEAD",
            .connect = method == "CONNECT",
            .upgrade = head.Has(HeaderId::kUpgrade) && !end};
  const FramingFields fields = FrameRequest(head, end);
  bool written = false;
  bytes_.header_out += Output([&](ByteChain& out) {
    written = HeadWriter(out, options_.header_key_format)
                  .WriteRequest(head, client_options_.send_fully_qualified_url, fields);
  });
  if (!written) return Reset(ResetReason::kLocalReset);
  send_ = SendState::kBody;
  if (end) return EndOfSending();
  host_->OutputReady();
}

// What is meant for a tunnel must not reach a peer that would read it as a request.
void Http1ClientCodec::SendData(ByteChain& data, bool end) {
  const bool held =
      send_ == SendState::kBody && writer_.mode() == BodyWriter::Mode::kRaw && !tunnel_;
  if (!held) return Exchange::SendData(data, end);
  if (held_ == nullptr) held_ = std::make_unique<HeldBytes>();
  held_->bytes.Append(std::move(data));
  held_->end = held_->end || end;
}

void Http1ClientCodec::BecomeTunnel() {
  Exchange::BecomeTunnel();
  if (!tunnel_ || held_ == nullptr) return;
  const auto held = std::move(held_);
  Exchange::SendData(held->bytes, held->end);
}

size_t Http1ClientCodec::buffered_output() const {
  return Exchange::buffered_output() + (held_ != nullptr ? held_->bytes.size() : 0);
}

}  // namespace

std::unique_ptr<http::ClientCodec> MakeClientCodec(http::CodecHost& host,
                                                   const ClientOptions& options, Counters&) {
  return std::make_unique<Http1ClientCodec>(host, options);
}

}  // namespace sluice::http1
