// The response's way back, its counting, and the end of everything.
#include <chrono>
#include <utility>

#include "failure.h"
#include "router_filter.h"
#include "sluice/http/list.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/route/apply.h"
#include "sluice/route/virtual_host.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::router {

using http::HeaderId;
using http::ResetReason;
using stream::Moment;
using stream::ResponseFlag;

namespace {

uint64_t Milliseconds(Duration duration) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

// RFC 9110 section 7.8: a server switches to protocols that the client has asked for, and says
// which. Anything else that follows a 101 would be read as what it is not.
bool RouterFilter::SwitchesAsAsked(const http::HeaderMap& response) {
  const auto chosen = response.GetJoined("upgrade");
  const auto asked = host().request_head().GetJoined("upgrade");
  if (!chosen || !asked) return false;
  bool all = true;
  size_t count = 0;
  http::ForEachListItem(*chosen, [&](std::string_view protocol) {
    ++count;
    all = all && http::ListHas(*asked, protocol);
  });
  return all && count != 0;
}

void RouterFilter::Respond(Attempt& attempt, uint32_t status, bool end) {
  http::HeaderMap& head = host().response_head();
  stream::StreamInfo& info = host().info();
  const bool suppress = worker_.config().suppress_envoy_headers;
  state_ = State::kResponding;
  retry_token_.Reset();
  // There will be no other attempt.
  if (std::exchange(replay_, false)) held_.Clear();
  const bool canary =
      head.Get(HeaderId::kXEnvoyUpstreamCanary) == "true" || attempt.host().entry().canary;
  Charge(status, canary);
  if (status >= 500) upstream::HostCells::Add(attempt.host().cells().rq_error);
  if (!suppress) {
    const Duration taken = loop().Now() - info.At(Moment::kRequestEnd).value_or(info.start);
    head.SetView(HeaderId::kXEnvoyUpstreamServiceTime,
                 http::FormatDecimal(host().arena(), Milliseconds(taken)));
  }
  if (route_->virtual_host != nullptr && route_->virtual_host->include_attempt_count_in_response) {
    head.SetView(HeaderId::kXEnvoyAttemptCount,
                 http::FormatDecimal(host().arena(), info.attempt_count));
  }
  for (const MadeCookie* cookie = cookies_; cookie != nullptr; cookie = cookie->next) {
    head.AddView(HeaderId::kSetCookie, cookie->text);
  }
  info.response_code = status;  // response_headers_to_add may ask for it
  route::FormatInput input;
  input.request_head = &host().request_head();
  input.response_head = &head;
  input.info = &info;
  route::FinalizeResponseHead(*route_, head, input);
  const bool tunnel = (kind_ == RequestKind::kUpgrade && status == 101) ||
                      (kind_ == RequestKind::kConnect && status >= 200 && status < 300);
  if (tunnel && !end) AcceptTunnel(attempt);
  if (end) info.Mark(Moment::kUpstreamEnd, loop().Now());
  if (std::exchange(hold_chain_, false)) host().ContinueRequest();
  host().SendResponseHead(end);
  if (tunnel && !end && MayBecomeTunnel()) host().BecomeTunnel();
  if (end) ResponseEnded(attempt);
}

// A POST of HTTP/1 keeps its framing; on HTTP/2 each direction ends by itself anyway.
bool RouterFilter::MayBecomeTunnel() {
  return host().request_head().Get(HeaderId::kMethod) != "POST" ||
         host().info().protocol == http::Version::kHttp2;
}

void RouterFilter::AcceptTunnel(Attempt& attempt) {
  route_timer_.reset();
  attempt.codec().BecomeTunnel();
}

void RouterFilter::ResponseEnded(Attempt& attempt) {
  const uint32_t status = host().info().response_code;
  if (status < 500) upstream::HostCells::Add(attempt.host().cells().rq_success);
  ChargeTime();
  response_ended_ = true;
  route_timer_.reset();
  // The other direction of a tunnel may still be open.
  if (kind_ != RequestKind::kOrdinary && !request_ended_ && attempt.sending()) return;
  state_ = State::kOver;
  if (!request_ended_) attempt.Drop();  // an early answer stops the upload
}

void RouterFilter::Charge(uint32_t status, bool canary) {
  if (!worker_.config().dynamic_stats) return;
  if (grpc_ && status >= 500 && worker_.config().suppress_grpc_request_failure_code_stats) return;
  upstream::ClusterStats& stats = cluster().stats();
  stats.rq.Count(status);
  (internal_ ? stats.internal() : stats.external()).Count(status);
  if (canary) stats.canary().Count(status);
  if (virtual_cluster_ != nullptr) virtual_cluster_->codes.Count(status);
  if (route_stats_ != nullptr) route_stats_->codes.Count(status);
  if (alt_stats_ != nullptr) alt_stats_->Count(status);
}

void RouterFilter::ChargeTime() {
  stream::StreamInfo& info = host().info();
  const auto request_end = info.At(Moment::kRequestEnd);
  if (!request_end || !worker_.config().dynamic_stats) return;
  const uint64_t ms = Milliseconds(loop().Now() - *request_end);
  upstream::ClusterStats& stats = cluster().stats();
  stats.rq.RecordTime(ms);
  (internal_ ? stats.internal() : stats.external()).RecordTime(ms);
  if (virtual_cluster_ != nullptr) virtual_cluster_->codes.RecordTime(ms);
  if (route_stats_ != nullptr) route_stats_->codes.RecordTime(ms);
  if (alt_stats_ != nullptr) alt_stats_->RecordTime(ms);
}

// --- Back-pressure of the client.

void RouterFilter::OnDownstreamHigh() {
  downstream_high_ = true;
  if (attempt_ != nullptr) attempt_->Pause();
}

void RouterFilter::OnDownstreamLow() {
  downstream_high_ = false;
  if (attempt_ != nullptr) attempt_->Resume();
}

// --- Ends that are none of the upstream's making.

void RouterFilter::Reply(const filter::LocalReply& reply) {
  state_ = State::kOver;
  route_timer_.reset();
  back_off_timer_.reset();
  retry_token_.Reset();
  if (std::exchange(body_full_, false)) host().RequestLow();
  held_.Clear();
  host().SendLocalReply(reply);
}

void RouterFilter::ReplyWithFailure(ResetReason reason) {
  const FailureRow row = RowOf(reason);
  host().info().flags.Set(row.flag);
  Charge(row.status, false);
  Arena& arena = host().arena();
  filter::LocalReply reply{.status = row.status,
                           .body = FailureBody(reason, retries_ != 0, arena),
                           .details = FailureDetails(reason, false, arena)};
  if (reason == ResetReason::kOverflow && !worker_.config().suppress_envoy_headers) {
    reply.edit = [](http::HeaderMap& head, void*) {
      head.SetView(HeaderId::kXEnvoyOverloaded, "true");
    };
  }
  Reply(reply);
}

void RouterFilter::ReplyTimeout(std::string_view body, std::string_view details, ResponseFlag flag,
                                uint32_t status) {
  host().info().flags.Set(flag);
  const uint32_t given = alt_timeout_ ? 204 : status;
  Charge(given, false);
  Reply({.status = given, .body = alt_timeout_ ? std::string_view() : body, .details = details});
}

void RouterFilter::OnRouteTimeout() {
  if (state_ == State::kOver) return;
  upstream::ClusterStats& stats = cluster().stats();
  stats.upstream_rq_timeout.Inc();
  if (virtual_cluster_ != nullptr) virtual_cluster_->timeout.Inc();
  if (route_stats_ != nullptr) route_stats_->timeout.Inc();
  const bool responding = state_ == State::kResponding;
  if (attempt_ != nullptr && attempt_->sending()) {
    upstream::HostCells::Add(attempt_->host().cells().rq_timeout);
    upstream::HostCells::Add(attempt_->host().cells().rq_error);
    attempt_->host().NoteLocal(upstream::LocalOutcome::kTimeout);
  }
  GiveUpAttempt();
  host().info().flags.Set(ResponseFlag::kUpstreamRequestTimeout);
  if (responding) return BreakOff(ResetReason::kLocalReset, "response_timeout");
  ReplyTimeout("upstream request timeout", "response_timeout",
               ResponseFlag::kUpstreamRequestTimeout, 504);
}

void RouterFilter::BreakOff(ResetReason reason, std::string_view details) {
  GiveUpAttempt();
  state_ = State::kOver;
  route_timer_.reset();
  host().ResetStream(reason, details);
}

void RouterFilter::GiveUpAttempt() {
  if (attempt_ != nullptr) attempt_->Drop();
}

void RouterFilter::OnDestroy() {
  state_ = State::kOver;
  route_timer_.reset();
  back_off_timer_.reset();
  retry_token_.Reset();
  body_full_ = false;  // the stream ends; nobody waits for a low
  for (AttemptLink* link = attempts_; link != nullptr; link = link->before) {
    link->attempt->Drop();
    link->attempt->~Attempt();
  }
  attempts_ = nullptr;
  attempt_ = nullptr;
  ReleaseShadows();
  cluster_.Reset();
}

}  // namespace sluice::filters::router
