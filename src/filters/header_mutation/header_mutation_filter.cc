#include "header_mutation_filter.h"

#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/header_formats.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::header_mutation {

using config::Field;
using config::Message;
using filter::FilterStatus;

namespace {

constexpr std::string_view kType =
    "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation";

route::HeaderMutations Compile(const std::vector<route::HeaderMutationConfig>& configs,
                               config::Problems& problems) {
  const log::HeaderFormats formats;
  return route::CompileMutations(configs, &formats, problems);
}

struct Factory {
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const HeaderMutationConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& ctx) {
    const size_t errors = ctx.problems.errors();
    auto plan = std::make_shared<const HeaderMutation>(HeaderMutation{
        Mutations(config->mutations, ctx.problems), config->most_specific_header_mutations_wins});
    if (ctx.problems.errors() != errors) return nullptr;
    return std::make_unique<filter::PlannedHttpFilter<HeaderMutationFilter, HeaderMutation>>(
        std::move(plan));
  }
};

struct RouteExtension final : route::FilterRouteExtension {
  RouteExtension()
      : FilterRouteExtension(kType, HeaderMutationPerRouteConfig::Schema().type(),
                             &HeaderMutationPerRouteConfig::Schema) {}
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& problems) const override {
    const size_t errors = problems.errors();
    auto mutations = std::make_shared<const Mutations>(
        config.As<HeaderMutationPerRouteConfig>()->mutations, problems);
    if (problems.errors() != errors) return nullptr;
    return std::make_shared<const RouteMutations>(RouteMutations{{std::move(mutations)}});
  }
  std::shared_ptr<const void> Merge(const std::shared_ptr<const void>& outer,
                                    const std::shared_ptr<const void>& inner) const override {
    RouteMutations all = *static_cast<const RouteMutations*>(outer.get());
    for (const auto& level : static_cast<const RouteMutations*>(inner.get())->levels) {
      all.levels.push_back(level);
    }
    return std::make_shared<const RouteMutations>(std::move(all));
  }
};

}  // namespace

const Message& MutationsConfig::Schema() {
  using C = MutationsConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.header_mutation.v3.Mutations", "Changes of fields, in order.",
      {Field("request_mutations", &C::request_mutations, "Of the request head."),
       config::Unimplemented("query_parameter_mutations", "rewrite the path in the route action"),
       Field("response_mutations", &C::response_mutations, "Of the response head."),
       Field("response_trailers_mutations", &C::response_trailers_mutations,
             "Of the response's trailers."),
       Field("request_trailers_mutations", &C::request_trailers_mutations,
             "Of the request's trailers.")});
  return message;
}

const Message& HeaderMutationConfig::Schema() {
  using C = HeaderMutationConfig;
  static const auto message = Message::Of<C>(
      kType, "Changes header fields.",
      {Field("mutations", &C::mutations, "Changes on all routes, before those of the route."),
       Field("most_specific_header_mutations_wins", &C::most_specific_header_mutations_wins,
             "Whether the route's list comes last, after the virtual host's, not first.")});
  return message;
}

const Message& HeaderMutationPerRouteConfig::Schema() {
  using C = HeaderMutationPerRouteConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute",
                     "Changes header fields on these routes.",
                     {Field("mutations", &C::mutations, "The changes.")});
  return message;
}

Mutations::Mutations(const MutationsConfig& config, config::Problems& problems)
    : request(Compile(config.request_mutations, problems)),
      response(Compile(config.response_mutations, problems)),
      request_trailers(Compile(config.request_trailers_mutations, problems)),
      response_trailers(Compile(config.response_trailers_mutations, problems)) {}

void HeaderMutationFilter::Apply(route::HeaderMutations Mutations::* part, http::HeaderMap& map,
                                 bool response) {
  route::FormatInput input;
  input.request_head = &host().request_head();
  input.info = &host().info();
  if (response) {
    input.response_head = &host().response_head();
    input.response_trailers = &host().response_trailers();
  }
  (config_.own.*part).Apply(map, input);
  const auto* route = static_cast<const RouteMutations*>(host().route_config());
  if (route == nullptr) return;
  const auto& levels = route->levels;
  for (size_t i = 0; i < levels.size(); ++i) {
    const size_t at = config_.most_specific_wins ? i : levels.size() - 1 - i;
    ((*levels[at]).*part).Apply(map, input);
  }
}

FilterStatus HeaderMutationFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  Apply(&Mutations::request, head, false);
  return FilterStatus::kContinue;
}

FilterStatus HeaderMutationFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  Apply(&Mutations::request_trailers, trailers, false);
  return FilterStatus::kContinue;
}

FilterStatus HeaderMutationFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  Apply(&Mutations::response, head, true);
  return FilterStatus::kContinue;
}

FilterStatus HeaderMutationFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  Apply(&Mutations::response_trailers, trailers, true);
  return FilterStatus::kContinue;
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            HeaderMutationConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &HeaderMutationConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.header_mutation"});
}

ExtensionPtr MakeRouteExtension() { return std::make_unique<RouteExtension>(); }

}  // namespace sluice::filters::header_mutation
