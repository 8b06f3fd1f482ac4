// HTTP as it is spoken with a cluster (envoy.extensions.upstreams.http.v3.HttpProtocolOptions),
// held in typed_extension_protocol_options. Immutable once parsed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/http_protocol.h"

namespace sluice::upstream {

struct UpstreamHttpOptions {
  bool auto_sni = false;
  bool auto_san_validation = false;
  std::string override_auto_sni_header;
  static const config::Message& Schema();
};

// Exactly one is set in ExplicitHttpConfig; both may be in the others.
struct ExplicitHttpConfig {
  std::optional<config::Http1ProtocolOptions> http_protocol_options;
  std::optional<config::Http2ProtocolOptions> http2_protocol_options;
  static const config::Message& Schema();
};
struct DownstreamHttpConfig {
  std::optional<config::Http1ProtocolOptions> http_protocol_options;
  std::optional<config::Http2ProtocolOptions> http2_protocol_options;
  static const config::Message& Schema();
};
struct AutoHttpConfig {
  std::optional<config::Http1ProtocolOptions> http_protocol_options;
  std::optional<config::Http2ProtocolOptions> http2_protocol_options;
  static const config::Message& Schema();
};

// The end of a chain of filters on the upstream side: what there is without one as well.
struct UpstreamCodecConfig {
  static const config::Message& Schema();
};
inline constexpr std::string_view kUpstreamCodecType =
    "envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec";
inline constexpr std::string_view kUpstreamFilters = "envoy.filters.http.upstream";

struct HttpOptionsConfig {
  config::HttpProtocolOptions common_http_protocol_options;
  UpstreamHttpOptions upstream_http_protocol_options;
  std::optional<ExplicitHttpConfig> explicit_http_config;  // one of the three is set
  std::optional<DownstreamHttpConfig> use_downstream_protocol_config;
  std::optional<AutoHttpConfig> auto_config;
  std::vector<config::NamedExtension> http_filters;  // none, or the codec
  static const config::Message& Schema();
};

inline constexpr std::string_view kHttpOptionsType =
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

}  // namespace sluice::upstream
