#include "async_call.h"

#include <utility>

#include "sluice/http/header_id.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

using http::HeaderId;

AsyncCall::AsyncCall(ClusterSet& clusters, filter::AsyncRequest request,
                     filter::AsyncEvents& events)
    : AsyncExchange(clusters, std::move(request)), events_(events) {}

AsyncCall::~AsyncCall() = default;

void AsyncCall::SendRequest(UpstreamStream& upstream) {
  const bool body_follows = !request().body.empty();
  const bool trailers_follow = !request().trailers.empty();
  upstream.codec().SendHead(request_head(), !body_follows && !trailers_follow);
  if (body_follows && stream() != nullptr) {
    ByteChain body;
    body.Append(request().body);
    upstream.codec().SendData(body, !trailers_follow);
  }
  if (trailers_follow && stream() != nullptr) upstream.codec().SendTrailers(request_trailers());
}

void AsyncCall::OnHead(bool end) {
  if (end) Complete();
}

void AsyncCall::OnData(ByteChain& data, bool end) {
  if (error()) return data.Clear();
  if (body_.size() + data.size() > request().max_response_bytes) {
    return GiveUp(ErrorCode::kTooLarge, "response too large");
  }
  for (size_t i = 0; i < data.slice_count(); ++i) body_.append(data.slice(i).view());
  data.Clear();
  if (end) Complete();
}

void AsyncCall::OnReset(http::ResetReason reason, std::string_view detail) {
  if (!MayGoAgain()) return AsyncExchange::OnReset(reason, detail);
  repetition_ = Repetition::kDue;  // goes on in OnStreamDone
  cluster().stats().upstream_rq_retry_stale_connection.Inc();
}

// As the router does it: a reused connection has died, and nothing can have happened twice.
bool AsyncCall::MayGoAgain() const {
  const UpstreamStream* upstream = stream();
  if (repetition_ != Repetition::kLeft || upstream == nullptr || complete()) return false;
  if (!cluster().options().http.retry_stale_connection) return false;
  if (upstream->unprocessed()) return true;
  if (!upstream->reused() || upstream->response_started()) return false;
  const std::string_view method = request_head().Get(HeaderId::kMethod).value_or("");
  return request().body.empty() || method == "GET" || method == "PUT";
}

void AsyncCall::OnStreamDone() {
  if (error()) return;
  if (complete()) return Deliver();
  if (repetition_ == Repetition::kDue) return TellLater();
  FailLater(ErrorCode::kInternal, "the request could not be sent");
}

void AsyncCall::Tell() {
  if (!error()) {
    repetition_ = Repetition::kUsed;
    return Begin(true);
  }
  const Error told = *error();
  events_.OnFailure(told);  // may destroy this
}

void AsyncCall::Deliver() {
  DisarmDeadline();
  filter::AsyncResponse response;
  response.status = status();
  response.head = HeadFields();
  response.trailers = TrailerFields();
  response.body = std::move(body_);
  events_.OnResponse(std::move(response));  // may destroy this
}

}  // namespace sluice::upstream
