#include "http_probe.h"

#include <algorithm>
#include <utility>

#include "grpc_health.h"
#include "sluice/codec/http1/client_codec.h"
#include "sluice/codec/http2/client_codec.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "tcp_probe.h"

namespace sluice::upstream {

using http::HeaderId;

std::unique_ptr<Probe> MakeProbe(const ProbeContext& context, ProbeEvents& events) {
  if (context.options.protocol == HealthProtocol::kTcp) {
    return std::make_unique<TcpProbe>(context, events);
  }
  return std::make_unique<HttpProbe>(context, events);
}

HttpProbe::HttpProbe(const ProbeContext& context, ProbeEvents& events)
    : context_(context), events_(events), connection_(context) {
  http1_options_.max_head_bytes = static_cast<uint32_t>(context.max_head_bytes);
  http2_options_.max_head_bytes = static_cast<uint32_t>(context.max_head_bytes);
  http2_options_.max_concurrent_streams = 1;
  // An answer is small; a large one is not to be taken in at once.
  http2_options_.initial_stream_window_size = 65535;
  http2_options_.initial_connection_window_size = 65535;
}

HttpProbe::~HttpProbe() { Drop(); }

void HttpProbe::Begin(const ProbeTarget& target) {
  hostname_ = target.hostname;
  complete_ = false;
  if (MayAskAgain(target.address)) {
    state_ = State::kAsking;
    return Ask();
  }
  Drop();
  state_ = State::kConnecting;
  connection_.Open(target.address, *this);
}

bool HttpProbe::MayAskAgain(const net::Address& to) {
  if (codec_ == nullptr || close_after_ || !codec_->reusable()) return false;
  // On HTTP/2 a peer that is asked nothing may still have something to say.
  return connection_.Usable(to) || (context_.options.http2 && connection_.OpenTo(to));
}

void HttpProbe::GiveUp() {
  state_ = State::kIdle;
  Drop();
}

// Never from inside the codec.
void HttpProbe::Drop() {
  Unlink();
  connection_.Drop();
  if (codec_ != nullptr) {
    const State state = std::exchange(state_, State::kIdle);  // what the codec says is no answer
    codec_->ConnectionLost(http::ResetReason::kLocalReset, {});
    state_ = state;
    codec_.reset();
  }
  stream_ = nullptr;
  close_after_ = input_ended_ = end_told_ = false;
}

void HttpProbe::OnConnected() {
  connection_->SetInputFloor(context_.max_head_bytes + 1);
  if (context_.options.http2) {
    codec_ = http2::MakeClientCodec(*this, http2_options_, http2_counters_);
  } else {
    codec_ = http1::MakeClientCodec(*this, http1_options_, http1_counters_);
  }
  state_ = State::kAsking;
  Ask();
}

void HttpProbe::Ask() {
  const HealthOptions& options = context_.options;
  exchange_ = std::make_unique<Exchange>();
  http::HeaderMap& head = exchange_->request;
  head.SetView(HeaderId::kMethod, options.method);
  head.SetView(HeaderId::kScheme, context_.transport.is_tls() ? "https" : "http");
  head.SetView(HeaderId::kAuthority, hostname_.empty() ? options.host : hostname_);
  head.SetView(HeaderId::kPath, options.path);
  head.AddView(HeaderId::kUserAgent, "Envoy/HC");
  for (const auto& [name, value] : options.headers) head.Add(name, value);
  for (const std::string& name : options.headers_removed) head.Remove(name);
  if (!options.send.empty() && options.protocol == HealthProtocol::kHttp) {
    head.SetView(HeaderId::kContentLength,
                 http::FormatDecimal(exchange_->arena, options.send.size()));
  }
  stream_ = &codec_->NewStream(*this);
  stream_->SendHead(head, options.send.empty());
  if (!options.send.empty() && stream_ != nullptr) {
    ByteChain body;
    body.Append(options.send);
    stream_->SendData(body, true);
  }
}

void HttpProbe::OnBytes(ByteChain& /*in*/, bool end) {
  input_ended_ = input_ended_ || end;
  Dispatch();
}

void HttpProbe::Dispatch() {
  if (codec_ == nullptr || connection_.get() == nullptr) return;
  ByteChain& in = connection_->input();
  // Bytes that were not asked for, or the end: not a connection to ask again on.
  if (state_ != State::kAsking && (!context_.options.http2 || input_ended_)) {
    close_after_ = true;
    in.Clear();
    return;
  }
  Result<> result = in.empty() ? Result<>() : codec_->Dispatch(in);
  if (result && input_ended_ && !std::exchange(end_told_, true)) result = codec_->DispatchEnd();
  if (input_ended_) close_after_ = true;
  if (!result) {
    close_after_ = true;
    Decide(ProbeOutcome::kNetwork);
  }
}

void HttpProbe::OnClosed(const net::CloseInfo& /*info*/) {
  close_after_ = true;
  if (codec_ != nullptr) codec_->ConnectionLost(http::ResetReason::kConnectionTermination, {});
  if (state_ == State::kConnecting || state_ == State::kAsking) Decide(ProbeOutcome::kNetwork);
}

void HttpProbe::OnHead(bool end) {
  exchange_->head_seen = true;
  if (exchange_->response.Get(HeaderId::kConnection) == "close") close_after_ = true;
  complete_ = end;
}

// Beyond what is looked at, a body is only waited for.
void HttpProbe::OnData(ByteChain& data, bool end) {
  const uint64_t limit = context_.options.response_buffer_size;
  const size_t room =
      limit == 0 ? SIZE_MAX
                 : static_cast<size_t>(limit) - std::min<size_t>(limit, exchange_->body.size());
  const bool read =
      !context_.options.receive.empty() || context_.options.protocol == HealthProtocol::kGrpc;
  size_t left = read ? room : 0;
  for (size_t i = 0; i < data.slice_count() && left != 0; ++i) {
    const std::string_view piece = data.slice(i).view().substr(0, left);
    exchange_->body.append(piece);
    left -= piece.size();
  }
  if (stream_ != nullptr) stream_->Consumed(data.size());
  data.Clear();
  complete_ = complete_ || end;
}

void HttpProbe::OnReset(http::ResetReason /*reason*/, std::string_view /*detail*/) {
  close_after_ = true;
  Decide(ProbeOutcome::kNetwork);
}

void HttpProbe::OnStreamDone() {
  stream_ = nullptr;
  Decide(complete_ ? Verdict() : ProbeOutcome::kNetwork);
}

// The answer is given from the loop: the codec is still at work here.
void HttpProbe::Decide(ProbeOutcome outcome) {
  if (state_ != State::kConnecting && state_ != State::kAsking) return;
  state_ = State::kDone;
  outcome_ = outcome;
  context_.loop.RunLater(*this);
}

ProbeOutcome HttpProbe::Verdict() const {
  const HealthOptions& options = context_.options;
  if (options.protocol == HealthProtocol::kGrpc) return GrpcVerdict();
  const uint32_t status =
      http::ParseStatus(exchange_->response.Get(HeaderId::kStatus).value_or(""));
  const auto has = [status](const StatusRange& range) { return range.Has(status); };
  if (!std::ranges::any_of(options.expected, has)) {
    return std::ranges::any_of(options.retriable, has) ? ProbeOutcome::kRetriable
                                                       : ProbeOutcome::kFailed;
  }
  if (!HoldsInOrder(exchange_->body, options.receive)) return ProbeOutcome::kFailed;
  return exchange_->response.Get("x-envoy-degraded") ? ProbeOutcome::kDegraded
                                                     : ProbeOutcome::kHealthy;
}

// A response without a body has its grpc-status in the head.
ProbeOutcome HttpProbe::GrpcVerdict() const {
  const Exchange& exchange = *exchange_;
  if (exchange.response.Get(HeaderId::kStatus) != "200") return ProbeOutcome::kFailed;
  auto status = exchange.trailers.Get("grpc-status");
  if (!status) status = exchange.response.Get("grpc-status");
  const bool serving = status == "0" && GrpcSaysServing(exchange.body);
  return serving ? ProbeOutcome::kHealthy : ProbeOutcome::kFailed;
}

void HttpProbe::Run() {
  bool more = true;
  while (more && connection_.get() != nullptr && codec_ != nullptr) {
    more = codec_->WriteOutput();
    connection_->Flush();
  }
  if (state_ == State::kDone) {
    state_ = State::kIdle;
    const bool keep = context_.options.reuse_connection && !close_after_ && codec_ != nullptr &&
                      codec_->reusable() && connection_.get() != nullptr && connection_->open();
    if (!keep) Drop();
    events_.OnProbeDone(outcome_);
    return;
  }
  if (connection_.get() != nullptr && !connection_->input().empty()) Dispatch();
}

}  // namespace sluice::upstream
