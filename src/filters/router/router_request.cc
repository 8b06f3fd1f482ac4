// The request's way: preparation, attempts, and the body that is sent and kept.
#include <string>
#include <utility>

#include "header_checks.h"
#include "router_filter.h"
#include "sluice/filter/http_filter.h"
#include "sluice/http/authority.h"
#include "sluice/http/list.h"
#include "sluice/http/number.h"
#include "sluice/log/grpc_status.h"
#include "sluice/net/connection.h"
#include "sluice/route/apply.h"
#include "sluice/route/virtual_host.h"
#include "sluice/stream/connection_info.h"
#include "sluice/stream/override_host.h"
#include "sluice/tracing/span.h"
#include "sluice/upstream/cluster_config.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"
#include "sluice/upstream/find_cluster.h"
#include "sluice/upstream/proxy_header.h"

namespace sluice::filters::router {
namespace {

// "10.0.0.1:80", "[::1]:80"; kNone when it is no address.
net::Address ParseHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  const auto port = http::ParseDecimal(text.substr(colon + 1));
  std::string_view ip = text.substr(0, colon);
  if (ip.starts_with('[') && ip.ends_with(']')) ip = ip.substr(1, ip.size() - 2);
  if (!port || *port > UINT16_MAX) return {};
  return net::Address::FromIp(ip, static_cast<uint16_t>(*port)).value_or(net::Address());
}

}  // namespace

using filter::FilterStatus;
using http::HeaderId;
using stream::Moment;

RouterFilter::RouterFilter(RouterWorker& worker) : worker_(worker) {}

RouterFilter::~RouterFilter() = default;

FilterStatus RouterFilter::OnRequestHead(http::HeaderMap& head, bool end) {
  worker_.stats().rq_total.Inc();
  request_ended_ = end;
  route_ = host().route();
  if (route_ == nullptr) {
    AnswerNoRoute();
    return FilterStatus::kContinue;
  }
  switch (route_->action) {
    case route::ActionKind::kRedirect: Redirect(); return FilterStatus::kContinue;
    case route::ActionKind::kDirectResponse: AnswerDirectly(); return FilterStatus::kContinue;
    case route::ActionKind::kNonForwarding: AnswerNoRoute(); return FilterStatus::kContinue;
    case route::ActionKind::kForward: break;
  }
  upstream::Cluster* cluster =
      upstream::FindCluster(worker_.context().clusters, route_->cluster, head);
  if (cluster == nullptr) {
    AnswerNoCluster();
    return FilterStatus::kContinue;
  }
  cluster_ = upstream::ClusterPin(*cluster);
  if (!CheckHeaders(head)) return FilterStatus::kContinue;
  if (worker_.InMaintenance(*cluster)) {
    AnswerMaintenance();
    return FilterStatus::kContinue;
  }
  Prepare(head);
  if (!route_->forward->mirrors.empty()) StartShadows(head);
  hold_chain_ = route_->forward->internal_redirect.has_value();
  state_ = State::kTrying;
  if (end) {
    RequestEnded();
  } else if (kind_ != RequestKind::kOrdinary && timeouts_.global > Duration{}) {
    // Its request never ends; the timeout is for the answer that accepts it.
    route_timer_.emplace(loop(), [this] { OnRouteTimeout(); });
    route_timer_->Arm(timeouts_.global);
  }
  BeginAttempt(false);
  return hold_chain_ && state_ != State::kOver ? FilterStatus::kStop : FilterStatus::kContinue;
}

bool RouterFilter::CheckHeaders(const http::HeaderMap& head) {
  const auto& names = worker_.config().strict_check_headers;
  if (names.empty()) return true;
  const auto bad = FindBadHeader(names, head);
  if (!bad) return true;
  host().info().flags.Set(stream::ResponseFlag::kInvalidEnvoyRequestHeaders);
  Arena& arena = host().arena();
  std::string text = "invalid header '";
  text.append(bad->name).append("' with value '").append(bad->value).append("'");
  Reply({.status = 400,
         .body = arena.Copy(text),
         .details =
             arena.Copy("request_headers_failed_strict_check{" + std::string(bad->name) + "}")});
  return false;
}

