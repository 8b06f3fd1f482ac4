// What attempts say, up to the decision what becomes of it.
#include <utility>

#include "failure.h"
#include "router_filter.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/stream/tls_info.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::router {

using http::HeaderId;
using http::ResetReason;
using stream::Moment;
using stream::ResponseFlag;

void RouterFilter::OnAttemptReady(Attempt& attempt) {
  NoteConnection(attempt);
  attempt.host().NoteLocal(upstream::LocalOutcome::kConnected);
  if (downstream_high_) attempt.Pause();
  const bool head_only = request_ended_ && held_.empty() && !has_trailers_;
  host().info().Mark(Moment::kUpstreamSendStart, loop().Now());
  attempt.head_sent = true;
  attempt.codec().SendHead(host().request_head(), head_only);
  if (!attempt.sending()) return;
  if (!head_only) SendHeld(attempt);
  if (request_ended_ && attempt.sending()) AfterRequestSent(attempt);
}

void RouterFilter::NoteConnection(Attempt& attempt) {
  stream::StreamInfo& info = host().info();
  upstream::UpstreamStream& stream = attempt.stream();
  net::Connection& connection = stream.connection();
  Arena& arena = host().arena();
  info.Mark(Moment::kUpstreamConnectStart, stream.connect_start());
  info.Mark(Moment::kUpstreamConnectEnd, stream.connect_end());
  info.Mark(Moment::kPoolReady, loop().Now());
  info.upstream_local = arena.New<net::Address>(connection.local());
  info.upstream_remote = arena.New<net::Address>(connection.remote());
  info.upstream_protocol = attempt.codec().version();
  info.upstream_connection_id = connection.id();
  const stream::TlsInfo* tls = connection.transport().tls_info();
  info.upstream_tls = tls != nullptr ? LocalPin(*tls) : LocalPin<const stream::TlsInfo>();
}

void RouterFilter::AddUpstreamBytes(const http::StreamBytes& bytes) {
  http::StreamBytes& sum = host().info().upstream_bytes;
  sum.wire_in += bytes.wire_in;
  sum.wire_out += bytes.wire_out;
  sum.header_in += bytes.header_in;
  sum.header_out += bytes.header_out;
}

void RouterFilter::OnAttemptFailed(Attempt& attempt, const AttemptFailure& failure) {
  if (state_ == State::kOver || &attempt != attempt_) return;
  stream::StreamInfo& info = host().info();
  if (!failure.transport.empty()) {
    info.upstream_transport_failure_reason = host().arena().Copy(failure.transport);
  }
  upstream::HostCells::Add(attempt.host().cells().rq_error);
  if (failure.reason != ResetReason::kOverflow) {
    attempt.host().NoteLocal(upstream::LocalOutcome::kConnectFailed);
  }
  if (state_ == State::kResponding) {
    info.flags.Set(RowOf(failure.reason).flag);
    worker_.stats().rq_reset_after_downstream_response_started.Inc();
    BreakOff(failure.reason, FailureDetails(failure.reason, true, host().arena()));
    return;
  }
  if (RetryStale(attempt, failure)) return;
  if (RetryAfterReset(attempt, failure.reason)) return;
  ReplyWithFailure(failure.reason);
}

// The codec has ended the exchange by itself: what we sent could not be written.
void RouterFilter::OnAttemptDone(Attempt& attempt) {
  if (&attempt != attempt_ || state_ == State::kOver) return;
  if (response_ended_) {
    state_ = State::kOver;
    return;
  }
  OnAttemptFailed(attempt, {ResetReason::kLocalReset, {}, false, true});
}

