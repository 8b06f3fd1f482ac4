// The response's half of a stream, and its end.
#include <utility>

#include "http_stream.h"
#include "response_head.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/log/grpc_status.h"
#include "sluice/net/connection.h"

namespace sluice::downstream {

using http::HeaderId;
using stream::Moment;

// --- Out of the chain.

void HttpStream::OnChainInformational() {
  if (codec_stream_ == nullptr) return;
  Touch();
  codec_stream_->SendInformational(informational_head_);
}

void HttpStream::OnChainResponseHead(bool end) {
  if (codec_stream_ == nullptr) return;
  const uint32_t status = http::ParseStatus(response_head_.Get(HeaderId::kStatus).value_or(""));
  PrepareHead(status);
  const bool ends = end || head_request_;
  codec_stream_->SendHead(response_head_, ends);
  if (ends) return ResponseEnded();
  if (tunnel_wish_ == TunnelWish::kWanted) StartTunnel();
}

void HttpStream::PrepareHead(uint32_t status) {
  Touch();
  info_.response_code = status;
  info_.MarkOnce(Moment::kResponseStart, loop().Now());
  if (info_.response_code_details.empty()) info_.response_code_details = "via_upstream";
  SanitizeResponse(options(), request_head_, loop().WallNow(), response_head_);
  if (info_.span != nullptr) TraceResponse();
  if (!request_complete_ && upgrade_ == UpgradeKind::kNone) {
    // What is left of the request may never end: the connection will not be used again.
    stats().downstream_rq_response_before_rq_complete.Inc();
    codec_stream_->CloseConnectionAfter();
  }
  connection_.CloseAfterThisResponse();
  if (info_.health_check) return;
  connection_.manager().CountResponse(status);
}

void HttpStream::OnChainResponseData(ByteChain& data, bool end) {
  if (codec_stream_ == nullptr || head_request_) return data.Clear();
  Touch();
  info_.bytes_sent += data.size();
  codec_stream_->SendData(data, end);
  if (end) ResponseEnded();
}

net::Connection* HttpStream::ChainSpliceTarget(uint64_t length) {
  if (codec_stream_ == nullptr || head_request_ || !flowing()) return nullptr;
  net::Connection& to = connection_.socket();
  if (!connection_.BytesMayBypass()) return nullptr;
  if (!to.WorthSplicingTo(length) || !codec_stream_->SpliceableOutput(length)) return nullptr;
  return &to;
}

void HttpStream::OnChainResponseSpliced(uint64_t bytes) {
  if (codec_stream_ == nullptr) return;
  Touch();
  info_.bytes_sent += bytes;
  codec_stream_->SplicedOutput(bytes);
}

void HttpStream::OnChainResponseTrailers() {
  if (codec_stream_ == nullptr || head_request_) return;
  if (response_trailers_.size() == 0) {  // a filter has taken them out
    ByteChain nothing;
    codec_stream_->SendData(nothing, true);
  } else {
    codec_stream_->SendTrailers(response_trailers_);
  }
  ResponseEnded();
}

// The route's, else the manager's; what a stream may be idle for where neither is given.
Duration HttpStream::FlushTimeout() const {
  const route::ForwardAction* forward = route_ == nullptr ? nullptr : route_->forward;
  if (forward != nullptr && forward->flush_timeout) return *forward->flush_timeout;
  return options().timeouts.stream_flush.value_or(idle_timeout_);
}

void HttpStream::ResponseEnded() {
  info_.MarkOnce(Moment::kResponseEnd, loop().Now());
  idle_timeout_ = FlushTimeout();
  connection_.ResponseComplete(idle_timeout_);
  Touch();
  if (flowing()) {
    if (phase_ == Phase::kRunning || request_complete_) Enter(Phase::kAnswered);
  }
}

void HttpStream::OnChainReset(http::ResetReason reason, std::string_view details) {
  if (codec_stream_ == nullptr) return;
  stats().downstream_rq_tx_reset.Inc();
  SetDetails(details);
  chain_.Abort();
  // A body that ends with the connection looks whole unless that breaks.
  const bool by_reset = info_.response_code != 0 && *info_.protocol == http::Version::kHttp10;
  connection_.BreakOff(by_reset);
  codec_stream_->Reset(reason);
}

void HttpStream::SetDetails(std::string_view details) {
  // A response that broke off keeps the details of its head.
  if (!details.empty()) info_.response_code_details = arena_.Copy(details);
}

void HttpStream::OnChainBodyTooLarge(filter::Direction direction) {
  (direction == filter::Direction::kRequest ? stats().downstream_rq_too_large
                                            : stats().rs_too_large)
      .Inc();
}

// --- Back-pressure.

void HttpStream::OnOutputHigh() {
  if (std::exchange(pressure_, Pressure::kHigh) == Pressure::kLow) chain_.ResponseHigh();
}

void HttpStream::OnOutputLow() {
  Touch();
  if (std::exchange(pressure_, Pressure::kLow) == Pressure::kHigh) chain_.ResponseLow();
}

// --- Tunnels.

void HttpStream::ChainBecomeTunnel() {
  if (std::exchange(tunnel_wish_, TunnelWish::kWanted) == TunnelWish::kWanted) return;
  if (chain_.response() == filter::FlowState::kLeaving) StartTunnel();
}

void HttpStream::StartTunnel() {
  if (codec_stream_ == nullptr || phase_ != Phase::kRunning) return;
  Enter(Phase::kTunnel);
  stats().downstream_cx_upgrades_total.Inc();
  stats().downstream_cx_upgrades_active.Inc();
  request_at_ = MonoTime::max();
  codec_stream_->BecomeTunnel();
  if (options().log.at_tunnel) Log(log::EntryType::kDownstreamTunnelSuccessfullyEstablished);
}

// --- Local replies.

void HttpStream::MakeLocalReply(const filter::LocalReply& reply, ByteChain& body) {
  response_head_.Clear();
  SetDetails(reply.details);
  info_.response_code = reply.status;
  response_head_.SetView(HeaderId::kStatus, http::StatusText(reply.status));
  if (reply.edit != nullptr) reply.edit(response_head_, reply.edit_context);
  // A request that was wrong in form may have been understood wrongly as well.
  if (reply.status == 400 && !options().stream_error_on_invalid_http_message &&
      codec_stream_ != nullptr) {
    codec_stream_->CloseConnectionAfter();
  }
  local_reply_body_ = arena_.Copy(reply.body);
  LocalReplyText text{reply.status, local_reply_body_};
  if (const ReplyRewriter* rewriter = options().replies.get()) {
    rewriter->Rewrite(text, {request_head_, response_head_, info_, arena_,
                             options().log.manager->queue(connection_.manager().worker().slot),
                             connection_.manager().worker().runtime});
    local_reply_body_ = text.reply;
  }
  if (log::IsGrpc(request_head_)) return WriteGrpcReply(reply, text);
  if (text.body.empty()) {
    response_head_.Remove(HeaderId::kContentLength);
    return;
  }
  response_head_.SetView(HeaderId::kContentLength, http::FormatDecimal(arena_, text.body.size()));
  // A format's own type says what its text is, whatever the text inside was.
  if (text.content_type != kPlainText || !response_head_.Has(HeaderId::kContentType)) {
    response_head_.SetView(HeaderId::kContentType, text.content_type);
  }
  if (!head_request_) body.Append(text.body);
}

void HttpStream::WriteGrpcReply(const filter::LocalReply& reply, const LocalReplyText& text) {
  const uint32_t status = reply.grpc_status.value_or(log::HttpToGrpcStatus(text.status));
  response_head_.SetView(HeaderId::kStatus, "200");
  response_head_.SetView(HeaderId::kContentType, "application/grpc");
  response_head_.Remove(HeaderId::kContentLength);
  if (!response_head_.Has(HeaderId::kGrpcStatus)) {
    response_head_.SetView(HeaderId::kGrpcStatus, http::FormatDecimal(arena_, status));
  }
  if (!text.body.empty() && !head_request_) {
    response_head_.SetView(HeaderId::kGrpcMessage, http::EncodeGrpcMessage(text.body, arena_));
  }
}

// --- The end.

void HttpStream::OnStreamDone() {
  info_.downstream_bytes = codec_stream_->bytes();
  codec_stream_ = nullptr;
  if (phase_ == Phase::kTunnel ||
      (phase_ == Phase::kAnswered && tunnel_wish_ == TunnelWish::kWanted)) {
    stats().downstream_cx_upgrades_active.Dec();
  }
  phase_ = Phase::kOver;
  connection_.Later(*this);
}

void HttpStream::OnChainRecreate() {
  late_ = Late::kRecreate;
  connection_.Later(*this);
}

void HttpStream::RunLate() {
  if (std::exchange(late_, Late::kNothing) == Late::kNothing) return;
  filter::SavedRequest saved;
  chain_.Destroy(&saved);
  ChainClearRoute();
  response_head_.Clear();
  response_trailers_.Clear();
  informational_head_.Clear();
  const bool end = saved.tail == filter::MessageTail::kEnd;
  RunChain(end && saved.body.empty());
  if (codec_stream_ == nullptr) return;
  if (!saved.body.empty()) chain_.RequestData(saved.body, end);
  if (saved.tail == filter::MessageTail::kTrailers) chain_.RequestTrailers();
}

void HttpStream::Log(log::EntryType type) {
  const LogOptions& options_of = options().log;
  if (options_of.logs == nullptr || options_of.logs->empty()) return;
  if (codec_stream_ != nullptr) info_.downstream_bytes = codec_stream_->bytes();
  options_of.logs->Write({.info = info_,
                          .request = &request_head_,
                          .response = &response_head_,
                          .trailers = &response_trailers_,
                          .local_reply_body = local_reply_body_,
                          .type = type,
                          .runtime = connection_.manager().worker().runtime,
                          .now = loop().Now()},
                         options_of.manager->queue(connection_.manager().worker().slot));
}

void HttpStream::Finish() {
  const MonoTime now = loop().Now();
  info_.Mark(Moment::kEnd, now);
  stats().downstream_rq_active.Dec();
  const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(now - info_.start);
  if (!info_.health_check) {
    stats().downstream_rq_time.Record(static_cast<uint64_t>(length.count()));
  }
  chain_.Complete();
  if (options().tracing != nullptr) FinishTrace(*options().tracing);
  Log(log::EntryType::kDownstreamEnd);
  chain_.Destroy();
}

}  // namespace sluice::downstream
