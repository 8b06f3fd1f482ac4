#include "http_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "http_stream.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/codec/http2/details.h"
#include "sluice/codec/http2/server_codec.h"
#include "sluice/net/connection.h"
#include "sluice/stream/stream_info.h"

namespace sluice::downstream {
namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// The first line has neither a target nor a version ("INVALID CONNECTION PREFACE"): whoever sends
// that has no use for an answer of HTTP/1, and it may be meant for HTTP/2 (RFC 9113 section 3.4).
bool IsNoRequestLine(std::string_view seen) {
  const std::string_view line = seen.substr(0, seen.find_first_of("\r\n"));
  return line.size() != seen.size() && std::ranges::count(line, ' ') == 2 &&
         line.find_first_of("/:*") == std::string_view::npos;
}

// Times that a turn goes from the codec to the socket and back, so that others get theirs.
constexpr int kMaxWrites = 4;

}  // namespace

bool HttpConnection::MayFollow(State from, State to) {
  constexpr auto bit = [](State state) { return 1U << static_cast<unsigned>(state); };
  static constexpr std::array<unsigned, 5> kTable = {
      bit(State::kOpen) | bit(State::kClosed),                             // kNew
      bit(State::kDraining) | bit(State::kClosing) | bit(State::kClosed),  // kOpen
      bit(State::kClosing) | bit(State::kClosed),                          // kDraining
      bit(State::kClosed),                                                 // kClosing
      0,                                                                   // kClosed
  };
  return (kTable[static_cast<size_t>(from)] & bit(to)) != 0;
}

void HttpConnection::Enter(State to) {
  SLUICE_DCHECK(MayFollow(state_, to));
  state_ = to;
}

HttpConnection::HttpConnection(ManagerWorker& manager)
    : manager_(manager), timer_(manager.worker().loop, [this] { OnTimer(); }) {}

HttpConnection::~HttpConnection() { SLUICE_CHECK(streams_.empty()); }

filter::NetworkStatus HttpConnection::OnNewConnection() {
  Enter(State::kOpen);
  socket().SetInputFloor(options().http1.max_head_bytes + 1);
  if (options().codec_type == CodecType::kHttp1) Speak(http::Version::kHttp11);
  if (options().codec_type == CodecType::kHttp2) Speak(http::Version::kHttp2);
  opened_ = idle_since_ = loop().Now();
  flush_timeout_ = options().timeouts.stream_flush.value_or(options().timeouts.stream_idle);
  ManagerStats& count = stats();
  count.downstream_cx_total.Inc();
  count.downstream_cx_active.Inc();
  if (info().tls != nullptr) {
    count.downstream_cx_ssl_total.Inc();
    count.downstream_cx_ssl_active.Inc();
  }
  EnsureTimer(NextDeadline());
  return filter::NetworkStatus::kContinue;
}

void HttpConnection::Speak(http::Version version) {
  choice_ = Choice::kMade;
  version_ = version;
  ManagerStats& count = stats();
  if (version != http::Version::kHttp2) {
    count.downstream_cx_http1_total.Inc();
    count.downstream_cx_http1_active.Inc();
    return;
  }
  count.downstream_cx_http2_total.Inc();
  count.downstream_cx_http2_active.Inc();
  codec_ = http2::MakeServerCodec(*this, options().http2, manager_.http2_counters());
  keepalive_.Start(options().http2.keepalive, loop().Now());
  EnsureTimer(keepalive_.NextDeadline());
  Later();  // our side begins with SETTINGS
}

// False: more bytes are needed to tell, or it is neither.
bool HttpConnection::ChooseVersion(const ByteChain& data, bool end) {
  const std::string_view alpn = socket().transport().alpn();
  if (alpn == "h2" || alpn == "http/1.1") {
    Speak(alpn == "h2" ? http::Version::kHttp2 : http::Version::kHttp11);
    return true;
  }
  char first[2 * kHttp2Preface.size()];
  const std::string_view seen(first, data.CopyOut(first, sizeof(first)));
  if (kHttp2Preface.starts_with(seen) && seen.size() < kHttp2Preface.size() && !end) return false;
  if (IsNoRequestLine(seen)) {
    stats().downstream_cx_protocol_error.Inc();
    CloseOrderly();
    return false;
  }
  Speak(seen.starts_with(kHttp2Preface) ? http::Version::kHttp2 : http::Version::kHttp11);
  return true;
}

