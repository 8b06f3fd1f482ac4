#include "sluice/filter/request_descriptors.h"

#include "sluice/net/address.h"
#include "sluice/route/route_entry.h"
#include "sluice/route/virtual_host.h"
#include "sluice/stream/connection_info.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filter {
namespace {

route::RateLimitInput MakeInput(HttpFilterHost& host, const http::HeaderMap& head,
                                const ProcessState& process) {
  const route::RouteEntry* route = host.route();
  const stream::StreamInfo& info = host.info();
  route::RateLimitInput input{.head = head,
                              .arena = host.arena(),
                              .source_cluster = process.local.cluster,
                              .destination_cluster = {},
                              .remote_ip = {},
                              .remote_ip_bytes = {},
                              .dynamic_metadata = info.dynamic_metadata(),
                              .route_metadata = route != nullptr ? route->metadata_values : nullptr,
                              .runtime = host.worker().runtime};
  const net::Address* remote = info.remote != nullptr       ? info.remote
                               : info.connection != nullptr ? info.connection->remote
                                                            : nullptr;
  if (remote != nullptr && remote->is_ip()) {
    input.remote_ip = host.arena().Copy(remote->Ip());
    input.remote_ip_bytes = remote->IpBytes();
  }
  if (route != nullptr && route->forward != nullptr) {
    const route::ClusterSpec& cluster = route->cluster;
    input.destination_cluster =
        cluster.header.empty() ? cluster.name : head.Get(cluster.header).value_or("");
  }
  return input;
}

}  // namespace

const config::EnumTable& ConfigEnum(VirtualHostLimits) {
  static const config::EnumTable table("envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions",
                                       {{"OVERRIDE", 0}, {"INCLUDE", 1}, {"IGNORE", 2}});
  return table;
}

const config::EnumTable& ConfigEnum(LimitHeaders) {
  static const config::EnumTable table(
      "envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion",
      {{"OFF", 0}, {"DRAFT_VERSION_03", 1}});
  return table;
}

void DescribeRequest(const DescriptorRules& rules, HttpFilterHost& host,
                     const http::HeaderMap& head, const ProcessState& process,
                     std::vector<route::Descriptor>& out) {
  const route::RateLimitInput input = MakeInput(host, head, process);
  if (rules.own != nullptr) {
    return rules.own->Describe(route::RateLimits::kAnyStage, input, out);
  }
  const route::RouteEntry* route = host.route();
  if (route == nullptr || route->forward == nullptr) return;
  const route::ForwardAction& forward = *route->forward;
  forward.rate_limits.Describe(rules.stage, input, out);
  const bool host_too =
      forward.include_vh_rate_limits || rules.virtual_host == VirtualHostLimits::kInclude ||
      (rules.virtual_host == VirtualHostLimits::kOverride && forward.rate_limits.empty());
  if (host_too && route->virtual_host != nullptr) {
    route->virtual_host->rate_limits.Describe(rules.stage, input, out);
  }
}

}  // namespace sluice::filter