// Everything that is the same for all attempts.
void RouterFilter::Prepare(http::HeaderMap& head) {
  const RouterConfig& config = worker_.config();
  const upstream::ClusterOptions& options = cluster().options();
  stream::StreamInfo& info = host().info();
  info.cluster_name = options.stat_name;
  info.cluster_raw_name = options.name;
  if (options.config != nullptr) info.cluster_metadata = &options.config->metadata;
  kind_ = KindOf(head);
  grpc_ = log::IsGrpc(head);
  internal_ = head.Get(HeaderId::kXEnvoyInternal) == "true";
  if (head.Has(HeaderId::kXEnvoyUpstreamRqTimeoutAltResponse)) {
    alt_timeout_ = true;
    head.Remove(HeaderId::kXEnvoyUpstreamRqTimeoutAltResponse);
  }
  if (const auto name = head.Get(HeaderId::kXEnvoyUpstreamAltStatName)) {
    alt_stats_ = worker_.alt_stats().Find(options.stat_name, *name);
    head.Remove(HeaderId::kXEnvoyUpstreamAltStatName);
  }
  timeouts_ = TakeTimeouts(*route_->forward,
                           {.suppress_envoy_headers = config.suppress_envoy_headers,
                            .respect_expected = config.respect_expected_rq_timeout,
                            .grpc = grpc_},
                           head);
  retry_ = TakeRetryPlan(route_->forward->retry.get(), head);
  if (route_->virtual_host != nullptr) {
    virtual_cluster_ = worker_.route_stats().ForVirtualCluster(*route_->virtual_host, head);
    if (virtual_cluster_ != nullptr) virtual_cluster_->total.Inc();
  }
  route_stats_ = worker_.route_stats().ForRoute(*route_);
  if (route_stats_ != nullptr) route_stats_->total.Inc();
  PrepareBalancing(head);
  route::FormatInput input;
  input.request_head = &head;
  input.info = &info;
  route::FinalizeRequestHead(*route_, head, input, config.suppress_envoy_headers);
  // HTTP/2 says which requests it has not looked at; those go out again whatever they are.
  const bool stale = options.http.retry_stale_connection &&
                     (options.http.choice != upstream::HttpChoice::kHttp1 ||
                      IsIdempotent(head.Get(HeaderId::kMethod).value_or("")));
  replay_ = kind_ == RequestKind::kOrdinary &&
            (retry_.active() || stale || route_->forward->internal_redirect.has_value());
}

// What the choice of a host depends on, before routes rewrite the head.
void RouterFilter::PrepareBalancing(const http::HeaderMap& head) {
  const upstream::LbOptions& lb = cluster().options().lb;
  stream::StreamInfo& info = host().info();
  const auto& policies =
      lb.hash_policies != nullptr ? *lb.hash_policies : route_->forward->hash_policies;
  if (lb.hashes() && !policies.empty()) {
    hash_ = HashRequest(policies, head, info, host().arena(), cookies_);
  }
  if (lb.subsets == nullptr) return;
  const Value* own = info.FindMetadata("envoy.lb");
  if (own != nullptr) {
    criteria_ = match::MergeCriteria(route_->metadata_match, match::CompileCriteria(*own));
  }
}

// A POST whose body is a tunnel's payload is a CONNECT to us.
RouterFilter::RequestKind RouterFilter::KindOf(const http::HeaderMap& head) {
  const std::string_view method = head.Get(HeaderId::kMethod).value_or("");
  const bool connect = method == "CONNECT" && !head.Has(HeaderId::kProtocol);
  if (connect || method == "POST") {
    const route::UpgradeRule* rule = route_->forward->FindUpgrade("connect");
    if (rule != nullptr && rule->enabled && rule->connect_as_tcp && (connect || rule->allow_post)) {
      tunnel_end_ = rule;
      return RequestKind::kConnect;
    }
  }
  if (method == "CONNECT") return RequestKind::kConnect;
  return head.Has(HeaderId::kUpgrade) ? RequestKind::kUpgrade : RequestKind::kOrdinary;
}

// --- Attempts.

// A filter before us wants a certain host; a retry takes any.
void RouterFilter::OverrideHost(upstream::LbContext& context) {
  if (const std::string& header = cluster().options().address_header; !header.empty()) {
    const auto address = host().request_head().Get(header);
    if (address) context.override_host = ParseHostPort(*address);
    return;
  }
  if (attempts_ != nullptr) return;
  const auto* wish =
      static_cast<const stream::OverrideHost*>(host().info().FindState(stream::kOverrideHost));
  if (wish == nullptr) return;
  context.override_host = ParseHostPort(wish->address());
  context.override_strict = wish->strict();
}

upstream::LbContext RouterFilter::MakeLbContext() {
  upstream::LbContext context;
  context.hash = hash_;
  context.metadata = criteria_ ? &*criteria_ : route_->metadata_match;
  if (const stream::ConnectionInfo* connection = host().info().connection) {
    context.downstream_remote = connection->remote;
    context.downstream_local = connection->local;
    context.local_restored = connection->local_restored;
    context.proxied_tlvs = connection->proxied_tlvs;
    context.downstream_connection_id = connection->id;
  }
  if (cluster().options().discovery == upstream::Discovery::kDynamic) {
    context.name =
        upstream::NameOfHost(host().request_head().Get(HeaderId::kAuthority).value_or(""),
                             cluster().options(), host().arena());
  }
  OverrideHost(context);
  if (attempts_ != nullptr && retry_.policy != nullptr && !retry_.policy->host_predicates.empty()) {
    context.avoid = this;
    context.max_avoid_attempts = retry_.policy->host_selection_max_attempts;
  }
  return context;
}

