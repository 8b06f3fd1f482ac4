#include "sluice/upstream/extensions.h"

#include "proxy_protocol_transport.h"
#include "raw_buffer_transport.h"
#include "sluice/config/categories.h"
#include "sluice/upstream/dynamic_config.h"
#include "sluice/upstream/health_check_config.h"
#include "sluice/upstream/http_options_config.h"
#include "sluice/upstream/lb_policies_config.h"

namespace sluice::upstream {

void AddExtensions(config::ExtensionRegistry& registry) {
  registry.Emplace<config::Extension>(config::kUpstreamOptions, kHttpOptionsType,
                                      &HttpOptionsConfig::Schema);
  registry.Emplace<config::Extension>(
      kUpstreamFilters, kUpstreamCodecType, &UpstreamCodecConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.upstream_codec"});
  registry.Emplace<RawBufferExtension>(config::kUpstreamTransportSockets);
  registry.Emplace<RawBufferExtension>(config::kDownstreamTransportSockets);
  registry.Emplace<ProxyProtocolExtension>();
  registry.Emplace<config::Extension>(
      config::kHealthEventSinks, kHealthEventFileSinkType, &HealthEventFileSink::Schema,
      std::vector<std::string_view>{"envoy.health_check.event_sink.file",
                                    "envoy.health_check.event_sinks.file"});
  registry.Emplace<config::Extension>(
      config::kClusters, kDynamicForwardType, &DynamicForwardConfig::Schema,
      std::vector<std::string_view>{"envoy.clusters.dynamic_forward_proxy"});
  AddLbPolicies(registry);
}

}  // namespace sluice::upstream
