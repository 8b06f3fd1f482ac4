// The request's half of a stream, and its beginning.
#include "http_stream.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/base/random.h"
#include "sluice/codec/http1/details.h"
#include "sluice/http/grpc.h"
#include "sluice/http/list.h"
#include "sluice/log/grpc_status.h"
#include "sluice/net/connection.h"
#include "sluice/route/virtual_host.h"
#include "sluice/stream/tls_info.h"

namespace sluice::downstream {

using filter::FlowState;
using http::HeaderId;
using stream::Moment;
using stream::ResponseFlag;

bool HttpStream::MayFollow(Phase from, Phase to) {
  constexpr auto bit = [](Phase phase) { return 1U << static_cast<unsigned>(phase); };
  static constexpr std::array<unsigned, 5> kTable = {
      bit(Phase::kRunning) | bit(Phase::kOver),                         // kHead
      bit(Phase::kTunnel) | bit(Phase::kAnswered) | bit(Phase::kOver),  // kRunning
      bit(Phase::kAnswered) | bit(Phase::kOver),                        // kTunnel
      bit(Phase::kOver),                                                // kAnswered
      0,                                                                // kOver
  };
  return (kTable[static_cast<size_t>(from)] & bit(to)) != 0;
}

void HttpStream::Enter(Phase to) {
  SLUICE_DCHECK(MayFollow(phase_, to));
  phase_ = to;
}

HttpStream::HttpStream(HttpConnection& connection, http::CodecStream& codec_stream)
    : connection_(connection),
      codec_stream_(&codec_stream),
      chain_(*this, {request_head_, request_trailers_, informational_head_, response_head_,
                     response_trailers_, info_, arena_, &connection.manager().worker(),
                     &connection.socket()}) {
  info_.connection = &connection.info();
  info_.start = loop().Now();
  info_.start_wall = loop().WallNow();
  info_.protocol = codec_stream.version();
  stats().downstream_rq_total.Inc();
  if (connection.http2()) {
    stats().downstream_rq_http2_total.Inc();
    const Duration head = options().timeouts.request_headers;
    if (head != Duration::zero()) head_at_ = info_.start + head;
    idle_timeout_ = options().timeouts.stream_idle;
    Touch();
    connection.EnsureTimer(NextDeadline());
  } else {
    stats().downstream_rq_http1_total.Inc();
  }
  stats().downstream_rq_active.Inc();
}

HttpStream::~HttpStream() = default;

void HttpStream::Pin(Slice bytes) {
  if (pin_count_ < kInlinePins) {
    pins_[pin_count_++] = std::move(bytes);
  } else {
    more_pins_.Append(std::move(bytes));
  }
}

// --- The head.

void HttpStream::OnHead(bool end) {
  Enter(Phase::kRunning);
  head_at_ = MonoTime::max();
  info_.protocol = codec_stream_->version();
  head_request_ = request_head_.Get(HeaderId::kMethod) == "HEAD";
  connection_.NoteUserAgent(request_head_);
  const Timeouts& timeouts = options().timeouts;
  if (timeouts.request != Duration::zero()) request_at_ = info_.start + timeouts.request;
  if (end) RequestEnded();
  AnswerExpect(end);
  const auto refusal = CheckHead();
  info_.stream_id = request_head_.Get(HeaderId::kXRequestId).value_or("");
  if (refusal) return Refuse(*refusal);
  if (Overloaded()) return Refuse({ReplyKind::kOverload, {}, {}});
  if (options().tracing != nullptr) StartTrace(*options().tracing);
  RunChain(end);
}

bool HttpStream::Overloaded() {
  const filter::ProcessState* process = options().process;
  constexpr auto kAction = filter::OverloadAction::kStopAcceptingRequests;
  if (process == nullptr || process->overload.idle(kAction)) return false;
  return process->overload.Hits(kAction, FastRandom());
}

// RFC 9110 section 10.1.1.
void HttpStream::AnswerExpect(bool end) {
  if (options().proxy_100_continue || !request_head_.Has(HeaderId::kExpect)) return;
  if (!http::ListHas(*request_head_.Get(HeaderId::kExpect), "100-continue")) return;
  request_head_.Remove(HeaderId::kExpect);
  if (end) return;
  informational_head_.SetView(HeaderId::kStatus, "100");
  codec_stream_->SendInformational(informational_head_);
  informational_head_.Clear();
}

std::optional<Refusal> HttpStream::CheckHead() {
  routes_ = RoutesPin(connection_.manager().routes());
  const route::RouteTable* table = routes_->table();
  HeadInput input{options(), connection_.info(), *info_.protocol};
  if (table != nullptr) input.internal_only = table->internal_only_headers();
  if (auto refusal = CheckTarget(input, request_head_)) return refusal;
  if (auto refusal = SanitizeRequest(input, request_head_, client_)) return refusal;
  if (client_.address != connection_.info().remote) info_.remote = client_.address;
  route::FormatInput input_of;
  input_of.request_head = &request_head_;
  input_of.info = &info_;
  for (const route::HeaderMutations& edits : options().early_mutations) {
    edits.Apply(request_head_, input_of);
  }
  upgrade_ = UpgradeOf(request_head_);
  return std::nullopt;
}

// --- The chain.

void HttpStream::RunChain(bool end) {
  bool refused = false;
  const uint32_t chain = FindUpgradeChain(refused);
  BuildChain(chain);
  SetRouteTimeouts();
  connection_.EnsureTimer(NextDeadline());
  if (refused) return Reply(ReplyKind::kUpgradeRefused);
  if (options().log.at_start) Log(log::EntryType::kDownstreamStart);
  chain_.RequestHead(end);
}

void HttpStream::BuildChain(uint32_t chain) {
  const auto entries = connection_.manager().Entries(chain, ChainRoute(), arena_);
  size_t limit = connection_.socket().buffer_limit();
  if (route_ != nullptr && route_->request_body_buffer_limit) {
    limit = static_cast<size_t>(*route_->request_body_buffer_limit);
  }
  if (route_ != nullptr && route_->per_request_buffer_limit_bytes) {
    limit = std::min<size_t>(limit, *route_->per_request_buffer_limit_bytes);
  }
  chain_.Build(entries, *codec_stream_, limit);
}

// Which chain runs an upgrade; 0, the usual one, for all else.
uint32_t HttpStream::FindUpgradeChain(bool& refused) {
  if (upgrade_ == UpgradeKind::kNone) return 0;
  const std::string_view type = UpgradeType(request_head_, upgrade_, arena_);
  const UpgradeOption* option = options().FindUpgrade(type);
  bool enabled = option != nullptr && option->enabled;
  const route::RouteEntry* route = ChainRoute();
  if (route != nullptr && route->forward != nullptr) {
    if (const route::UpgradeRule* rule = route->forward->FindUpgrade(type)) {
      enabled = rule->enabled;
    }
  }
  refused = !enabled;
  return enabled && option != nullptr ? option->chain : 0;
}

const route::RouteEntry* HttpStream::ChainRoute() {
  if (route_state_ == RouteState::kKnown) return route_;
  route_state_ = RouteState::kKnown;
  if (!routes_) routes_ = RoutesPin(connection_.manager().routes());
  const route::RouteTable* table = routes_->table();
  if (random_ == 0) random_ = FastRandom() | 1;
  const stream::TlsInfo* tls = connection_.info().tls;
  route::TlsFacts facts;
  if (tls != nullptr) {
    facts.certificate_presented = tls->peer_presented();
    facts.certificate_validated = tls->peer_validated();
  }
  route_ = table == nullptr ? nullptr
                            : table->Match({.head = request_head_,
                                            .random = random_,
                                            .tls = facts,
                                            .dynamic_metadata = info_.dynamic_metadata(),
                                            .runtime = connection_.manager().worker().runtime});
  if (route_ == nullptr) return nullptr;
  info_.route_name = route_->name;
  info_.route_metadata = route_->metadata;
  if (route_->virtual_host != nullptr) {
    info_.virtual_host_name = route_->virtual_host->name;
    info_.virtual_host_metadata = route_->virtual_host->metadata;
  }
  return route_;
}

void HttpStream::ChainClearRoute() {
  route_state_ = RouteState::kUnknown;
  route_ = nullptr;
}

const void* HttpStream::ChainRouteConfig(uint32_t config_index) {
  const route::RouteEntry* route = ChainRoute();
  return route == nullptr ? nullptr : route->route_config(config_index);
}

// A gRPC client's own deadline, when the route lets it count, else the route's, else ours.
void HttpStream::SetRouteTimeouts() {
  const Timeouts& timeouts = options().timeouts;
  idle_timeout_ = timeouts.stream_idle;
  Duration duration = timeouts.max_stream;
  duration_at_ = MonoTime::max();
  if (route_ != nullptr && route_->forward != nullptr) {
    const route::ForwardAction& forward = *route_->forward;
    idle_timeout_ = forward.idle_timeout.value_or(idle_timeout_);
    duration = forward.max_stream_duration.value_or(duration);
    const auto grpc =
        forward.grpc_timeout_header_max
            ? http::ParseGrpcTimeout(request_head_.Get(HeaderId::kGrpcTimeout).value_or(""))
            : std::nullopt;
    if (grpc) {
      duration = *grpc;
      const Duration cap = *forward.grpc_timeout_header_max;
      if (cap != Duration::zero()) duration = std::min(duration, cap);
      duration -= std::min(duration, forward.grpc_timeout_header_offset.value_or(Duration{}));
      duration_at_ = info_.start + duration;  // zero: at once
    }
  }
  if (duration_at_ == MonoTime::max() && duration != Duration::zero()) {
    duration_at_ = info_.start + duration;
  }
  if (duration_at_ != MonoTime::max()) TellGrpcTimeout(duration);
  if (options().log.interval != Duration::zero()) {
    log_at_ = loop().Now() + options().log.interval;
  }
  Touch();
}

// The upstream is told how long it really has; what went by until now is not worth another number
// in every request.
void HttpStream::TellGrpcTimeout(Duration timeout) {
  if (route_ == nullptr || route_->forward == nullptr) return;
  if (!route_->forward->stream_timeouts || !log::IsGrpc(request_head_)) return;
  request_head_.SetView(HeaderId::kGrpcTimeout, http::FormatGrpcTimeout(timeout, arena_));
}

// --- The body.

void HttpStream::OnData(ByteChain& data, bool end) {
  const size_t size = data.size();
  info_.bytes_received += size;
  Touch();
  if (end) RequestEnded();
  chain_.RequestData(data, end);
  GiveCredit(size);
}

void HttpStream::SpliceRequest() {
  if (codec_stream_ == nullptr || !flowing() || read_pauses_ > 0) return;
  const uint64_t length = codec_stream_->SpliceableInput();
  net::Connection& from = connection_.socket();
  if (!from.WorthSplicing(length) || from.splicing()) return;
  // A client that waits for 100 is told by the first bytes whether it has waited for it.
  if (!connection_.BytesMayBypass()) return;  // a network filter looks at them
  if (request_head_.Has(HeaderId::kExpect)) return;
  if (net::Connection* to = chain_.RequestSpliceTarget(length)) from.StartSplice(*to, length);
}

void HttpStream::RequestSpliced(uint64_t bytes) {
  info_.bytes_received += bytes;
  Touch();
  chain_.RequestSpliced(bytes);
  if (codec_stream_ != nullptr) codec_stream_->SplicedInput(bytes);
}

void HttpStream::OnTrailers() {
  Touch();
  RequestEnded();
  chain_.RequestTrailers();
}

void HttpStream::RequestEnded() {
  request_complete_ = true;
  info_.MarkOnce(Moment::kRequestEnd, loop().Now());
}

void HttpStream::OnChainRequestDone() { request_at_ = MonoTime::max(); }

// While the body is held back, so is the peer's window.
void HttpStream::GiveCredit(size_t bytes) {
  credit_held_ += bytes;
  if (read_pauses_ > 0 || codec_stream_ == nullptr || credit_held_ == 0) return;
  codec_stream_->Consumed(std::exchange(credit_held_, 0));
}

void HttpStream::OnChainRequestHigh() {
  if (read_pauses_++ == 0) stats().downstream_flow_control_paused_reading_total.Inc();
  if (codec_stream_ != nullptr) codec_stream_->PauseReading();
}

void HttpStream::OnChainRequestLow() {
  SLUICE_CHECK(read_pauses_ > 0);
  if (--read_pauses_ == 0) stats().downstream_flow_control_resumed_reading_total.Inc();
  if (codec_stream_ == nullptr) return;
  codec_stream_->ResumeReading();
  GiveCredit(0);
}

// --- Early ends.

void HttpStream::OnReset(http::ResetReason reason, std::string_view detail) {
  if (phase_ == Phase::kHead) Enter(Phase::kRunning);
  using http::ResetReason;
  switch (reason) {
    case ResetReason::kConnectionTermination:
      info_.flags.Set(ResponseFlag::kDownstreamConnectionTermination);
      if (detail.empty()) detail = "downstream_remote_disconnect";
      break;
    case ResetReason::kProtocolError:
      info_.flags.Set(ResponseFlag::kDownstreamProtocolError);
      break;
    default: info_.flags.Set(ResponseFlag::kDownstreamRemoteReset); break;
  }
  stats().downstream_rq_rx_reset.Inc();
  SetDetails(detail);
  chain_.Abort();
  if (reason != ResetReason::kConnectionTermination) connection_.NoteClientReset(*this);
}

void HttpStream::OnDecodeError(const Error& error) {
  if (phase_ == Phase::kHead) Enter(Phase::kRunning);
  if (chain_.response() == FlowState::kLeaving) {
    return OnReset(http::ResetReason::kProtocolError, error.detail);
  }
  const uint32_t status = http1::StatusOf(error);
  info_.flags.Set(ResponseFlag::kDownstreamProtocolError);
  if (!chain_.built()) BuildChain(0);
  SetRouteTimeouts();
  connection_.EnsureTimer(NextDeadline());
  codec_stream_->CloseConnectionAfter();
  // A limit is not the protocol's fault, but the flag is Envoy's for all that codecs refuse.
  filter::LocalReply reply;
  reply.status = status;
  reply.body = CodecErrorBody(status);
  reply.details = arena_.Copy(error.detail);
  chain_.SendLocalReply(reply);
}

void HttpStream::Refuse(const Refusal& refusal) {
  SetRouteTimeouts();
  connection_.EnsureTimer(NextDeadline());
  Reply(refusal.kind, refusal.status, refusal.location);
}

void HttpStream::Reply(ReplyKind kind, std::optional<uint32_t> status, std::string_view location) {
  const ReplyRow& row = RowOf(kind);
  if (row.flag) info_.flags.Set(*row.flag);
  if (row.counter != nullptr) (stats().*row.counter).Inc();
  if (!chain_.built()) {
    route_state_ = RouteState::kKnown;  // a head that was refused is not matched
    BuildChain(0);
  }
  filter::LocalReply reply{
      .status = status.value_or(row.status), .body = row.body, .details = row.details};
  if (row.grpc_status != 0) reply.grpc_status = row.grpc_status;
  if (!location.empty()) {
    reply.edit = [](http::HeaderMap& head, void* to) {
      head.SetView(HeaderId::kLocation, *static_cast<std::string_view*>(to));
    };
    reply.edit_context = &location;
  }
  chain_.SendLocalReply(reply);
}

void HttpStream::GiveUp(std::string_view details) {
  OnChainReset(http::ResetReason::kLocalReset, details);
}

// --- Time.

void HttpStream::Touch() {
  if (idle_timeout_ != Duration::zero()) idle_at_ = loop().Now() + idle_timeout_;
}

MonoTime HttpStream::NextDeadline() const {
  const MonoTime idle = idle_timeout_ == Duration::zero() ? MonoTime::max() : idle_at_;
  return std::min({idle, request_at_, duration_at_, log_at_, head_at_});
}

// 408 while the request is still coming, 504 once it is the upstream that takes so long.
void HttpStream::OnTime(MonoTime now) {
  if (phase_ == Phase::kHead && codec_stream_ != nullptr) return OnHeadTime(now);
  if (phase_ == Phase::kAnswered && connection_.http2()) return CheckFlush(now);
  if (!flowing()) {
    idle_at_ = request_at_ = duration_at_ = log_at_ = MonoTime::max();
    return;
  }
  const std::optional<uint32_t> late =
      request_complete_ ? std::optional<uint32_t>(504) : std::nullopt;
  if (idle_timeout_ != Duration::zero() && idle_at_ <= now) {
    idle_at_ = MonoTime::max();
    return Reply(ReplyKind::kStreamIdle, late);
  }
  if (duration_at_ <= now) {
    duration_at_ = MonoTime::max();
    return Reply(ReplyKind::kMaxDuration, late);
  }
  if (request_at_ <= now) {
    request_at_ = MonoTime::max();
    return Reply(ReplyKind::kRequestTimeout);
  }
  if (log_at_ <= now) {
    Log(log::EntryType::kDownstreamPeriodic);
    log_at_ = now + options().log.interval;
  }
}

// h2: the head comes in pieces, and other streams go on meanwhile.
void HttpStream::OnHeadTime(MonoTime now) {
  if (std::min(head_at_, idle_at_) > now) return;
  const bool by_head = head_at_ <= now;
  head_at_ = MonoTime::max();
  Enter(Phase::kRunning);
  Refuse({by_head ? ReplyKind::kHeaderTimeout : ReplyKind::kStreamIdle, {}, {}});
}

// h2: the whole response is here, but the client's window is shut. stream_flush_timeout begins
// again with every byte that it takes.
void HttpStream::CheckFlush(MonoTime now) {
  if (codec_stream_ == nullptr || idle_timeout_ == Duration::zero()) return;
  const size_t unsent = codec_stream_->buffered_output();
  if (unsent != unsent_) {
    unsent_ = unsent;
    Touch();
  }
  if (idle_at_ > now) return;
  connection_.manager().http2_counters().tx_flush_timeout.Inc();
  GiveUp("stream_flush_timeout");
}

}  // namespace sluice::downstream
