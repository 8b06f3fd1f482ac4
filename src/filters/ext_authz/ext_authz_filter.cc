#include "ext_authz_filter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "answer.h"
#include "mutations.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::ext_authz {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kName = "envoy.filters.http.ext_authz";

// What follows the head of such a request is no body that ends before it is answered.
bool IsTunnel(const http::HeaderMap& head) {
  return head.Has(HeaderId::kUpgrade) || head.Get(HeaderId::kMethod) == "CONNECT";
}

void AppendTo(std::string& out, const ByteChain& from, size_t most) {
  for (size_t i = 0; i < from.slice_count() && out.size() < most; ++i) {
    out.append(from.slice(i).view().substr(0, most - out.size()));
  }
}

}  // namespace

// --- The question.

FilterStatus ExtAuthzFilter::OnRequestHead(http::HeaderMap& head, bool end) {
  const route::RouteEntry* entry = host().route();
  const RoutePlan* own = route();
  // Nothing is behind a request without a route that would need protection.
  if (entry == nullptr || (own != nullptr && own->disabled)) return FilterStatus::kContinue;
  if (!IsEnabled()) return PassDisabled();
  cluster_ = worker_.ClusterOf(*entry);
  rule_ = own != nullptr && own->body ? *own->body : plan().body;
  if (rule_.max_bytes == 0 || end || IsTunnel(head)) return Ask(nullptr);
  state_ = State::kHolding;
  const size_t limit = rule_.max_bytes;
  host().SetBufferLimit(rule_.partial ? std::max(limit, host().buffer_limit()) : limit);
  return FilterStatus::kStop;
}

bool ExtAuthzFilter::IsEnabled() {
  if (plan().enabled_metadata &&
      !plan().enabled_metadata->Matches(host().info().dynamic_metadata())) {
    return false;
  }
  return plan().enabled.Includes(FastRandom(), host().worker().runtime);
}

FilterStatus ExtAuthzFilter::PassDisabled() {
  worker_.stats().disabled.Inc();
  if (!plan().deny_at_disable.Enabled(host().worker().runtime)) return FilterStatus::kContinue;
  state_ = State::kDecided;
  Reply(plan().status_on_error, {}, "ext_authz_error");
  return FilterStatus::kStop;
}

FilterStatus ExtAuthzFilter::OnRequestData(ByteChain& data, bool end) {
  if (state_ != State::kHolding) return FilterStatus::kContinue;
  const size_t size = host().held_request_body().size() + data.size();
  const bool enough = rule_.partial && size >= rule_.max_bytes;
  // What is over the limit is held: it is the chain that answers 413.
  if (!rule_.partial && size > rule_.max_bytes) return FilterStatus::kStop;
  if (!end && !enough) return FilterStatus::kStop;
  return AskWithBody(&data, end && size <= rule_.max_bytes);
}

FilterStatus ExtAuthzFilter::OnRequestTrailers(http::HeaderMap& /*trailers*/) {
  if (state_ != State::kHolding) return FilterStatus::kContinue;
  const FilterStatus status = AskWithBody(nullptr, true);
  return status == FilterStatus::kContinue ? status : FilterStatus::kStop;
}

FilterStatus ExtAuthzFilter::AskWithBody(const ByteChain* last, bool whole) {
  CheckBody body;
  body.partial = !whole;
  AppendTo(body.bytes, host().held_request_body(), rule_.max_bytes);
  if (last != nullptr) AppendTo(body.bytes, *last, rule_.max_bytes);
  return Ask(&body);
}

FilterStatus ExtAuthzFilter::Ask(const CheckBody* body) {
  // There is no way to ask an HTTP service about a CONNECT but by one.
  if (plan().http() != nullptr && host().request_head().Get(HeaderId::kMethod) == "CONNECT") {
    Decide({});
    return FilterStatus::kStop;
  }
  state_ = State::kAsking;
  asked_at_ = host().worker().loop.Now();
  const CheckInput in{.head = host().request_head(),
                      .info = host().info(),
                      .arena = host().arena(),
                      .route = route(),
                      .body = body,
                      .body_as_bytes = rule_.as_bytes};
  call_ = host().worker().async_client.Send(MakeCall(plan(), in), *this);
  return FilterStatus::kStopAllWatermark;
}

