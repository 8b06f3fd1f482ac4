// How and when a client connection ends: draining, timeouts, closing.
#include <algorithm>
#include <string>

#include "http_connection.h"
#include "http_stream.h"
#include "sluice/base/log.h"
#include "sluice/http/date.h"
#include "sluice/http/status.h"
#include "sluice/net/connection.h"
#include "sluice/stream/stream_info.h"

namespace sluice::downstream {
namespace {

MonoTime After(MonoTime from, Duration length) {
  return length == Duration::zero() ? MonoTime::max() : from + length;
}

}  // namespace

bool HttpConnection::Idle() const {
  return streams_.empty() && (codec_ == nullptr || codec_->active_streams() == 0);
}

bool HttpConnection::InTunnel() {
  return !http2() && !streams_.empty() && codec().active_streams() > 0 && streams_.front().tunnel();
}

void HttpConnection::StartDrain() {
  if (state_ != State::kOpen) return;
  Enter(State::kDraining);
  codec().StartDrain();
  if (!http2()) return;
  // A client that has not answered the warning by then is told all the same.
  drain_until_ = loop().Now() + options().timeouts.drain;
  EnsureTimer(drain_until_);
  Later();
}

void HttpConnection::OnDrain(bool hard) {
  if (!Reading()) return;
  if (state_ == State::kOpen) {
    stats().downstream_cx_drain_close.Inc();
    StartDrain();
  }
  if (hard) {
    streams_.ForEach([](HttpStream& stream) {
      if (stream.tunnel()) stream.GiveUp("drain");
    });
  }
  Later();
}

// HTTP/1 stays open as it is: a request may be on its way. The next response says that it is the
// last; without one the end comes when drain_timeout is over.
void HttpConnection::OnRetire() {
  if (!Reading() || state_ != State::kOpen) return;
  stats().downstream_cx_drain_close.Inc();
  if (http2()) return StartDrain();
  drain_until_ = loop().Now() + options().timeouts.drain;
  EnsureTimer(drain_until_);
}

void HttpConnection::MaybeClose() {
  if (!Idle() || input_ == Input::kWanted) return;
  if (state_ == State::kOpen && (codec_ == nullptr || codec_->may_persist())) return;
  if (codec_ != nullptr && !codec_->may_close()) return;
  // A request whose first bytes are here already is still answered.
  const bool mid_head = codec_ != nullptr && codec_->mid_head();
  if (state_ == State::kDraining && peer_ == Peer::kOpen && mid_head) return;
  CloseOrderly();
}

void HttpConnection::CloseOrderly() {
  if (!Reading()) return;
  Enter(State::kClosing);
  if (breaks_ != Break::kNo) {
    host().Close(net::CloseKind::kReset, "local_reset");
  } else {
    const bool done = codec_ != nullptr && codec_->peer_is_done() && socket().input().empty();
    socket().CloseAfterFlush(done ? Duration::zero() : options().timeouts.delayed_close);
  }
}

void HttpConnection::BreakOff(bool reset) {
  if (reset && breaks_ == Break::kNo) breaks_ = Break::kByReset;
  Later();
}

void HttpConnection::OnClosed(const net::CloseInfo& closed) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kNew) return Enter(State::kClosed);
  timer_.Disarm();
  CountBytes();
  const bool remote = closed.by_peer || peer_ != Peer::kOpen;
  Enter(State::kClosed);
  // The client's end, which has not been looked at yet, made a tunnel complete: nothing was lost.
  if (peer_ == Peer::kEnded && closed.kind == net::CloseKind::kOrderly && InTunnel()) {
    static_cast<void>(codec().DispatchEnd());
    BuryStreams();
  }
  CountClosed(remote);
  if (codec_ == nullptr) return;
  codec_->ConnectionLost(
      http::ResetReason::kConnectionTermination,
      closed.by_peer ? "downstream_remote_disconnect" : "downstream_local_disconnect");
  BuryStreams();
}

