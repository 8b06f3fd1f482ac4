#include "async_exchange.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/http/status.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

filter::AsyncFields ToFields(const http::HeaderMap& map) {
  filter::AsyncFields list;
  for (const http::HeaderEntry& entry : map.entries()) {
    list.emplace_back(entry.Name(), entry.Value());
  }
  return list;
}

AsyncExchange::AsyncExchange(ClusterSet& clusters, filter::AsyncRequest request,
                             filter::AsyncStreamEvents& events)
    : clusters_(clusters),
      request_(std::move(request)),
      events_(events),
      timer_(clusters.loop(), [this] { FailLater(ErrorCode::kTimeout, "request timeout"); }) {
  for (const auto& [name, value] : request_.head) request_head_.AddView(name, value);
}

AsyncExchange::~AsyncExchange() = default;

void AsyncExchange::Start() {
  Cluster* cluster = clusters_.Find(request_.cluster);
  if (cluster == nullptr) {
    return FailLater(ErrorCode::kNoCluster, fmt::format("no cluster '{}'", request_.cluster));
  }
  cluster_ = ClusterPin(*cluster);
  if (request_.timeout > Duration{}) timer_.Arm(request_.timeout);
  const LbContext context;
  Host* host = cluster_->PickHost(context);
  if (host == nullptr) {
    cluster_->stats().upstream_cx_none_healthy.Inc();
    return FailLater(ErrorCode::kNoHealthyHost, "no healthy upstream");
  }
  cluster_->NewStream(*host, {}, context, *this, ticket_);
}

bool AsyncExchange::Write(std::string_view bytes, bool end) {
  if (error_ || complete_ || sending_ != Sending::kOpen) return false;
  const size_t queued = head_sent_ && ticket_.stream() != nullptr
                            ? ticket_.stream()->codec().buffered_output()
                            : waiting_.size();
  if (queued + bytes.size() > request_.max_response_bytes) return false;
  waiting_.Append(bytes);
  if (end) sending_ = Sending::kEndWaits;
  SendWaiting();
  return true;
}

void AsyncExchange::SendWaiting() {
  if (!head_sent_ || ticket_.stream() == nullptr || sending_ == Sending::kEnded) return;
  const bool end = sending_ == Sending::kEndWaits;
  if (waiting_.empty() && !end) return;
  if (end) sending_ = Sending::kEnded;
  ticket_.stream()->codec().SendData(waiting_, end);
}

void AsyncExchange::OnStreamReady(UpstreamStream& stream) {
  head_sent_ = true;
  stream.codec().SendHead(request_head_, false);
  SendWaiting();
}

void AsyncExchange::OnStreamFailed(const PoolFailure& failure) {
  const bool overflow = failure.reason == http::ResetReason::kOverflow;
  FailLater(
      overflow ? ErrorCode::kOverflow : ErrorCode::kConnectFailed,
      fmt::format("{}: {}", http::ResetReasonName(failure.reason), failure.transport_failure));
}

void AsyncExchange::OnHead(bool end) {
  head_waits_ = true;
  complete_ = end;
  clusters_.loop().RunLater(*this);
}

void AsyncExchange::OnData(ByteChain& data, bool end) {
  if (error_) return data.Clear();
  const size_t size = data.size();
  if (data_.size() + size > request_.max_response_bytes) {
    return FailLater(ErrorCode::kTooLarge, "response too large");
  }
  for (size_t i = 0; i < data.slice_count(); ++i) data_.append(data.slice(i).view());
  data.Clear();
  complete_ = complete_ || end;
  clusters_.loop().RunLater(*this);
  if (ticket_.stream() != nullptr) ticket_.stream()->codec().Consumed(size);
}

void AsyncExchange::OnTrailers() {
  complete_ = true;
  clusters_.loop().RunLater(*this);
}

void AsyncExchange::OnReset(http::ResetReason reason, std::string_view detail) {
  if (complete_) return;
  FailLater(reason == http::ResetReason::kProtocolError ? ErrorCode::kProtocol
                                                        : ErrorCode::kConnectionReset,
            fmt::format("{} {}", http::ResetReasonName(reason), detail));
}

void AsyncExchange::OnStreamDone() {
  if (!complete_) FailLater(ErrorCode::kInternal, "the request could not be sent");
}

void AsyncExchange::FailLater(ErrorCode code, std::string detail) {
  if (error_) return;
  timer_.Disarm();
  error_ = Error{code, Origin::kUpstream, Retry::kNo, std::move(detail), nullptr};
  clusters_.loop().RunLater(*this);
}

void AsyncExchange::Run() { TellNext(); }

// One thing, and it is the last that is done here: whoever is told may destroy this.
void AsyncExchange::TellNext() {
  if (std::exchange(head_waits_, false)) {
    if (TellsMore()) clusters_.loop().RunLater(*this);
    return events_.OnStreamHead(
        http::ParseStatus(response_head_.Get(http::HeaderId::kStatus).value_or("")),
        ToFields(response_head_));
  }
  if (!data_.empty()) {
    std::string data = std::exchange(data_, {});
    if (TellsMore()) clusters_.loop().RunLater(*this);
    return events_.OnStreamData(std::move(data));
  }
  if (error_) {
    ticket_.Drop();
    const Error error = *error_;
    return events_.OnStreamFailure(error);
  }
  if (!complete_) return;
  timer_.Disarm();
  events_.OnStreamEnd(ToFields(trailers_));
}

}  // namespace sluice::upstream