void RouterFilter::BeginAttempt(bool fresh) {
  state_ = State::kTrying;
  const upstream::LbContext context = MakeLbContext();
  upstream::Host* picked =
      fresh && attempt_ != nullptr ? &attempt_->host() : cluster().PickHost(context);
  if (picked == nullptr) return AnswerNoHost();
  Arena& arena = host().arena();
  attempt_ = arena.New<Attempt>(*this, *picked);
  attempts_ = arena.New<AttemptLink>(AttemptLink{attempt_, attempts_});
  if (++host().info().attempt_count > 1) TellUpstreamAgain();
  RewriteForHost(*picked, host().request_head());
  if (host().info().span != nullptr) TraceAttempt();
  const bool high = route_->forward->priority == decltype(route_->forward->priority)::kHigh;
  upstream::StreamWish wish{
      .priority = high ? upstream::Priority::kHigh : upstream::Priority::kDefault,
      .fresh = fresh,
      .downstream = host().info().protocol.value_or(http::Version::kHttp11),
      .tcp = tunnel_end_ != nullptr};
  wish.server_name = ServerName();
  std::string first_bytes;
  if (wish.tcp && tunnel_end_->proxy_header) {
    first_bytes = upstream::MakeProxyHeader(*tunnel_end_->proxy_header, context.downstream_remote,
                                            context.downstream_local, context.proxied_tlvs);
    wish.first_bytes = first_bytes;
  }
  attempt_->Start(wish, context);
}

// The upstream goes on with the attempt's own span, or with the stream's.
void RouterFilter::TraceAttempt() {
  stream::StreamInfo& info = host().info();
  tracing::Span* span = info.span;
  if (span->spawns() || worker_.config().start_child_span) {
    Arena& arena = host().arena();
    std::string_view name;
    if (!span->sampled()) {
      // Nobody will see it.
    } else if (span->child_name() != nullptr) {
      route::FormatInput input;
      input.request_head = &host().request_head();
      input.info = &info;
      name = span->child_name()->Format(input, arena);
    } else {
      name = arena.Copy("router " + std::string(info.cluster_name) + " egress");
    }
    span = attempt_->span = span->MakeChild(name, loop().Now());
    if (info.attempt_count > 1) span->SetNumber("retry.count", info.attempt_count - 1);
  }
  span->Inject(host().request_head());
}

// The time that went by before counts.
void RouterFilter::TellUpstreamAgain() {
  const auto since = host().info().At(Moment::kRequestEnd);
  TellUpstream(timeouts_, since ? loop().Now() - *since : Duration{}, host().request_head());
}

// The host that the request is for, where the cluster wants its connections made for it.
std::string_view RouterFilter::ServerName() {
  const upstream::HttpPoolOptions& options = cluster().options().http;
  if (!options.auto_sni) return {};
  const http::HeaderMap& head = host().request_head();
  const auto named = options.auto_sni_header.empty()
                         ? std::nullopt
                         : head.Get(std::string_view(options.auto_sni_header));
  const std::string_view authority = named.value_or(head.Get(HeaderId::kAuthority).value_or(""));
  const auto parts = http::SplitHostPort(authority);
  std::string_view name = parts ? parts->host : authority;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  // An address can only be looked for in the certificate.
  const bool address = !options.auto_san_validation && net::Address::FromIp(name, 0);
  return address ? std::string_view() : name;
}

// What differs from attempt to attempt.
void RouterFilter::RewriteForHost(upstream::Host& picked, http::HeaderMap& head) {
  Arena& arena = host().arena();
  stream::StreamInfo& info = host().info();
  info.upstream_host = {arena.Copy(picked.address_text()), arena.Copy(picked.hostname()),
                        picked.entry().metadata.get(), picked.entry().place.get()};
  info.AddAttempt({info.upstream_host.address, info.upstream_host.hostname, 0});
  const route::ForwardAction& forward = *route_->forward;
  if (forward.host_rewrite.kind == route::HostRewriteKind::kAuto &&
      !info.upstream_host.hostname.empty()) {
    if (info.attempt_count == 1) {
      route::RewriteHost(*route_, head, info.upstream_host.hostname,
                         worker_.config().suppress_envoy_headers);
    } else {
      head.SetView(HeaderId::kAuthority, info.upstream_host.hostname);
    }
  }
  const route::VirtualHost* virtual_host = route_->virtual_host;
  if (virtual_host == nullptr) return;
  if (virtual_host->include_request_attempt_count) {
    head.SetView(HeaderId::kXEnvoyAttemptCount, http::FormatDecimal(arena, info.attempt_count));
  }
  if (virtual_host->include_is_timeout_retry_header && after_timeout_) {
    head.SetView(HeaderId::kXEnvoyIsTimeoutRetry, "true");
  }
}

