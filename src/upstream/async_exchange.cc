#include "async_exchange.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

using http::HeaderId;

AsyncExchange::AsyncExchange(ClusterSet& clusters, filter::AsyncRequest request)
    : clusters_(clusters),
      request_(std::move(request)),
      timer_(clusters.loop(), [this] { GiveUp(ErrorCode::kTimeout, "request timeout"); }) {
  for (const auto& [name, value] : request_.head) request_head_.AddView(name, value);
  for (const auto& [name, value] : request_.trailers) request_trailers_.AddView(name, value);
  if (!request_.body.empty() && request_.trailers.empty()) {
    request_head_.SetView(HeaderId::kContentLength,
                          http::FormatDecimal(arena_, request_.body.size()));
  }
}

void AsyncExchange::Start() {
  Cluster* cluster = clusters_.Find(request_.cluster);
  if (cluster == nullptr) {
    return FailLater(ErrorCode::kNoCluster, fmt::format("no cluster '{}'", request_.cluster));
  }
  cluster_ = ClusterPin(*cluster);
  if (request_.timeout > Duration{}) timer_.Arm(request_.timeout);
  Begin(false);
}

void AsyncExchange::Begin(bool fresh) {
  response_head_.Clear();
  const LbContext context;
  Host* host = cluster_->PickHost(context);
  if (host == nullptr) {
    cluster_->stats().upstream_cx_none_healthy.Inc();
    return FailLater(ErrorCode::kNoHealthyHost, "no healthy upstream");
  }
  cluster_->NewStream(*host, {Priority::kDefault, fresh}, context, *this, ticket_);
}

void AsyncExchange::OnStreamFailed(const PoolFailure& failure) {
  const bool overflow = failure.reason == http::ResetReason::kOverflow;
  FailLater(
      overflow ? ErrorCode::kOverflow : ErrorCode::kConnectFailed,
      fmt::format("{}: {}", http::ResetReasonName(failure.reason), failure.transport_failure));
}

void AsyncExchange::OnReset(http::ResetReason reason, std::string_view detail) {
  if (complete_) return;
  FailLater(reason == http::ResetReason::kProtocolError ? ErrorCode::kProtocol
                                                        : ErrorCode::kConnectionReset,
            fmt::format("{} {}", http::ResetReasonName(reason), detail));
}

void AsyncExchange::GiveUp(ErrorCode code, std::string detail) {
  ticket_.Drop();
  FailLater(code, std::move(detail));
}

void AsyncExchange::FailLater(ErrorCode code, std::string detail) {
  if (error_) return;
  timer_.Disarm();
  error_ = Error{code, Origin::kUpstream, Retry::kNo, std::move(detail), nullptr};
  TellLater();
}

uint32_t AsyncExchange::status() const {
  return http::ParseStatus(response_head_.Get(HeaderId::kStatus).value_or(""));
}

filter::AsyncFields AsyncExchange::ToFields(const http::HeaderMap& map) {
  filter::AsyncFields list;
  for (const http::HeaderEntry& entry : map.entries()) {
    list.emplace_back(entry.Name(), entry.Value());
  }
  return list;
}

}  // namespace sluice::upstream
