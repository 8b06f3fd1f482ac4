#include "sluice/upstream/http_options_config.h"

#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {
constexpr std::string_view kNoHttp3 = "HTTP/3 is not implemented";
}  // namespace

const Message& UpstreamHttpOptions::Schema() {
  using C = UpstreamHttpOptions;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.UpstreamHttpProtocolOptions", "TLS names taken from requests.",
      {Field("auto_sni", &C::auto_sni, "SNI from the request's host."),
       Field("auto_san_validation", &C::auto_san_validation, "Check the certificate against it."),
       Field("override_auto_sni_header", &C::override_auto_sni_header, "Another header for it.")});
  return message;
}

const Message& ExplicitHttpConfig::Schema() {
  using C = ExplicitHttpConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig",
                     "One version of HTTP.",
                     {Field("http_protocol_options", &C::http_protocol_options, "HTTP/1.1.")
                          .Oneof("protocol_config"),
                      Field("http2_protocol_options", &C::http2_protocol_options, "HTTP/2.")
                          .Oneof("protocol_config"),
                      Unimplemented("http3_protocol_options", kNoHttp3).Oneof("protocol_config")})
          .RequireOneof("protocol_config");
  return message;
}

const Message& DownstreamHttpConfig::Schema() {
  using C = DownstreamHttpConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig",
      "The version that the client speaks.",
      {Field("http_protocol_options", &C::http_protocol_options, "HTTP/1.1."),
       Field("http2_protocol_options", &C::http2_protocol_options, "HTTP/2."),
       Unimplemented("http3_protocol_options", kNoHttp3)});
  return message;
}

const Message& AutoHttpConfig::Schema() {
  using C = AutoHttpConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig",
                     "The version that ALPN chooses.",
                     {Field("http_protocol_options", &C::http_protocol_options, "HTTP/1.1."),
                      Field("http2_protocol_options", &C::http2_protocol_options, "HTTP/2."),
                      Unimplemented("http3_protocol_options", kNoHttp3),
                      Unimplemented("alternate_protocols_cache_options", kNoHttp3)});
  return message;
}

const Message& UpstreamCodecConfig::Schema() {
  static const auto message = Message::Of<UpstreamCodecConfig>(
      kUpstreamCodecType, "Speaks the protocol of the cluster.", {});
  return message;
}

const Message& HttpOptionsConfig::Schema() {
  using C = HttpOptionsConfig;
  static const auto message =
      Message::Of<C>(
          kHttpOptionsType, "How HTTP is spoken with a cluster.",
          {Field("common_http_protocol_options", &C::common_http_protocol_options,
                 "For every version."),
           Field("upstream_http_protocol_options", &C::upstream_http_protocol_options,
                 "TLS names taken from requests."),
           Field("explicit_http_config", &C::explicit_http_config, "One version.")
               .Oneof("upstream_protocol_options"),
           Field("use_downstream_protocol_config", &C::use_downstream_protocol_config,
                 "The version that the client speaks.")
               .Oneof("upstream_protocol_options"),
           Field("auto_config", &C::auto_config, "The version that ALPN chooses.")
               .Oneof("upstream_protocol_options"),
           Field("http_filters", &C::http_filters,
                 "Filters on the upstream side: envoy.filters.http.upstream_codec alone.")
               .Category(kUpstreamFilters)
               .Size(0, 1),
           Unimplemented("header_validation_config", "header validation is built in"),
           Unimplemented("outlier_detection",
                         "5xx answers count, see the cluster's outlier_detection"),
           Unimplemented("request_mirror_policies", "set them in the route"),
           Unimplemented("hash_policy", "set it in the route"),
           Unimplemented("retry_policy", "set it in the route")})
          .RequireOneof("upstream_protocol_options");
  return message;
}

}  // namespace sluice::upstream