// --- Input.

filter::NetworkStatus HttpConnection::OnData(ByteChain& data, bool end) {
  if (!Reading()) {
    data.Clear();
    return filter::NetworkStatus::kStop;
  }
  if (choice_ == Choice::kOpen && !ChooseVersion(data, end)) return filter::NetworkStatus::kStop;
  Dispatch(data);
  if (end) peer_ = Peer::kEnded;
  Later();
  return filter::NetworkStatus::kStop;
}

void HttpConnection::Dispatch(ByteChain& data) {
  const Result<> result = codec().Dispatch(data);
  if (!result) DispatchFailed(result.error());
  AfterDispatch(data);
  if (!streams_.empty()) streams_.back().SpliceRequest();
}

void HttpConnection::OnSpliced(uint64_t bytes, bool /*done*/) {
  if (!Reading() || streams_.empty()) return;
  streams_.back().RequestSpliced(bytes);
  Later();
}

void HttpConnection::DispatchFailed(const Error& error) {
  stats().downstream_cx_protocol_error.Inc();
  SLUICE_LOG(kHttp, kDebug, "[C{}] refused: {}", info().id, error.ToString());
  if (!error.detail.ends_with("_flood")) return;
  SLUICE_LOG(kHttp2, kWarning, "[C{}] closed: {} from {}", info().id, error.detail,
             info().remote->ToString());
}

// What the codec left is a pipelined request, or a body that is held back: no use in reading more.
void HttpConnection::AfterDispatch(const ByteChain& data) {
  const bool mid_head = codec_->mid_head();
  const bool left = !data.empty() && !codec_->wants_more();
  if (left && input_ == Input::kFlowing) {
    socket().PauseReading();
    input_ = Input::kPaused;
  } else if (!left && input_ == Input::kPaused) {
    input_ = Input::kFlowing;
    socket().ResumeReading();
  }
  if (!mid_head) {
    head_since_ = {};
  } else if (head_since_ == MonoTime{}) {
    head_since_ = loop().Now();
    EnsureTimer(NextDeadline());
  }
}

void HttpConnection::OnInputWanted() {
  if (input_ == Input::kFlowing) socket().PauseReading();
  input_ = Input::kWanted;
  Later();
}

http::MessageSink& HttpConnection::OnNewStream(http::CodecStream& codec_stream) {
  HttpStream* stream = manager_.TakeStream(*this, codec_stream);
  streams_.PushBack(*stream);
  ++requests_;
  const uint32_t limit = options().max_requests_per_connection;
  if (limit != 0 && requests_ >= limit && state_ == State::kOpen) {
    stats().downstream_cx_max_requests_reached.Inc();
    StartDrain();
  }
  return *stream;
}

// The first request tells for all that follow.
void HttpConnection::NoteUserAgent(const http::HeaderMap& head) {
  if (agent_ == Agent::kUnasked) {
    agent_ = Agent::kAsked;
    user_agent_ = manager_.user_agents().Find(head.Get(http::HeaderId::kUserAgent).value_or(""));
    if (user_agent_ != nullptr) user_agent_->downstream_cx_total.Inc();
  }
  if (user_agent_ != nullptr) user_agent_->downstream_rq_total.Inc();
}

// The client ended its side. A tunnel's other direction goes on; a request in flight has nobody
// any more who waits for its response, as Envoy sees it.
void HttpConnection::OnPeerEnd() {
  peer_ = Peer::kHandled;
  if (codec_ != nullptr) {
    static_cast<void>(codec_->DispatchEnd());
    if (InTunnel()) return;
    if (codec_->active_streams() > 0) peer_ = Peer::kLeftRequest;
    codec_->ConnectionLost(http::ResetReason::kConnectionTermination,
                           "downstream_remote_disconnect");
  }
  if (state_ == State::kOpen) Enter(State::kDraining);
}

// --- Once per turn.

