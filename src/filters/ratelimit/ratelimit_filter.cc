#include "ratelimit_filter.h"

#include <iterator>
#include <utility>

#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::ratelimit {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kName = "envoy.filters.http.ratelimit";

}  // namespace

ClusterStats::ClusterStats(const stats::Scope& cluster, std::string_view prefix)
    : answers(cluster) {
  const stats::Scope own = cluster.Sub(prefix);
  ok = own.MakeCounter("ok");
  error = own.MakeCounter("error");
  over_limit = own.MakeCounter("over_limit");
  failure_mode_allowed = own.MakeCounter("failure_mode_allowed");
}

filter::HttpFilter* RateLimitWorker::Create(Arena& arena) {
  return arena.New<RateLimitFilter>(*this);
}

// --- The question.

FilterStatus RateLimitFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  if (!plan().enabled.Includes(FastRandom(), host().worker().runtime) || !Concerns(head)) {
    return FilterStatus::kContinue;
  }
  const route::RouteEntry* route = host().route();
  // What is not forwarded has no cluster whose limit it could be over.
  if (route == nullptr || route->forward == nullptr) return FilterStatus::kContinue;
  const auto* own = static_cast<const RoutePlan*>(host().route_config());
  if (!Describe(head, own)) return FilterStatus::kContinue;
  cluster_ = worker_.ClusterOf(*route);
  Ask(own);
  return FilterStatus::kStopAllWatermark;
}

bool RateLimitFilter::Concerns(const http::HeaderMap& head) const {
  if (plan().requests == Requests::kAll) return true;
  const bool internal = head.Get(HeaderId::kXEnvoyInternal) == "true";
  return internal == (plan().requests == Requests::kInternal);
}

bool RateLimitFilter::Describe(const http::HeaderMap& head, const RoutePlan* own) {
  filter::DescriptorRules rules{.own = nullptr, .stage = plan().stage};
  if (!plan().own_rules.empty()) rules.own = &plan().own_rules;
  if (own != nullptr) {
    rules.virtual_host = own->virtual_host;
    if (!own->own_rules.empty()) rules.own = &own->own_rules;
  }
  worker_.descriptors().clear();
  filter::DescribeRequest(rules, host(), head, *plan().service.process, worker_.descriptors());
  return !worker_.descriptors().empty();
}

void RateLimitFilter::Ask(const RoutePlan* own) {
  const std::string& domain = own != nullptr && !own->domain.empty() ? own->domain : plan().domain;
  route::FormatInput about;
  about.request_head = &host().request_head();
  about.info = &host().info();
  Arena& arena = host().arena();
  const std::string question = MakeQuestion(domain, worker_.descriptors(), arena);
  call_ = host().worker().async_client.Send(
      filter::MakeGrpcCall(plan().service, kMethod, question, about, arena), *this);
}

// --- The answer.

void RateLimitFilter::OnResponse(filter::AsyncResponse&& response) {
  const auto message = filter::ReadGrpcAnswer(response);
  auto answer = message ? ReadAnswer(*message) : std::nullopt;
  if (answer) return Decide(*std::move(answer));
  SLUICE_LOG(kFilter, kDebug, "ratelimit: what '{}' answered is no answer", plan().service.cluster);
  Fail();
}

void RateLimitFilter::OnFailure(const Error& error) {
  SLUICE_LOG(kFilter, kDebug, "ratelimit: no answer from '{}': {}", plan().service.cluster,
             error.detail);
  Fail();
}

void RateLimitFilter::Decide(Answer&& answer) {
  const auto ticket = std::move(call_);  // dies at the end of this
  if (!answer.metadata.empty()) host().info().dynamic_metadata(kName) = std::move(answer.metadata);
  response_ = std::move(answer.response);
  if (answer.over_limit && plan().mark_limited) {
    response_.push_back({"x-envoy-ratelimited", "true", http::FieldAction::kAdd});
  }
  if (plan().tell_client) {
    std::ranges::move(MakeLimitHeaders(answer.statuses), std::back_inserter(response_));
  }
  if (cluster_ != nullptr) {
    (answer.over_limit ? cluster_->over_limit : cluster_->ok).Inc();
    if (answer.over_limit) cluster_->answers.Charge(429);
  }
  if (answer.over_limit && plan().enforced.Includes(FastRandom(), host().worker().runtime)) {
    return Refuse(answer);
  }
  for (const http::FieldEdit& edit : answer.request) {
    if (!http::IsPassedOver(edit, true)) http::Apply(edit, true, host().request_head());
  }
  host().ContinueRequest();
}

void RateLimitFilter::Refuse(const Answer& answer) {
  host().info().flags.Set(stream::ResponseFlag::kRateLimited);
  filter::LocalReply reply;
  reply.status = plan().limited_status;
  reply.body = answer.body;
  reply.details = "request_rate_limited";
  reply.grpc_status = plan().limited_grpc_status;
  reply.edit = [](http::HeaderMap& head, void* context) {
    auto& self = *static_cast<RateLimitFilter*>(context);
    self.AddToResponse(head, true);
    route::FormatInput input;
    input.request_head = &self.host().request_head();
    input.response_head = &head;
    input.info = &self.host().info();
    self.plan().limited_edits.Apply(head, input);
  };
  reply.edit_context = this;
  host().SendLocalReply(reply);
}

void RateLimitFilter::Fail() {
  const auto ticket = std::move(call_);  // dies at the end of this
  if (cluster_ != nullptr) cluster_->error.Inc();
  if (!plan().deny_on_error.Includes(FastRandom(), host().worker().runtime)) {
    if (cluster_ != nullptr) cluster_->failure_mode_allowed.Inc();
    return host().ContinueRequest();
  }
  host().info().flags.Set(stream::ResponseFlag::kRateLimitServiceError);
  filter::LocalReply reply;
  reply.status = plan().error_status;
  reply.details = "rate_limiter_error";
  host().SendLocalReply(reply);
}

// --- The response.

void RateLimitFilter::AddToResponse(http::HeaderMap& head, bool own_reply) {
  for (const http::FieldEdit& edit : std::exchange(response_, {})) {
    if (http::IsPassedOver(edit, false)) continue;
    // What the body is, the service knows best.
    if (own_reply && edit.name == "content-type") head.Remove(HeaderId::kContentType);
    http::Apply(edit, false, head);
  }
}

FilterStatus RateLimitFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  call_.reset();  // somebody else has answered meanwhile
  AddToResponse(head, false);
  return FilterStatus::kContinue;
}

}  // namespace sluice::filters::ratelimit
