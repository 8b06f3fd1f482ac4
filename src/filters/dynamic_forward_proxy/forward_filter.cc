#include "forward_filter.h"

#include <algorithm>
#include <string>

#include "sluice/http/authority.h"
#include "sluice/route/route_entry.h"
#include "sluice/stream/stream_info.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/find_cluster.h"
#include "sluice/upstream/named_host.h"

namespace sluice::filters::dynamic_forward_proxy {

using filter::FilterStatus;
using http::HeaderId;
using upstream::NameOutcome;

FilterStatus ForwardFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  const route::RouteEntry* route = host().route();
  if (route == nullptr || route->action != route::ActionKind::kForward) {
    return FilterStatus::kContinue;
  }
  upstream::Cluster* cluster =
      upstream::FindCluster(host().worker().clusters, route->cluster, head);
  if (cluster == nullptr || cluster->options().discovery != upstream::Discovery::kDynamic) {
    return FilterStatus::kContinue;
  }
  RewriteHost(head);
  const std::string_view name = upstream::NameOfHost(head.Get(HeaderId::kAuthority).value_or(""),
                                                     cluster->options(), host().arena());
  if (cluster->KnowsHost(name)) return FilterStatus::kContinue;
  if (name.empty()) {
    Refuse(NameOutcome::kFailed, "no host");
    return FilterStatus::kStopAllWatermark;
  }
  cluster_ = upstream::ClusterPin(*cluster);
  wait_.emplace(static_cast<upstream::NameEvents&>(*this));
  if (!cluster->WaitForHost(name, *wait_)) Refuse(NameOutcome::kBusy, {});
  return FilterStatus::kStopAllWatermark;
}

void ForwardFilter::OnDestroy() {
  wait_.reset();
  cluster_.Reset();
}

void ForwardFilter::RewriteHost(http::HeaderMap& head) {
  const auto* config = static_cast<const ForwardRouteConfig*>(host().route_config());
  if (config == nullptr) return;
  std::string_view to = config->host_rewrite_literal;
  if (!config->host_rewrite_header.empty()) {
    to = head.Get(std::string_view(config->host_rewrite_header)).value_or("");
  }
  // A field is the client's word: it has to be a host for others to understand.
  if (!to.empty() && http::IsValidAuthority(to)) head.Set(HeaderId::kAuthority, to);
}

void ForwardFilter::OnNameAnswered(NameOutcome outcome, std::string_view detail) {
  cluster_.Reset();
  if (outcome == NameOutcome::kKnown) return host().ContinueRequest();
  Refuse(outcome, detail);
}

void ForwardFilter::Refuse(NameOutcome outcome, std::string_view detail) {
  if (outcome == NameOutcome::kFull) {
    return host().SendLocalReply(
        {.status = 503, .body = "DNS cache overflow", .details = "dns_cache_overflow"});
  }
  if (outcome == NameOutcome::kBusy) {
    return host().SendLocalReply({.status = 503,
                                  .body = "Dynamic forward proxy pending request overflow",
                                  .details = "dynamic_forward_proxy_pending_request_overflow"});
  }
  host().info().flags.Set(stream::ResponseFlag::kDnsResolutionFailed);
  std::string details = "dns_resolution_failure{" + std::string(detail) + "}";
  std::ranges::replace(details, ' ', '_');
  host().SendLocalReply(
      {.status = 503, .body = "DNS resolution failure", .details = host().arena().Copy(details)});
}

}  // namespace sluice::filters::dynamic_forward_proxy