void HttpConnection::Run() {
  BuryStreams();  // what is over gives back what it holds before anything else begins
  if (state_ == State::kClosed || state_ == State::kNew) return;
  if (breaks_ != Break::kFlood && input_ == Input::kWanted && Reading()) {
    input_ = Input::kPaused;
    Dispatch(socket().input());
  }
  BuryStreams();
  if (breaks_ == Break::kFlood && Reading()) return CloseOrderly();
  if (peer_ == Peer::kEnded && input_ != Input::kWanted && Reading()) {
    OnPeerEnd();
    BuryStreams();
  }
  Flush();
  if (Reading()) MaybeClose();
  LeaveCodec();
}

// What waits for the next request needs no codec meanwhile: many connections share a few.
void HttpConnection::LeaveCodec() {
  if (codec_ == nullptr || state_ != State::kOpen || !streams_.empty() || !codec_->as_new()) return;
  manager_.GiveCodec(std::move(codec_));
}

void HttpConnection::Flush() {
  net::Connection& at = socket();
  bool more = true;
  for (int i = 0; i < kMaxWrites && more; ++i) {
    more = codec_ != nullptr && codec_->WriteOutput();
    if (at.output().empty()) break;
    at.Flush();
    if (state_ == State::kClosed) return;
  }
  if (more) Later();
  if (output_end_ == OutputEnd::kWanted) {
    output_end_ = OutputEnd::kSaid;
    at.EndOutput();
  }
  CountBytes();
  if (at.output().empty()) {
    flush_since_ = {};
    return;
  }
  // A client that takes nothing any more is not waited for endlessly.
  if (at.bytes_written() != flushed_ || flush_since_ == MonoTime{}) {
    flushed_ = at.bytes_written();
    flush_since_ = loop().Now();
  }
  EnsureTimer(flush_since_ + FlushTimeout());
}

void HttpConnection::CountBytes() {
  const uint64_t read = socket().bytes_read();
  const uint64_t written = socket().bytes_written();
  if (read != counted_read_) stats().downstream_cx_rx_bytes_total.Add(read - counted_read_);
  if (written != counted_written_) {
    stats().downstream_cx_tx_bytes_total.Add(written - counted_written_);
  }
  counted_read_ = read;
  counted_written_ = written;
}

void HttpConnection::Later(HttpStream& stream) {
  if (!stream.ListNode<LateListTag>::linked()) late_.PushBack(stream);
  Later();
}

void HttpConnection::BuryStreams() {
  if (late_.empty()) return;
  while (HttpStream* const stream = late_.PopFront()) {
    if (!stream->over()) {
      stream->RunLate();
      continue;
    }
    stream->Finish();
    stream->ListNode<StreamListTag>::Unlink();
    manager_.GiveStream(stream);
    ++ended_;
  }
  if (streams_.empty()) {
    idle_since_ = loop().Now();
    if (state_ != State::kClosed) EnsureTimer(NextDeadline());
  }
}

// --- Output.

void HttpConnection::OnOutputHigh() {
  if (codec_ != nullptr && state_ != State::kClosed) codec_->OnOutputHigh();
}

void HttpConnection::OnOutputLow() {
  if (codec_ != nullptr && state_ != State::kClosed) codec_->OnOutputLow();
}

void HttpConnection::OnQuiet() {
  if (codec_ != nullptr) codec_->OnQuiet();
}

void HttpConnection::OnOutputEnd() {
  if (output_end_ == OutputEnd::kNo) output_end_ = OutputEnd::kWanted;
  Later();
}

bool HttpConnection::CloseAfterThisResponse() {
  if (state_ == State::kOpen && drain_until_ != MonoTime{}) StartDrain();  // retired
  const filter::ProcessState* process = options().process;
  if (state_ == State::kOpen && process != nullptr &&
      (process->draining() || process->health_failed()) &&
      process->ShouldCloseNow(loop().Now(), static_cast<uint32_t>(FastRandom()),
                              info().direction == stream::TrafficDirection::kInbound)) {
    stats().downstream_cx_drain_close.Inc();
    StartDrain();
  }
  constexpr auto kAction = filter::OverloadAction::kDisableKeepAlive;
  if (state_ == State::kOpen && process != nullptr && !process->overload.idle(kAction) &&
      process->overload.Hits(kAction, FastRandom())) {
    stats().downstream_cx_overload_disable_keepalive.Inc();
    StartDrain();
  }
  return state_ != State::kOpen;
}

}  // namespace sluice::downstream
