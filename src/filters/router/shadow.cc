#include "shadow.h"

#include "router_worker.h"
#include "sluice/http/status.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::router {

using http::HeaderId;

Shadow::Shadow(RouterWorker& worker, upstream::Cluster& cluster, const http::HeaderMap& request,
               size_t buffer_limit, Duration timeout)
    : worker_(worker),
      cluster_(cluster),
      buffer_limit_(buffer_limit),
      timeout_(timeout),
      timer_(cluster.loop(), [this] { Abandon(); }) {
  for (const http::HeaderEntry& entry : request.entries()) {
    http::HeaderEntry copy = entry;
    copy.name = arena_.Copy(entry.Name()).data();
    copy.value = arena_.Copy(entry.Value()).data();
    if (entry.spelling != nullptr) {
      copy.spelling = arena_.Copy({entry.spelling, entry.name_size}).data();
    }
    request_.AddEntry(copy);
  }
  request_.SetView(HeaderId::kXEnvoyInternal, "true");
}

Shadow::~Shadow() = default;

void Shadow::Start(const upstream::LbContext& context, bool end) {
  ended_ = end;
  upstream::Host* host = cluster_->PickHost(context);
  if (host == nullptr) {
    cluster_->stats().upstream_cx_none_healthy.Inc();
    return Over();
  }
  if (end) RequestEnded();
  cluster_->NewStream(*host, {}, context, *this, ticket_);
}

void Shadow::OnStreamReady(upstream::UpstreamStream& stream) {
  const bool head_only = ended_ && held_.empty() && !has_trailers_;
  stream.codec().SendHead(request_, head_only);
  if (!head_only && ticket_.stream() != nullptr) SendHeld();
}

void Shadow::SendHeld() {
  http::CodecStream& codec = ticket_.stream()->codec();
  const bool end = ended_ && !has_trailers_;
  if (!held_.empty() || end) codec.SendData(held_, end);
  if (has_trailers_ && ticket_.stream() != nullptr) codec.SendTrailers(request_trailers_);
}

void Shadow::Data(const ByteChain& data, bool end) {
  if (over_) return;
  for (size_t i = 0; i < data.slice_count(); ++i) held_.Append(data.slice(i));
  ended_ = end;
  if (ticket_.stream() != nullptr) SendHeld();
  const size_t waiting =
      held_.size() +
      (ticket_.stream() != nullptr ? ticket_.stream()->codec().buffered_output() : 0);
  if (waiting > buffer_limit_) return Abandon();
  if (end) RequestEnded();
}

void Shadow::Trailers(const http::HeaderMap& trailers) {
  if (over_) return;
  ended_ = has_trailers_ = true;
  for (const http::HeaderEntry& entry : trailers.entries()) {
    request_trailers_.Add(entry.Name(), entry.Value());
  }
  if (ticket_.stream() != nullptr) SendHeld();
  RequestEnded();
}

void Shadow::RequestEnded() {
  if (timeout_ > Duration{}) timer_.Arm(timeout_);
}

void Shadow::OnStreamFailed(const upstream::PoolFailure& /*failure*/) { Over(); }

void Shadow::OnHead(bool end) {
  const uint32_t status = http::ParseStatus(response_.Get(HeaderId::kStatus).value_or(""));
  cluster_->stats().rq.Count(status);
  cluster_->stats().internal().Count(status);
  answered_ = end;
}

void Shadow::OnData(ByteChain& data, bool end) {
  const size_t size = data.size();
  data.Clear();
  answered_ = answered_ || end;
  if (ticket_.stream() != nullptr) ticket_.stream()->codec().Consumed(size);
}

void Shadow::Release() {
  released_ = true;
  if (!over_ && ended_) return;  // goes on by itself
  if (!over_) ticket_.Drop();
  Over();
}

void Shadow::Abandon() {
  if (over_) return;
  cluster_->stats().retry_or_shadow_abandoned.Inc();
  ticket_.Drop();
  Over();
}

void Shadow::Over() {
  over_ = true;
  timer_.Disarm();
  held_.Clear();
  if (released_) worker_.Bury(*this);
}

}  // namespace sluice::filters::router