void RouterFilter::OnAttemptLimit(Attempt& attempt, AttemptLimit limit) {
  if (&attempt != attempt_ || state_ == State::kOver) return;
  upstream::ClusterStats& stats = cluster().stats();
  const bool duration = limit == AttemptLimit::kMaxDuration;
  (duration                         ? stats.upstream_rq_max_duration_reached
   : limit == AttemptLimit::kPerTry ? stats.upstream_rq_per_try_timeout
                                    : stats.upstream_rq_per_try_idle_timeout)
      .Inc();
  upstream::HostCells::Add(attempt.host().cells().rq_timeout);
  upstream::HostCells::Add(attempt.host().cells().rq_error);
  attempt.host().NoteLocal(upstream::LocalOutcome::kTimeout);
  attempt.Drop();
  const ResponseFlag flag =
      duration ? ResponseFlag::kUpstreamMaxStreamDuration : ResponseFlag::kUpstreamRequestTimeout;
  const std::string_view details = duration ? "upstream_max_stream_duration_reached"
                                   : limit == AttemptLimit::kPerTry
                                       ? "upstream_per_try_timeout"
                                       : "upstream_per_try_idle_timeout";
  if (state_ == State::kResponding) {
    host().info().flags.Set(flag);
    worker_.stats().rq_reset_after_downstream_response_started.Inc();
    return BreakOff(ResetReason::kLocalReset, details);
  }
  after_timeout_ = !duration;
  if (RetryAfterReset(attempt, ResetReason::kLocalReset)) return;
  after_timeout_ = false;
  ReplyTimeout(duration ? "upstream max stream duration reached" : "upstream request timeout",
               details, flag, duration && !request_ended_ ? 408 : 504);
}

void RouterFilter::OnAttemptInformational(http::HeaderMap& head) {
  if (state_ != State::kTrying) return;
  http::HeaderMap& out = host().informational_head();
  out.Clear();
  for (const http::HeaderEntry& entry : head.entries()) out.AddEntry(entry);
  head.Clear();
  host().SendInformational();
}

void RouterFilter::OnAttemptHead(Attempt& attempt, bool end) {
  if (&attempt != attempt_ || state_ != State::kTrying) return;
  host().info().MarkOnce(Moment::kUpstreamHeadReceived, loop().Now());
  attempt.StopPerTry();
  const uint32_t status =
      http::ParseStatus(host().response_head().Get(HeaderId::kStatus).value_or(""));
  if (status == 101 && kind_ == RequestKind::kUpgrade && !SwitchesAsAsked(host().response_head())) {
    cluster().stats().upstream_cx_protocol_error.Inc();
    attempt.Drop(ResetReason::kProtocolError);
    return OnAttemptFailed(attempt, {ResetReason::kProtocolError, {}, false, false});
  }
  TellOfHealth(attempt.host(), status);
  const bool complete = end && request_ended_;
  if (RetryAfterResponse(attempt, status, complete)) return;
  if (RedirectInternally(attempt, status, complete)) return;
  Respond(attempt, status, end);
}

// What the response says of the host's health; a gRPC failure in the head is one.
void RouterFilter::TellOfHealth(upstream::Host& from, uint32_t status) {
  http::HeaderMap& head = host().response_head();
  const upstream::ClusterOptions& options = cluster().options();
  if (options.outliers != nullptr) {
    const auto grpc_status = grpc_ ? head.Get("grpc-status") : std::nullopt;
    const auto code = grpc_status ? http::ParseDecimal(*grpc_status) : std::nullopt;
    from.NoteStatus(code ? http::HttpStatusOfGrpc(static_cast<uint32_t>(*code)) : status);
  }
  if (options.on_unhealthy && head.Remove("x-envoy-immediate-health-check-fail") != 0) {
    from.NoteUnhealthy();
  }
}

void RouterFilter::OnAttemptData(Attempt& attempt, ByteChain& data, bool end) {
  if (&attempt != attempt_ || state_ != State::kResponding) return data.Clear();
  if (!data.empty()) host().info().MarkOnce(Moment::kUpstreamBodyReceived, loop().Now());
  if (end) host().info().Mark(Moment::kUpstreamEnd, loop().Now());
  host().SendResponseData(data, end);
  if (end) ResponseEnded(attempt);
}

void RouterFilter::OnAttemptTrailers(Attempt& attempt) {
  if (&attempt != attempt_ || state_ != State::kResponding) return;
  host().info().Mark(Moment::kUpstreamEnd, loop().Now());
  host().SendResponseTrailers();
  ResponseEnded(attempt);
}

}  // namespace sluice::filters::router
