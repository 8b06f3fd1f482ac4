#include "ext_proc_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::ext_proc {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

constexpr Duration kLongestWait = std::chrono::hours(1);

void CheckExtProc(const ExtProcConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.disable_clear_route_cache && value.route_cache_action != RouteCacheAction::kDefault) {
    ctx.Fail(node, "only one of disable_clear_route_cache and route_cache_action can be set");
  }
}

void CheckPerRoute(const ExtProcPerRouteConfig& value, const config::Node& node,
                   config::Context& ctx) {
  if (value.disabled && !*value.disabled) {
    ctx.Fail(node, "disabled can only be true", {}, "leave it out, or write `overrides: {}`");
  }
}

}  // namespace

const config::EnumTable& ConfigEnum(RouteCacheAction) {
  static const config::EnumTable table(
      "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor.RouteCacheAction",
      {{"DEFAULT", 0}, {"CLEAR", 1}, {"RETAIN", 2}});
  return table;
}

const Message& MutationRulesConfig::Schema() {
  using C = MutationRulesConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.common.mutation_rules.v3.HeaderMutationRules",
      "Which header fields a processor may change.",
      {Field("allow_all_routing", &C::allow_all_routing,
             "Whether host, :authority, :scheme and :method may change."),
       Field("allow_envoy", &C::allow_envoy, "Whether x-envoy-* may change."),
       Field("disallow_system", &C::disallow_system,
             "Whether names that begin with a colon may not change."),
       Field("disallow_all", &C::disallow_all, "Whether nothing may change."),
       Field("allow_expression", &C::allow_expression,
             "Names that may change whatever the fields above say."),
       Field("disallow_expression", &C::disallow_expression,
             "Names that may not change whatever all others say."),
       Field("disallow_is_error", &C::disallow_is_error,
             "Whether what may not change is answered 500, and not only left out.")});
  return message;
}

const Message& ForwardRulesConfig::Schema() {
  using C = ForwardRulesConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.ext_proc.v3.HeaderForwardingRules",
      "Header fields that the processor sees.",
      {Field("allowed_headers", &C::allowed_headers, "Those and no others; all unless set."),
       Field("disallowed_headers", &C::disallowed_headers, "Those it never sees.")});
  return message;
}

const Message& NamespacesConfig::Schema() {
  using C = NamespacesConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.ext_proc.v3.MetadataOptions.MetadataNamespaces",
                     "Namespaces of dynamic metadata.",
                     {Field("untyped", &C::untyped, "Their names."),
                      Unimplemented("typed", "dynamic metadata has no types")});
  return message;
}

const Message& MetadataOptionsConfig::Schema() {
  using C = MetadataOptionsConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.ext_proc.v3.MetadataOptions", "Dynamic metadata.",
      {Field("forwarding_namespaces", &C::forwarding_namespaces, "What the processor sees."),
       Field("receiving_namespaces", &C::receiving_namespaces, "What it may set."),
       Unimplemented("cluster_metadata_forwarding_namespaces",
                     "metadata of clusters is not sent")});
  return message;
}

namespace {

std::vector<Field> Fields() {
  using C = ExtProcConfig;
  return {
      Field("grpc_service", &C::grpc_service, "The processor.").Oneof("ext_proc_service_type"),
      Unimplemented("http_service", "processors are called by gRPC: use grpc_service")
          .Oneof("ext_proc_service_type"),
      Field("failure_mode_allow", &C::failure_mode_allow,
            "Whether messages go on as they are when the processor fails."),
      Field("processing_mode", &C::processing_mode, "What the processor sees."),
      Field("request_attributes", &C::request_attributes,
            "Attributes that go with the first message about a request."),
      Field("response_attributes", &C::response_attributes,
            "Attributes that go with the first message about a response."),
      Field("message_timeout", &C::message_timeout, "Longest wait for an answer; 200 ms.")
          .Min(Duration{})
          .Max(kLongestWait),
      Field("stat_prefix", &C::stat_prefix, "The counters are ext_proc.<stat_prefix>.*."),
      Field("mutation_rules", &C::mutation_rules, "Which header fields the processor may change."),
      Field("max_message_timeout", &C::max_message_timeout,
            "Longest wait that a processor may ask for; 0: it may not.")
          .Min(Duration{})
          .Max(kLongestWait),
      Field("forward_rules", &C::forward_rules, "Header fields that the processor sees."),
      Unimplemented("filter_metadata", "nothing is put into the filter state"),
      Field("allow_mode_override", &C::allow_mode_override,
            "Whether an answer about a head may change the processing mode."),
      Field("allowed_override_modes", &C::allowed_override_modes,
            "Modes that it may be changed to; any unless set."),
      Field("disable_immediate_response", &C::disable_immediate_response,
            "Whether a processor that answers the client is left instead."),
      Field("metadata_options", &C::metadata_options, "Dynamic metadata that goes and comes."),
      Unimplemented("observability_mode", "messages wait for the processor's answers")
          .Accept({"false"}),
      Unimplemented("deferred_close_timeout", "it belongs to observability_mode"),
      Field("disable_clear_route_cache", &C::disable_clear_route_cache,
            "Whether the route stays although the processor says clear_route_cache."),
      Field("route_cache_action", &C::route_cache_action,
            "Whether the route is chosen again: as the processor says, always, or never."),
      Unimplemented("send_body_without_waiting_for_header_response",
                    "bodies wait for the answer about their head")
          .Accept({"false"}),
      Unimplemented("processing_request_modifier", "there are no such extensions"),
      Unimplemented("on_processing_response", "there are no such extensions"),
      Field("status_on_error", &C::status_on_error,
            "What is answered when the processor fails; 500, and 504 if it is late.")};
}

}  // namespace

const Message& ExtProcConfig::Schema() {
  static const auto message =
      Message::Of<ExtProcConfig>("envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
                                 "Shows messages to a processor, which may change them.", Fields())
          .RequireOneof("ext_proc_service_type")
          .Check(&CheckExtProc);
  return message;
}

const Message& ExtProcOverridesConfig::Schema() {
  using C = ExtProcOverridesConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.ext_proc.v3.ExtProcOverrides",
      "In place of the filter's; inner levels go over outer ones field by field.",
      {Field("processing_mode", &C::processing_mode, "What the processor sees."),
       Unimplemented("async_mode", "it is not Envoy's any more").Accept({"false"}),
       Unimplemented("request_attributes", "the filter's hold for all routes"),
       Unimplemented("response_attributes", "the filter's hold for all routes"),
       Field("grpc_service", &C::grpc_service, "Another processor."),
       Field("metadata_options", &C::metadata_options, "Dynamic metadata that goes and comes."),
       Field("grpc_initial_metadata", &C::grpc_initial_metadata,
             "Header fields of the call; they replace."),
       Field("failure_mode_allow", &C::failure_mode_allow,
             "Whether messages go on as they are when the processor fails."),
       Unimplemented("processing_request_modifier", "there are no such extensions")});
  return message;
}

const Message& ExtProcPerRouteConfig::Schema() {
  using C = ExtProcPerRouteConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute",
          "What holds on these routes.",
          {Field("disabled", &C::disabled, "true: nothing is shown.").Oneof("override"),
           Field("overrides", &C::overrides, "In place of the filter's.").Oneof("override")})
          .RequireOneof("override")
          .Check(&CheckPerRoute);
  return message;
}

}  // namespace sluice::filters::ext_proc
