#include "sluice/route/cors_policy.h"

#include "schema_checks.h"

namespace sluice::route {

using config::Context;
using config::Field;
using config::Message;
using config::Node;

namespace {

void CheckCors(const CorsPolicyConfig& value, const Node& node, Context& ctx) {
  CheckValueText(value.allow_methods, "allow_methods", node, ctx);
  CheckValueText(value.allow_headers, "allow_headers", node, ctx);
  CheckValueText(value.expose_headers, "expose_headers", node, ctx);
  CheckValueText(value.max_age, "max_age", node, ctx);
}

}  // namespace

const Message& CorsPolicyConfig::Schema() {
  using C = CorsPolicyConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.CorsPolicy", "What other origins may do.",
          {Field("allow_origin_string_match", &C::allow_origin_string_match,
                 "Origins that are allowed; any must match."),
           Field("allow_methods", &C::allow_methods, "Value of access-control-allow-methods."),
           Field("allow_headers", &C::allow_headers, "Value of access-control-allow-headers."),
           Field("expose_headers", &C::expose_headers, "Value of access-control-expose-headers."),
           Field("max_age", &C::max_age, "Value of access-control-max-age."),
           Field("allow_credentials", &C::allow_credentials, "Whether credentials are allowed."),
           Field("filter_enabled", &C::filter_enabled,
                 "Share of the requests for which the policy is enforced; all by default."),
           Field("shadow_enabled", &C::shadow_enabled,
                 "Share of the others that are counted but not enforced."),
           Field("allow_private_network_access", &C::allow_private_network_access,
                 "Whether pages of public networks may call here."),
           Field("forward_not_matching_preflights", &C::forward_not_matching_preflights,
                 "Whether a preflight of an origin that is not allowed goes upstream.")})
          .Check(&CheckCors);
  return message;
}

CorsPolicy::CorsPolicy(const CorsPolicyConfig& config)
    : allow_origins(match::Compile(config.allow_origin_string_match)),
      allow_methods(config.allow_methods),
      allow_headers(config.allow_headers),
      expose_headers(config.expose_headers),
      max_age(config.max_age),
      allow_credentials(config.allow_credentials),
      allow_private_network_access(config.allow_private_network_access),
      forward_not_matching_preflights(config.forward_not_matching_preflights) {
  if (config.filter_enabled) enabled = match::Compile(*config.filter_enabled);
  if (config.shadow_enabled) shadow = match::Compile(*config.shadow_enabled);
}

}  // namespace sluice::route
