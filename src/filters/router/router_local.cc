// Answers that need no upstream, and redirects that we follow ourselves.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "router_filter.h"
#include "sluice/http/target.h"
#include "sluice/route/apply.h"
#include "sluice/stream/filter_state.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::router {

using http::HeaderId;
using stream::ResponseFlag;

namespace {

// What an edit of a local reply needs.
struct RouteEdit {
  const route::RouteEntry& entry;
  const http::HeaderMap& request;
  const stream::StreamInfo& info;
  std::string_view location;
  std::string_view content_type;
};

void EditByRoute(http::HeaderMap& head, void* context) {
  const auto& edit = *static_cast<const RouteEdit*>(context);
  if (!edit.location.empty()) head.SetView(HeaderId::kLocation, edit.location);
  route::FormatInput input;
  input.request_head = &edit.request;
  input.response_head = &head;
  input.info = &edit.info;
  route::FinalizeResponseHead(edit.entry, head, input);
  // The route's own word for it, as in response_headers_to_add, is the last.
  if (!edit.content_type.empty() && !head.Has(HeaderId::kContentType)) {
    head.SetView(HeaderId::kContentType, edit.content_type);
  }
}

// How many internal redirects have led to this request; kept over recreations of the stream.
class RedirectCount final : public stream::FilterStateObject {
 public:
  uint32_t count = 0;
  // stream::FilterStateObject
  std::optional<std::string> Text() const override { return std::to_string(count); }
};
constexpr std::string_view kRedirectCount = "num_internal_redirects";

RedirectCount& CountOf(stream::StreamInfo& info) {
  if (const auto* known = info.FindState(kRedirectCount)) {
    return const_cast<RedirectCount&>(static_cast<const RedirectCount&>(*known));
  }
  auto made = std::make_unique<RedirectCount>();
  RedirectCount& count = *made;
  info.filter_state().Set(kRedirectCount, std::move(made));
  return count;
}

}  // namespace

void RouterFilter::AnswerNoRoute() {
  worker_.stats().no_route.Inc();
  host().info().flags.Set(ResponseFlag::kNoRouteFound);
  Reply({.status = 404, .body = {}, .details = "route_not_found"});
}

void RouterFilter::AnswerNoCluster() {
  worker_.stats().no_cluster.Inc();
  host().info().flags.Set(ResponseFlag::kNoClusterFound);
  Reply({.status = route_->forward->cluster_not_found_status,
         .body = {},
         .details = "cluster_not_found"});
}

void RouterFilter::AnswerNoHost() {
  cluster().stats().upstream_cx_none_healthy.Inc();
  host().info().flags.Set(ResponseFlag::kNoHealthyUpstream);
  Charge(503, false);
  Reply({.status = 503, .body = "no healthy upstream", .details = "no_healthy_upstream"});
}

void RouterFilter::AnswerMaintenance() {
  cluster().stats().upstream_rq_maintenance_mode.Inc();
  host().info().cluster_name = cluster().options().stat_name;
  host().info().flags.Set(ResponseFlag::kUpstreamOverflow);
  Charge(503, false);
  filter::LocalReply reply{
      .status = 503, .body = "maintenance mode", .details = "maintenance_mode"};
  if (!worker_.config().suppress_envoy_headers) {
    reply.edit = [](http::HeaderMap& head, void*) {
      head.SetView(HeaderId::kXEnvoyOverloaded, "true");
    };
  }
  Reply(reply);
}

void RouterFilter::Redirect() {
  worker_.stats().rq_redirect.Inc();
  RouteEdit edit{*route_,
                 host().request_head(),
                 host().info(),
                 route::RedirectLocation(*route_, host().request_head(), host().arena()),
                 {}};
  Reply({.status = route_->redirect->status,
         .body = {},
         .details = "direct_response",
         .edit = &EditByRoute,
         .edit_context = &edit});
}

void RouterFilter::AnswerDirectly() {
  worker_.stats().rq_direct_response.Inc();
  const route::DirectResponse& direct = *route_->direct_response;
  RouteEdit edit{*route_,
                 host().request_head(),
                 host().info(),
                 {},
                 direct.body.empty() ? std::string_view() : direct.content_type};
  Reply({.status = direct.status,
         .body = direct.body,
         .details = "direct_response",
         .edit = &EditByRoute,
         .edit_context = &edit});
}

