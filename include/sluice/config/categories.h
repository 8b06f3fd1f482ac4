// The categories of extensions, as Envoy's documentation names them: what Field::Category() and
// Extension::category say. (The filters' own are in filter/registry.h.)
#pragma once

#include <string_view>

namespace sluice::config {

inline constexpr std::string_view kDownstreamTransportSockets =
    "envoy.transport_sockets.downstream";
inline constexpr std::string_view kUpstreamTransportSockets = "envoy.transport_sockets.upstream";
inline constexpr std::string_view kAccessLoggers = "envoy.access_loggers";
inline constexpr std::string_view kDnsResolvers = "envoy.network.dns_resolver";
inline constexpr std::string_view kClusters = "envoy.clusters";
inline constexpr std::string_view kLoadBalancers = "envoy.load_balancing_policies";
inline constexpr std::string_view kUpstreamOptions = "envoy.upstream_options";
inline constexpr std::string_view kResourceMonitors = "envoy.resource_monitors";
inline constexpr std::string_view kStatsSinks = "envoy.stats_sinks";
inline constexpr std::string_view kBootstrapExtensions = "envoy.bootstrap";
inline constexpr std::string_view kRegexEngines = "envoy.regex_engines";
inline constexpr std::string_view kHealthEventSinks = "envoy.health_check.event_sinks";
inline constexpr std::string_view kFormatters = "envoy.formatter";

}  // namespace sluice::config
