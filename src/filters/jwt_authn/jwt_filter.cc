#include "jwt_filter.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "effects.h"
#include "sluice/base/random.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::jwt_authn {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr size_t kMaxRealmPath = 256;

bool IsPreflight(const http::HeaderMap& head) {
  return head.Get(HeaderId::kMethod) == "OPTIONS" &&
         !head.Get(HeaderId::kOrigin).value_or("").empty() &&
         !head.Get(HeaderId::kAccessControlRequestMethod).value_or("").empty();
}

std::string Challenge(const http::HeaderMap& head, Status status) {
  std::string text = "Bearer realm=\"";
  text.append(head.Get(HeaderId::kScheme).value_or("http")).append("://");
  text.append(head.Get(HeaderId::kAuthority).value_or(""));
  text.append(head.Get(HeaderId::kPath).value_or("").substr(0, kMaxRealmPath)).append("\"");
  if (status != Status::kMissing) text.append(", error=\"invalid_token\"");
  return text;
}

}  // namespace

FilterStatus JwtFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  if (worker_.plan().bypass_cors_preflight && IsPreflight(head)) {
    worker_.stats().cors_preflight_bypassed.Inc();
    worker_.stats().allowed.Inc();
    state_ = State::kDecided;
    return FilterStatus::kContinue;
  }
  requirement_ = FindRequirement(head);
  if (state_ == State::kDecided) return FilterStatus::kStop;
  if (requirement_ == nullptr) {
    worker_.stats().allowed.Inc();
    state_ = State::kDecided;
    return FilterStatus::kContinue;
  }
  RemoveClaims(worker_.plan(), *requirement_, head);
  return Check();
}

const Requirement* JwtFilter::FindRequirement(const http::HeaderMap& head) {
  const Plan& plan = worker_.plan();
  if (const auto* of_route = static_cast<const PerRouteConfig*>(host().route_config())) {
    return of_route->requirement_name ? NamedByRoute(*of_route->requirement_name) : nullptr;
  }
  if (plan.matches == nullptr) return nullptr;
  const route::RouteEntry* rule =
      plan.matches->Match({.head = head,
                           .random = FastRandom(),
                           .dynamic_metadata = host().info().dynamic_metadata(),
                           .runtime = host().worker().runtime});
  if (rule == nullptr || !plan.rules[rule->index]) return nullptr;
  return &*plan.rules[rule->index];
}

const Requirement* JwtFilter::NamedByRoute(std::string_view name) {
  const Plan& plan = worker_.plan();
  const auto found = plan.named.find(name);
  if (found != plan.named.end()) return &found->second;
  state_ = State::kDecided;
  worker_.stats().denied.Inc();
  const std::string words =
      fmt::format("Wrong requirement_name: {}. It should be one of [{}]", name, plan.names);
  std::string details = "jwt_authn_access_denied{" + words + "}";
  std::ranges::replace(details, ' ', '_');
  const std::string body = "Failed JWT authentication: " + words;
  host().SendLocalReply({.status = 403, .body = body, .details = host().arena().Copy(details)});
  return nullptr;
}

FilterStatus JwtFilter::Check() {
  http::HeaderMap& head = host().request_head();
  const std::optional<Status> verdict = checker_.Check(*requirement_, head);
  if (!verdict) {
    if (state_ != State::kWaiting) worker_.stats().rq_waiting.Inc();
    state_ = State::kWaiting;
    worker_.Wait(*this, checker_.awaited());
    return FilterStatus::kStopAllWatermark;
  }
  StopWaiting();
  state_ = State::kDecided;
  // It names the request as it came: a token may be taken out of the path.
  std::string challenge = Challenge(head, *verdict);
  const bool new_route = Apply(checker_.findings(), head, host().info());
  if (*verdict != Status::kOk) {
    Deny(*verdict, challenge);
    return FilterStatus::kStop;
  }
  worker_.stats().allowed.Inc();
  if (new_route) host().ClearRouteCache();
  return FilterStatus::kContinue;
}

void JwtFilter::Resume() {
  if (Check() == FilterStatus::kContinue) host().ContinueRequest();
}

void JwtFilter::StopWaiting() {
  Unlink();
  if (state_ != State::kWaiting) return;
  state_ = State::kDecided;
  worker_.stats().rq_waiting.Dec();
}

FilterStatus JwtFilter::OnResponseHead(http::HeaderMap& /*head*/, bool /*end*/) {
  StopWaiting();  // somebody else has answered meanwhile
  return FilterStatus::kContinue;
}

void JwtFilter::Deny(Status status, std::string& challenge) {
  worker_.stats().denied.Inc();
  if (worker_.plan().strip_failure_response) {
    return host().SendLocalReply({.status = 401, .body = {}, .details = Details(status)});
  }
  host().SendLocalReply(
      {.status = status == Status::kAudienceNotAllowed ? 403U : 401U,
       .body = Words(status),
       .details = Details(status),
       .edit = [](http::HeaderMap& reply,
                  void* text) { reply.Set("www-authenticate", *static_cast<std::string*>(text)); },
       .edit_context = &challenge});
}

}  // namespace sluice::filters::jwt_authn