// A redirect of the upstream that we follow in the client's stead: the request begins anew with the
// new target, if the route allows it and the body can be sent again. False: the client gets it.
bool RouterFilter::RedirectInternally(Attempt& attempt, uint32_t status, bool complete) {
  const auto& policy = route_->forward->internal_redirect;
  if (!policy || std::ranges::count(policy->codes, status) == 0) return false;
  RouterStats& stats = worker_.stats();
  http::HeaderMap& head = host().request_head();
  const auto refuse = [&](stats::Counter& counter) {
    counter.Inc();
    cluster().stats().upstream_internal_redirect_failed_total.Inc();
    return false;
  };
  const auto location = host().response_head().Get(HeaderId::kLocation);
  const auto target = location ? http::SplitAbsoluteTarget(*location) : std::nullopt;
  if (!target || (target->scheme != "http" && target->scheme != "https")) {
    return refuse(stats.passthrough_internal_redirect_bad_location);
  }
  const std::string_view scheme = route::RequestScheme(head);
  if (scheme != target->scheme && !policy->allow_cross_scheme) {
    return refuse(stats.passthrough_internal_redirect_unsafe_scheme);
  }
  RedirectCount& count = CountOf(host().info());
  if (count.count >= policy->max_redirects) {
    return refuse(stats.passthrough_internal_redirect_too_many_redirects);
  }
  if (!request_ended_ || body_lost_ || has_trailers_) {
    return refuse(stats.passthrough_internal_redirect_bad_location);
  }
  if (!FollowRedirect(*target, status)) return false;
  attempt.Discard(complete);
  return true;
}

bool RouterFilter::FollowRedirect(const http::AbsoluteTarget& target, uint32_t status) {
  http::HeaderMap& head = host().request_head();
  Arena& arena = host().arena();
  const std::string_view old_scheme = head.Get(HeaderId::kScheme).value_or("http");
  const std::string_view old_authority = head.Get(HeaderId::kAuthority).value_or("");
  const std::string_view old_path = head.Get(HeaderId::kPath).value_or("/");
  const bool becomes_get = BecomesGet(status);
  const auto set_target = [&](std::string_view scheme, std::string_view authority,
                              std::string_view path) {
    head.SetView(HeaderId::kScheme, scheme);
    head.SetView(HeaderId::kAuthority, authority);
    head.SetView(HeaderId::kPath, path);
    host().ClearRouteCache();
  };
  set_target(arena.Copy(target.scheme), arena.Copy(target.authority),
             target.path.empty() ? "/" : arena.Copy(target.path));
  if (host().route() == nullptr || !RestartStream()) {
    set_target(old_scheme, old_authority, old_path);
    host().route();
    worker_.stats().passthrough_internal_redirect_no_route.Inc();
    cluster().stats().upstream_internal_redirect_failed_total.Inc();
    return false;
  }
  cluster().stats().upstream_internal_redirect_succeeded_total.Inc();
  ++CountOf(host().info()).count;
  if (becomes_get) {
    head.SetView(HeaderId::kMethod, "GET");
    head.Remove(HeaderId::kContentLength);
    host().held_request_body().Clear();
  }
  if (!head.Get("x-envoy-original-url")) {
    std::string url(old_scheme);
    url.append("://").append(old_authority).append(old_path);
    head.Set("x-envoy-original-url", url);
  }
  for (const std::string& name : route_->forward->internal_redirect->response_headers_to_copy) {
    head.Remove(name);
    if (const auto value = host().response_head().Get(name)) head.Set(name, *value);
  }
  state_ = State::kOver;
  route_timer_.reset();
  return true;
}

// RFC 9110 section 15.4.4: see other is for a GET, whatever the request was, and takes no body
// along.
bool RouterFilter::BecomesGet(uint32_t status) {
  const std::string_view method = host().request_head().Get(HeaderId::kMethod).value_or("");
  return status == 303 && method != "GET" && method != "HEAD";
}

// Gives the body back to the chain, which runs the request from its start.
bool RouterFilter::RestartStream() {
  ByteChain body;
  for (size_t i = 0; i < held_.slice_count(); ++i) body.Append(held_.slice(i));
  host().AddRequestData(body);
  return host().RecreateStream();
}

}  // namespace sluice::filters::router