void HttpConnection::CountClosed(bool remote) {
  ManagerStats& count = stats();
  const bool active = !streams_.empty() || peer_ == Peer::kLeftRequest;
  count.downstream_cx_destroy.Inc();
  (remote ? count.downstream_cx_destroy_remote : count.downstream_cx_destroy_local).Inc();
  if (active) {
    count.downstream_cx_destroy_active_rq.Inc();
    (remote ? count.downstream_cx_destroy_remote_active_rq
            : count.downstream_cx_destroy_local_active_rq)
        .Inc();
  }
  count.downstream_cx_active.Dec();
  if (choice_ == Choice::kMade) {
    (http2() ? count.downstream_cx_http2_active : count.downstream_cx_http1_active).Dec();
  }
  if (info().tls != nullptr) count.downstream_cx_ssl_active.Dec();
  const auto length = loop().Now() - opened_;
  const auto ms =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
  count.downstream_cx_length_ms.Record(ms);
  if (user_agent_ == nullptr) return;
  user_agent_->downstream_cx_length_ms.Record(ms);
  if (remote && active) user_agent_->downstream_cx_destroy_remote_active_rq.Inc();
}

// --- Time. One timer serves the connection and its streams. It is armed for the earliest moment at
// which anything could be due, and finds out what really is when it fires; things that move their
// deadlines later never touch it.

void HttpConnection::ResponseComplete(Duration flush_timeout) {
  if (http2()) return;  // its streams see to it themselves
  flush_timeout_ = flush_timeout;
  flush_since_ = {};
}

Duration HttpConnection::FlushTimeout() const {
  const Timeouts& timeouts = manager_.options().timeouts;
  const Duration flush = http2() || !streams_.empty() ? timeouts.stream_idle : flush_timeout_;
  return flush != Duration::zero() ? flush : std::chrono::hours(24);
}

// The head that has begun must be complete by then; request_headers_timeout, or what a stream may
// be idle for.
MonoTime HttpConnection::HeadDeadline() const {
  const Timeouts& timeouts = manager_.options().timeouts;
  return After(head_since_, timeouts.request_headers != Duration::zero() ? timeouts.request_headers
                                                                         : timeouts.stream_idle);
}

MonoTime HttpConnection::NextDeadline() {
  const Timeouts& timeouts = options().timeouts;
  MonoTime next = MonoTime::max();
  streams_.ForEach([&](HttpStream& stream) { next = std::min(next, stream.NextDeadline()); });
  if (streams_.empty()) {
    next = std::min(next,
                    head_since_ != MonoTime{} ? HeadDeadline() : After(idle_since_, timeouts.idle));
  }
  if (drain_until_ != MonoTime{}) {
    next = std::min(next, drain_until_);
  } else if (duration_ == ConnectionAge::kYoung) {
    next = std::min(next, After(opened_, timeouts.max_connection));
  }
  if (flush_since_ != MonoTime{}) next = std::min(next, flush_since_ + FlushTimeout());
  return std::min(next, keepalive_.NextDeadline());
}

void HttpConnection::OnTimer() {
  if (!Reading()) return;
  const MonoTime now = loop().Now();
  streams_.ForEach([now](HttpStream& stream) { stream.OnTime(now); });
  CheckAge(now);
  if (Reading()) CheckKeepalive(now);
  if (Idle() && Reading()) CheckIdle(now);
  if (Reading()) CheckFlush(now);
  if (!Reading()) return;
  const MonoTime next = NextDeadline();
  if (next != MonoTime::max()) timer_.Arm(std::max(next - now, Duration(1)));
}

// max_connection_duration: no further requests, and the end after drain_timeout at the latest
// (which lets a client see the next response say close).
void HttpConnection::CheckAge(MonoTime now) {
  const Timeouts& timeouts = options().timeouts;
  if (duration_ == ConnectionAge::kYoung && After(opened_, timeouts.max_connection) <= now) {
    duration_ = ConnectionAge::kOld;
    stats().downstream_cx_max_duration_reached.Inc();
    StartDrain();
    if (!options().safe_max_connection_duration) drain_until_ = now + timeouts.drain;
  }
  if (drain_until_ == MonoTime{} || now < drain_until_) return;
  drain_until_ = {};
  if (state_ == State::kOpen) {
    StartDrain();  // retired, and idle ever since
  } else if (http2()) {
    codec_->StartDrain();  // the last word
  }
  if (!http2() && Idle()) CloseOrderly();
  Later();
}

void HttpConnection::CheckKeepalive(MonoTime now) {
  switch (keepalive_.OnTime(now)) {
    case http2::Keepalive::Due::kNothing: return;
    case http2::Keepalive::Due::kSendPing: return codec_->SendPing();
    case http2::Keepalive::Due::kDead: break;
  }
  manager_.http2_counters().keepalive_timeout.Inc();
  Enter(State::kClosing);
  host().Close(net::CloseKind::kReset, "http2_ping_timeout");
}