// --- The answer.

void ExtAuthzFilter::OnResponse(filter::AsyncResponse&& response) {
  const HttpService* http = plan().http();
  Decide(http != nullptr ? ReadHttpAnswer(*http, std::move(response)) : ReadCheckAnswer(response));
}

void ExtAuthzFilter::OnFailure(const Error& error) {
  SLUICE_LOG(kFilter, kDebug, "ext_authz: no answer from '{}': {}", plan().cluster, error.detail);
  Decide({});
}

void ExtAuthzFilter::Decide(Verdict&& verdict) {
  state_ = State::kDecided;
  const auto ticket = std::move(call_);  // dies at the end of this
  if (!IsSound(verdict)) {
    worker_.stats().invalid.Inc();
    if (cluster_ != nullptr) cluster_->invalid.Inc();
    return Reply(500, {}, "ext_authz_invalid");
  }
  TakeMetadata(verdict);
  switch (verdict.decision) {
    case Decision::kAllow: return Allow(verdict);
    case Decision::kDeny: return Deny(verdict);
    case Decision::kError: return Fail(verdict);
  }
}

void ExtAuthzFilter::TakeMetadata(Verdict& verdict) {
  if (verdict.metadata.empty()) return;
  if (!plan().take_metadata) return worker_.stats().ignored_dynamic_metadata.Inc();
  if (verdict.decision == Decision::kAllow) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        host().worker().loop.Now() - asked_at_);
    verdict.metadata.insert_or_assign("ext_authz_duration",
                                      Value(static_cast<double>(took.count())));
  }
  ValueStruct& metadata = host().info().dynamic_metadata(kName);
  for (auto& [key, value] : verdict.metadata) metadata.insert_or_assign(key, std::move(value));
}

void ExtAuthzFilter::Allow(Verdict& verdict) {
  worker_.stats().ok.Inc();
  if (cluster_ != nullptr) cluster_->ok.Inc();
  response_ = std::move(verdict.response);
  if (ChangesRequest(verdict)) {
    ChangeRequest(verdict, host().request_head());
    if (plan().clear_route_cache) host().ClearRouteCache();
  }
  host().ContinueRequest();
}

void ExtAuthzFilter::Deny(const Verdict& verdict) {
  const uint32_t status = verdict.status.value_or(403);
  worker_.stats().denied.Inc();
  if (cluster_ != nullptr) {
    cluster_->denied.Inc();
    if (plan().charge_cluster) cluster_->answers.Charge(status);
  }
  Reply(status, verdict, "ext_authz_denied");
}

void ExtAuthzFilter::Fail(const Verdict& verdict) {
  worker_.stats().error.Inc();
  if (cluster_ != nullptr) cluster_->error.Inc();
  if (!plan().failure_mode_allow) {
    return Reply(verdict.status.value_or(plan().status_on_error), verdict, "ext_authz_error");
  }
  worker_.stats().failure_mode_allowed.Inc();
  if (cluster_ != nullptr) cluster_->failure_mode_allowed.Inc();
  if (plan().failure_mode_header) {
    host().request_head().Set("x-envoy-auth-failure-mode-allowed", "true");
  }
  host().ContinueRequest();
}

void ExtAuthzFilter::Reply(uint32_t status, const Verdict& verdict, std::string_view details) {
  host().info().flags.Set(stream::ResponseFlag::kUnauthorizedExternalService);
  filter::LocalReply reply;
  reply.status = status;
  reply.body = verdict.body;
  if (plan().max_reply_bytes != 0) reply.body = reply.body.substr(0, plan().max_reply_bytes);
  reply.details = details;
  reply.edit = [](http::HeaderMap& head, void* edits) {
    FillReply(*static_cast<const std::vector<FieldEdit>*>(edits), head);
  };
  std::vector<FieldEdit> edits = verdict.response;
  reply.edit_context = &edits;
  host().SendLocalReply(reply);
}

FilterStatus ExtAuthzFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  if (state_ == State::kAsking) {  // somebody else has answered meanwhile
    state_ = State::kDecided;
    call_.reset();
  }
  ChangeResponse(response_, head);
  return FilterStatus::kContinue;
}

}  // namespace sluice::filters::ext_authz
