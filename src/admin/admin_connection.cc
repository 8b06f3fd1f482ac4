#include "admin_connection.h"

#include <chrono>
#include <utility>

#include "sluice/base/log.h"
#include "sluice/codec/http1/details.h"
#include "sluice/http/chars.h"
#include "sluice/http/date.h"
#include "sluice/http/status.h"
#include "sluice/stream/stream_info.h"

namespace sluice::admin {
namespace {

constexpr Duration kIdleTimeout = std::chrono::minutes(5);
constexpr Duration kRequestTimeout = std::chrono::seconds(15);  // from its first byte to its last
constexpr Duration kLinger = std::chrono::seconds(1);
constexpr size_t kMaxBodyBytes = size_t{1} << 20;
constexpr size_t kBufferLimit = size_t{256} * 1024;  // of requests, and of answers nobody reads
constexpr uint32_t kAnswersATurn = 8;  // whoever asks for more must not stop everything else
constexpr size_t kFlushAtOnceBytes = size_t{64} * 1024;

const http1::ServerOptions& CodecOptions() {
  static const http1::ServerOptions options = [] {
    http1::ServerOptions made;
    made.accept_http_10 = true;
    made.default_host_for_http_10 = "admin";
    made.ignore_upgrade = [](std::string_view, const void*) { return true; };  // nothing to become
    return made;
  }();
  return options;
}

}  // namespace

AdminConnection::AdminConnection(EventLoop& loop, net::AcceptedSocket socket, Handler& handler,
                                 const RequestLog& log, http1::Counters& counters,
                                 std::function<void(AdminConnection&)> on_closed)
    : loop_(loop),
      connection_(loop, socket.fd.Release(), socket.local, socket.remote, net::MakeRawTransport()),
      handler_(handler),
      log_(log),
      on_closed_(std::move(on_closed)),
      timer_(loop, [this] { connection_.Close(); }) {
  info_.id = connection_.id();
  info_.start = loop_.Now();
  info_.local = info_.direct_local = &connection_.local();
  info_.remote = info_.direct_remote = &connection_.remote();
  http::ServerCodecHost& host = *this;
  codec_ = http1::MakeServerCodec(host, CodecOptions(), counters);
  connection_.SetBufferLimit(kBufferLimit);
  connection_.SetEvents(this);
  connection_.StartReading();
  idle_since_ = loop_.Now();
  timer_.Arm(kRequestTimeout);  // who connects has something to ask
}

AdminConnection::~AdminConnection() = default;

void AdminConnection::OnBytes(ByteChain& /*in*/, bool end) {
  answers_ = 0;
  Dispatch();
  Watch();
  if (end && connection_.open()) {
    if (auto ended = codec_->DispatchEnd(); !ended || codec_->active_streams() == 0) {
      connection_.CloseAfterFlush(kLinger);
    }
  }
}

// A request that comes drop by drop holds one of few connections only for so long.
void AdminConnection::Watch() {
  if (!connection_.open()) return;
  const bool in_request = codec_->mid_head() || codec_->active_streams() > 0;
  const Phase phase = in_request ? Phase::kRequest : Phase::kIdle;
  if (phase == Phase::kRequest && phase_ == phase) return;
  phase_ = phase;
  idle_since_ = loop_.Now();
  timer_.Arm(in_request ? kRequestTimeout : kIdleTimeout);
}

void AdminConnection::OnInputWanted() { Dispatch(); }

// Many small requests may ask for much: the codec has to hear of it before it reads the next one.
void AdminConnection::OutputReady() {
  if (connection_.output().size() >= kFlushAtOnceBytes) connection_.Flush();
}

// A client that does not take its answers gets no more of them.
void AdminConnection::OnOutputHigh() {
  if (std::exchange(output_high_, true)) return;
  connection_.PauseReading();
  codec_->OnOutputHigh();
}

void AdminConnection::OnOutputLow() {
  if (!std::exchange(output_high_, false)) return;
  codec_->OnOutputLow();
  if (connection_.open()) connection_.ResumeReading();
}

void AdminConnection::Dispatch() {
  const auto parsed = codec_->Dispatch(connection_.input());
  if (!connection_.open()) return;
  connection_.Flush();
  if (!connection_.open()) return;
  // A request whose body is still on its way is not the end.
  const bool over = codec_->active_streams() == 0 && !codec_->may_persist();
  if (!parsed || over) connection_.CloseAfterFlush(kLinger);
}

// The answer that had to wait for another turn.
void AdminConnection::Run() {
  answers_ = 0;
  Answer();
  Dispatch();
  Watch();
}

void AdminConnection::OnClosed(const net::CloseInfo& /*info*/) {
  RunItem::Unlink();
  timer_.Disarm();
  codec_->ConnectionLost(http::ResetReason::kConnectionTermination, {});
  on_closed_(*this);
}

http::MessageSink& AdminConnection::OnNewStream(http::CodecStream& stream) {
  stream_ = &stream;
  request_start_ = loop_.Now();
  return *this;
}

void AdminConnection::OnHead(bool end) {
  if (end) return Answer();
  if (head_.Get(http::HeaderId::kMethod) == "CONNECT") {  // whose end never comes
    stream_->CloseConnectionAfter();
    return Send({405, "text/plain; charset=UTF-8", "Method CONNECT not allowed.\n", {}});
  }
  if (!http::EqualsIgnoreCase(head_.Get(http::HeaderId::kExpect).value_or(""), "100-continue")) {
    return;
  }
  Arena arena;
  http::HeaderMap go_on(arena);
  go_on.Add(http::HeaderId::kStatus, "100");
  stream_->SendInformational(go_on);
}

void AdminConnection::OnData(ByteChain& data, bool end) {
  body_bytes_ += data.size();
  if (body_.size() + data.size() <= kMaxBodyBytes) {
    body_ += data.ToString();
  } else if (stream_ != nullptr) {
    stream_->CloseConnectionAfter();
    Send({413, "text/plain; charset=UTF-8", "Payload Too Large\n", {}});
    return;
  }
  data.Clear();
  if (end) Answer();
}

void AdminConnection::OnReset(http::ResetReason /*reason*/, std::string_view /*detail*/) {}

void AdminConnection::OnDecodeError(const Error& error) {
  stream_->CloseConnectionAfter();
  const uint32_t status = http1::StatusOf(error);
  Send({status, "text/plain; charset=UTF-8", std::string(http::ReasonPhrase(status)) + "\n", {}});
}

void AdminConnection::OnStreamDone() {
  stream_ = nullptr;
  body_.clear();
  body_bytes_ = 0;
  head_.Clear();
  trailers_.Clear();
  pinned_.Clear();
  arena_.Reset();
}

void AdminConnection::Answer() {
  if (stream_ == nullptr) return;
  if (++answers_ > kAnswersATurn) return loop_.RunLater(*this);
  const Request request =
      ParseRequest(head_.Get(http::HeaderId::kMethod).value_or(""),
                   head_.Get(http::HeaderId::kPath).value_or("/"), std::move(body_));
  Response response = handler_.Handle(request);
  if (request.method == "HEAD") response.body.clear();
  Send(response);
}

void AdminConnection::Send(const Response& response) {
  Arena arena;
  http::HeaderMap head(arena);
  head.Add(http::HeaderId::kStatus, std::to_string(response.status));
  head.Add(http::HeaderId::kContentType, response.content_type);
  head.AddView(http::HeaderId::kCacheControl, "no-cache, max-age=0");
  head.Add("x-content-type-options", "nosniff");
  for (const auto& [name, value] : response.headers) head.Add(name, value);
  head.Add(http::HeaderId::kDate, http::HttpDate(loop_.WallNow()));
  head.AddView(http::HeaderId::kServer, "envoy");
  Log(response, head);
  ByteChain body;
  body.Append(response.body);
  stream_->SendHead(head, body.empty());
  if (stream_ != nullptr && !body.empty()) stream_->SendData(body, true);
}

// Before the answer leaves: with it the stream may be over, and the request's head gone.
void AdminConnection::Log(const Response& response, const http::HeaderMap& head) {
  if (log_.logs == nullptr || log_.logs->empty()) return;
  stream::StreamInfo info;
  info.connection = &info_;
  info.start = request_start_;
  info.start_wall = loop_.WallNow() - (loop_.Now() - request_start_);
  info.protocol = stream_->version();
  info.response_code = response.status;
  info.bytes_received = body_bytes_;
  info.bytes_sent = response.body.size();
  info.Mark(stream::Moment::kRequestEnd, loop_.Now());
  info.Mark(stream::Moment::kEnd, loop_.Now());
  log_.logs->Write({.info = info,
                    .request = &head_,
                    .response = &head,
                    .trailers = nullptr,
                    .type = log::EntryType::kDownstreamEnd,
                    .now = loop_.Now()},
                   *log_.queue);
}

}  // namespace sluice::admin
