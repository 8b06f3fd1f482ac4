#include "async_call.h"

#include <utility>

#include <fmt/format.h>

#include "async_exchange.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/upstream/async_client.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

using http::HeaderId;

class Client final : public filter::AsyncClient {
 public:
  explicit Client(ClusterSet& clusters) : clusters_(clusters) {}
  // filter::AsyncClient
  bool HasCluster(std::string_view name) const override { return clusters_.Find(name) != nullptr; }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest request,
                                            filter::AsyncEvents& events) override {
    auto call = std::make_unique<AsyncCall>(clusters_, std::move(request), events);
    call->Start();
    return call;
  }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest request,
                                            filter::AsyncStreamEvents& events) override {
    auto stream = std::make_unique<AsyncExchange>(clusters_, std::move(request), events);
    stream->Start();
    return stream;
  }

 private:
  ClusterSet& clusters_;
};

}  // namespace

std::unique_ptr<filter::AsyncClient> MakeAsyncClient(ClusterSet& clusters) {
  return std::make_unique<Client>(clusters);
}

AsyncCall::AsyncCall(ClusterSet& clusters, filter::AsyncRequest request,
                     filter::AsyncEvents& events)
    : clusters_(clusters),
      request_(std::move(request)),
      events_(events),
      timer_(clusters.loop(), [this] {
        ticket_.Drop();
        FailLater(ErrorCode::kTimeout, "request timeout");
      }) {
  for (const auto& [name, value] : request_.head) request_head_.AddView(name, value);
  for (const auto& [name, value] : request_.trailers) request_trailers_.AddView(name, value);
  if (!request_.body.empty() && request_.trailers.empty()) {
    request_head_.SetView(HeaderId::kContentLength,
                          http::FormatDecimal(arena_, request_.body.size()));
  }
}

AsyncCall::~AsyncCall() = default;

void AsyncCall::Start() {
  Cluster* cluster = clusters_.Find(request_.cluster);
  if (cluster == nullptr) {
    return FailLater(ErrorCode::kNoCluster, fmt::format("no cluster '{}'", request_.cluster));
  }
  cluster_ = ClusterPin(*cluster);
  if (request_.timeout > Duration{}) timer_.Arm(request_.timeout);
  Begin(false);
}

void AsyncCall::Begin(bool fresh) {
  const LbContext context;
  Host* host = cluster_->PickHost(context);
  if (host == nullptr) {
    cluster_->stats().upstream_cx_none_healthy.Inc();
    return FailLater(ErrorCode::kNoHealthyHost, "no healthy upstream");
  }
  cluster_->NewStream(*host, {Priority::kDefault, fresh}, context, *this, ticket_);
}

void AsyncCall::OnStreamReady(UpstreamStream& stream) {
  const bool body_follows = !request_.body.empty();
  const bool trailers_follow = !request_.trailers.empty();
  stream.codec().SendHead(request_head_, !body_follows && !trailers_follow);
  if (body_follows && ticket_.stream() != nullptr) {
    ByteChain body;
    body.Append(request_.body);
    stream.codec().SendData(body, !trailers_follow);
  }
  if (trailers_follow && ticket_.stream() != nullptr) {
    stream.codec().SendTrailers(request_trailers_);
  }
}

void AsyncCall::OnStreamFailed(const PoolFailure& failure) {
  const bool overflow = failure.reason == http::ResetReason::kOverflow;
  FailLater(
      overflow ? ErrorCode::kOverflow : ErrorCode::kConnectFailed,
      fmt::format("{}: {}", http::ResetReasonName(failure.reason), failure.transport_failure));
}

void AsyncCall::OnHead(bool end) { complete_ = end; }

void AsyncCall::OnData(ByteChain& data, bool end) {
  if (error_) return data.Clear();
  if (body_.size() + data.size() > request_.max_response_bytes) {
    ticket_.Drop();
    return FailLater(ErrorCode::kTooLarge, "response too large");
  }
  for (size_t i = 0; i < data.slice_count(); ++i) body_.append(data.slice(i).view());
  data.Clear();
  complete_ = complete_ || end;
}

void AsyncCall::OnReset(http::ResetReason reason, std::string_view detail) {
  if (MayGoAgain()) {
    again_ = wants_again_ = true;
    cluster_->stats().upstream_rq_retry_stale_connection.Inc();
    return;  // goes on in OnStreamDone
  }
  FailLater(reason == http::ResetReason::kProtocolError ? ErrorCode::kProtocol
                                                        : ErrorCode::kConnectionReset,
            fmt::format("{} {}", http::ResetReasonName(reason), detail));
}

// As the router does it: a reused connection has died, and nothing can have happened twice.
bool AsyncCall::MayGoAgain() const {
  const UpstreamStream* stream = ticket_.stream();
  if (again_ || stream == nullptr || !cluster_->options().http.retry_stale_connection) return false;
  if (stream->unprocessed()) return true;
  if (!stream->reused() || stream->response_started()) return false;
  const std::string_view method = request_head_.Get(HeaderId::kMethod).value_or("");
  return request_.body.empty() || method == "GET" || method == "PUT";
}

void AsyncCall::OnStreamDone() {
  if (error_) return;
  if (complete_) return Deliver();
  if (std::exchange(wants_again_, false)) {
    clusters_.loop().RunLater(*this);
  } else {
    FailLater(ErrorCode::kInternal, "the request could not be sent");
  }
}

void AsyncCall::FailLater(ErrorCode code, std::string detail) {
  if (error_) return;
  timer_.Disarm();
  error_ = Error{code, Origin::kUpstream, Retry::kNo, std::move(detail), nullptr};
  clusters_.loop().RunLater(*this);
}

void AsyncCall::Run() {
  if (!error_) {
    response_head_.Clear();
    return Begin(true);
  }
  const Error error = *error_;
  events_.OnFailure(error);  // may destroy this
}

void AsyncCall::Deliver() {
  timer_.Disarm();
  filter::AsyncResponse response;
  response.status = http::ParseStatus(response_head_.Get(HeaderId::kStatus).value_or(""));
  response.head = ToFields(response_head_);
  response.trailers = ToFields(trailers_);
  response.body = std::move(body_);
  events_.OnResponse(std::move(response));  // may destroy this
}

}  // namespace sluice::upstream