void HttpConnection::OnPong() { keepalive_.OnPong(loop().Now()); }

// Rapid reset: requests that are given up before they could be answered cost the client nothing. A
// connection on which most streams end so is closed, as soon as it cannot come right again.
void HttpConnection::NoteClientReset(HttpStream& stream) {
  constexpr uint32_t kStreams = 500;
  constexpr Duration kLifetime = std::chrono::seconds(1);
  if (!http2() || breaks_ == Break::kFlood) return;
  if (loop().Now() - stream.start() >= kLifetime) return;
  ++premature_;
  if (uint64_t{premature_} * 2 < std::max(kStreams, ended_) || !Reading()) return;
  stats().downstream_rq_too_many_premature_resets.Inc();
  SLUICE_LOG(kHttp2, kWarning, "[C{}] closed: streams reset too fast by {}", info().id,
             info().remote->ToString());
  breaks_ = Break::kFlood;
  Later();
}

void HttpConnection::CheckIdle(MonoTime now) {
  if (head_since_ != MonoTime{}) {
    if (HeadDeadline() <= now) OnHeadTimeout();
    return;
  }
  if (After(idle_since_, options().timeouts.idle) > now) return;
  stats().downstream_cx_idle_timeout.Inc();
  CloseOrderly();
}

void HttpConnection::CheckFlush(MonoTime now) {
  net::Connection& at = socket();
  if (flush_since_ == MonoTime{} || now < flush_since_ + FlushTimeout()) return;
  if (at.output().empty()) {
    flush_since_ = {};
    return;
  }
  if (at.bytes_written() != flushed_) {
    flushed_ = at.bytes_written();
    flush_since_ = now;
    return;
  }
  Enter(State::kClosing);
  host().Close(net::CloseKind::kReset, "flush_timeout");
}

// No stream exists yet that could answer: the codec has only part of a head.
void HttpConnection::OnHeadTimeout() {
  const ReplyRow& row =
      RowOf(options().timeouts.request_headers != Duration::zero() ? ReplyKind::kHeaderTimeout
                                                                   : ReplyKind::kStreamIdle);
  (stats().*row.counter).Inc();
  WriteRawReply(row.status, row.body);
  host().info().termination_details = row.details;
  LogRawReply(row);
  socket().Flush();
  if (Reading()) CloseOrderly();
}

void HttpConnection::WriteRawReply(uint32_t status, std::string_view body) {
  std::string reply = "HTTP/1.1 ";
  reply.append(http::StatusText(status)).append(" ").append(http::ReasonPhrase(status));
  reply.append("\r\ncontent-length: ").append(std::to_string(body.size()));
  reply.append("\r\ncontent-type: text/plain\r\ndate: ");
  reply.append(http::HttpDate(loop().WallNow()));
  reply.append("\r\nserver: ").append(options().server_name);
  reply.append("\r\nconnection: close\r\n\r\n").append(body);
  socket().output().Append(reply);
  stats().downstream_rq_total.Inc();
  stats().downstream_rq_http1_total.Inc();
  manager_.CountResponse(status);
}

// There was no stream, but there was an exchange: its entry has no head, and begins with its first
// byte.
void HttpConnection::LogRawReply(const ReplyRow& row) {
  const LogOptions& log = options().log;
  if (log.logs == nullptr || log.logs->empty()) return;
  const MonoTime now = loop().Now();
  stream::StreamInfo exchange;
  exchange.connection = &info();
  exchange.start = head_since_;
  exchange.start_wall = loop().WallNow() - (now - head_since_);
  exchange.protocol = http::Version::kHttp11;
  exchange.response_code = row.status;
  exchange.response_code_details = row.details;
  exchange.bytes_sent = row.body.size();
  if (row.flag) exchange.flags.Set(*row.flag);
  exchange.Mark(stream::Moment::kEnd, now);
  log.logs->Write({.info = exchange,
                   .type = log::EntryType::kDownstreamEnd,
                   .runtime = manager_.worker().runtime,
                   .now = now},
                  log.manager->queue(manager_.worker().slot));
}

}  // namespace sluice::downstream
