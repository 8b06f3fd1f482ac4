#include "sluice/route/extensions.h"

#include <memory>

#include "schema_checks.h"
#include "sluice/match/uri_template.h"
#include "sluice/route/filter_config.h"

namespace sluice::route {

using config::Context;
using config::Field;
using config::Message;
using config::Node;

const Message& UriTemplateMatchConfig::Schema() {
  using C = UriTemplateMatchConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
          "A path template: /videos/{name}/*.m4s.",
          {Field("path_template", &C::path_template, "The template.").Required().Size(1, 256)})
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            const auto compiled = match::UriTemplate::Compile(value.path_template);
            if (!compiled) ctx.Fail(Member(node, "path_template"), compiled.error().detail);
          });
  return message;
}

const Message& UriTemplateRewriteConfig::Schema() {
  using C = UriTemplateRewriteConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig",
                     "A path made of the variables of the matching template: /{b}/{a}.",
                     {Field("path_template_rewrite", &C::path_template_rewrite, "The template.")
                          .Required()
                          .Size(1, 256)});
  return message;
}

const Message& PreviousHostsPredicateConfig::Schema() {
  static const auto message = Message::Of<PreviousHostsPredicateConfig>(
      "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
      "Retries go to hosts that were not tried yet.", {});
  return message;
}

const Message& OmitCanaryHostsPredicateConfig::Schema() {
  static const auto message = Message::Of<OmitCanaryHostsPredicateConfig>(
      "envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate",
      "Retries do not go to canary hosts.", {});
  return message;
}

const Message& FilterConfigWrapper::Schema() {
  using C = FilterConfigWrapper;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.FilterConfig", "A filter's per-route config, with switches.",
      {Field("config", &C::config, "The config.").Category(kFilterRouteConfigs),
       Field("is_optional", &C::is_optional, "Whether an unknown type is left out."),
       Field("disabled", &C::disabled, "Whether the filter is left out on these routes.")});
  return message;
}

namespace {

template <typename C>
void Add(config::ExtensionRegistry& registry, std::string_view category,
         std::vector<std::string_view> names) {
  registry.Emplace<config::Extension>(category, C::Schema().type(), &C::Schema, std::move(names));
}

}  // namespace

void AddRouteExtensions(config::ExtensionRegistry& registry) {
  Add<UriTemplateMatchConfig>(registry, kPathMatchers, {});
  Add<UriTemplateRewriteConfig>(registry, kPathRewriters, {});
  Add<PreviousHostsPredicateConfig>(registry, kRetryHostPredicates,
                                    {"envoy.retry_host_predicates.previous_hosts"});
  Add<OmitCanaryHostsPredicateConfig>(registry, kRetryHostPredicates,
                                      {"envoy.retry_host_predicates.omit_canary_hosts"});
  Add<FilterConfigWrapper>(registry, kFilterRouteConfigs, {});
}

}  // namespace sluice::route