// --- The body.

FilterStatus RouterFilter::OnRequestData(ByteChain& data, bool end) {
  request_ended_ = request_ended_ || end;
  if (state_ == State::kOver) {
    data.Clear();
    return FilterStatus::kContinue;
  }
  if (shadows_ != nullptr) ShadowData(data, end);
  if (attempt_ != nullptr && attempt_->sending()) {
    if (replay_) {
      ShareForReplay(data);
    } else {
      body_lost_ = body_lost_ || !data.empty();
    }
    attempt_->body_sent = attempt_->body_sent || !data.empty();
    attempt_->codec().SendData(data, end);
  } else {
    HoldData(data);
  }
  if (end) RequestEnded();
  return hold_chain_ && state_ != State::kOver ? FilterStatus::kStop : FilterStatus::kContinue;
}

// Only what nobody keeps a copy of.
net::Connection* RouterFilter::RequestSpliceTarget(uint64_t length) {
  const bool direct = attempt_ != nullptr && attempt_->sending() && state_ != State::kOver;
  if (!direct || replay_ || hold_chain_ || shadows_ != nullptr || !held_.empty()) return nullptr;
  if (!attempt_->codec().SpliceableOutput(length)) return nullptr;
  net::Connection& to = attempt_->stream().connection();
  return to.WorthSplicingTo(length) ? &to : nullptr;
}

void RouterFilter::OnRequestSpliced(uint64_t bytes) {
  if (attempt_ == nullptr || !attempt_->sending()) return;
  body_lost_ = true;
  attempt_->body_sent = true;
  attempt_->codec().SplicedOutput(bytes);
}

FilterStatus RouterFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  request_ended_ = true;
  has_trailers_ = true;
  if (state_ == State::kOver) return FilterStatus::kContinue;
  for (ShadowLink* link = shadows_; link != nullptr; link = link->next) {
    link->shadow->Trailers(trailers);
  }
  if (attempt_ != nullptr && attempt_->sending()) attempt_->codec().SendTrailers(trailers);
  RequestEnded();
  return hold_chain_ && state_ != State::kOver ? FilterStatus::kStop : FilterStatus::kContinue;
}

// Until there is a connection the body waits here; the client is asked to wait when it is a lot.
void RouterFilter::HoldData(ByteChain& data) {
  held_.Append(std::move(data));
  if (held_.size() <= host().buffer_limit()) return;
  if (replay_) AbandonReplay();
  if (!std::exchange(body_full_, true)) host().RequestHigh();
}

void RouterFilter::ShareForReplay(const ByteChain& data) {
  if (held_.size() + data.size() > host().buffer_limit()) {
    AbandonReplay();
    body_lost_ = true;
    held_.Clear();
    return;
  }
  for (size_t i = 0; i < data.slice_count(); ++i) held_.Append(data.slice(i));
}

void RouterFilter::AbandonReplay() {
  replay_ = false;
  if (retry_.active()) cluster().stats().retry_or_shadow_abandoned.Inc();
}

void RouterFilter::SendHeld(Attempt& attempt) {
  const bool end = request_ended_ && !has_trailers_;
  if (!held_.empty() || end) {
    attempt.body_sent = attempt.body_sent || !held_.empty();
    ByteChain data;
    if (replay_) {
      for (size_t i = 0; i < held_.slice_count(); ++i) data.Append(held_.slice(i));
    } else {
      body_lost_ = body_lost_ || !held_.empty();
      data.Append(std::move(held_));
    }
    attempt.codec().SendData(data, end);
  }
  if (std::exchange(body_full_, false)) host().RequestLow();
  if (has_trailers_ && attempt.sending()) attempt.codec().SendTrailers(host().request_trailers());
}

// The client has sent everything: its patience begins to count.
void RouterFilter::RequestEnded() {
  if (state_ == State::kOver) return;
  if (timeouts_.global > Duration{} && !route_timer_ && state_ != State::kResponding) {
    route_timer_.emplace(loop(), [this] { OnRouteTimeout(); });
    route_timer_->Arm(timeouts_.global);
  }
  if (attempt_ != nullptr && attempt_->sending()) AfterRequestSent(*attempt_);
}

void RouterFilter::AfterRequestSent(Attempt& attempt) {
  host().info().MarkOnce(Moment::kUpstreamSendEnd, loop().Now());
  const Duration most = cluster().options().http.max_stream_duration;
  if (timeouts_.per_try == Duration{} && timeouts_.per_try_idle == Duration{} &&
      most == Duration{}) {
    return;
  }
  attempt.StartLimits({timeouts_.per_try, timeouts_.per_try_idle, most});
}

}  // namespace sluice::filters::router
