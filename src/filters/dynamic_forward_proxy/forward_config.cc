#include "forward_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/http/authority.h"

namespace sluice::filters::dynamic_forward_proxy {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& ForwardConfig::Schema() {
  using C = ForwardConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig",
      "Resolves the hosts that requests ask for, for clusters of the same DNS cache.",
      {Field("dns_cache_config", &C::dns_cache_config, "The cache of those clusters.").Required(),
       Unimplemented("sub_cluster_config", "use dns_cache_config"),
       Unimplemented("save_upstream_address", "use %UPSTREAM_HOST%").Accept({"false"}),
       Unimplemented("allow_dynamic_host_from_filter_state",
                     "nothing puts a host into the filter state")
           .Accept({"false"})});
  return message;
}

const Message& ForwardRouteConfig::Schema() {
  using C = ForwardRouteConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.dynamic_forward_proxy.v3.PerRouteConfig",
                     "Another host for the requests of a route.",
                     {Field("host_rewrite_literal", &C::host_rewrite_literal, "This one.")
                          .Oneof("host_rewrite_specifier"),
                      Field("host_rewrite_header", &C::host_rewrite_header,
                            "The first value of this field, if there is one.")
                          .Oneof("host_rewrite_specifier")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (!http::IsValidAuthority(value.host_rewrite_literal)) {
              ctx.Fail(node, "host_rewrite_literal: '" + value.host_rewrite_literal +
                                 "' is no host with or without a port");
            }
          });
  return message;
}

}  // namespace sluice::filters::dynamic_forward_proxy
