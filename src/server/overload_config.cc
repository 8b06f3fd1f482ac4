#include "sluice/server/overload_config.h"

#include "sluice/config/categories.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::server {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

void CheckScale(const ScaledConfig& scaled, const config::Node& node, config::Context& ctx) {
  if (scaled.saturation_threshold > scaled.scaling_threshold) return;
  ctx.Fail(node, "saturation_threshold must be greater than scaling_threshold");
}

}  // namespace

const Message& DownstreamConnectionsConfig::Schema() {
  using C = DownstreamConnectionsConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
      "Limits the clients' connections of all listeners together.",
      {Field("max_active_downstream_connections", &C::max_active_downstream_connections,
             "The limit; those above it are closed at once.")
           .Required()
           .Min(1)});
  return message;
}

const Message& FixedHeapConfig::Schema() {
  using C = FixedHeapConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
      "The memory in use, as a share of this much.",
      {Field("max_heap_size_bytes", &C::max_heap_size_bytes, "The whole.").Required().Min(1)});
  return message;
}

const Message& InjectedResourceConfig::Schema() {
  using C = InjectedResourceConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.resource_monitors.injected_resource.v3."
      "InjectedResourceConfig",
      "A pressure that a file says, for tests.",
      {Field("filename", &C::filename, "The file; a number from 0 to 1.").Required().NonEmpty()});
  return message;
}

const Message& ResourceMonitorConfig::Schema() {
  using C = ResourceMonitorConfig;
  static const auto message =
      Message::Of<C>("envoy.config.overload.v3.ResourceMonitor", "Something that may run out.",
                     {Field("name", &C::name, "Its name, for triggers.").Required().NonEmpty(),
                      Field("typed_config", &C::typed_config, "What is watched.")
                          .Category(config::kResourceMonitors)
                          .Required()})
          .RecordWhere(&C::where);
  return message;
}

const Message& ThresholdConfig::Schema() {
  using C = ThresholdConfig;
  static const auto message =
      Message::Of<C>("envoy.config.overload.v3.ThresholdTrigger", "All or nothing.",
                     {Field("value", &C::value, "From this pressure on, always.").Range(0, 1)});
  return message;
}

const Message& ScaledConfig::Schema() {
  using C = ScaledConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.overload.v3.ScaledTrigger", "More and more.",
          {Field("scaling_threshold", &C::scaling_threshold, "Where it begins.").Range(0, 1),
           Field("saturation_threshold", &C::saturation_threshold, "From this pressure on, always.")
               .Range(0, 1)})
          .Check(&CheckScale);
  return message;
}

const Message& TriggerConfig::Schema() {
  using C = TriggerConfig;
  constexpr std::string_view kOneof = "trigger_oneof";
  static const auto message =
      Message::Of<C>("envoy.config.overload.v3.Trigger", "When something is done.",
                     {Field("name", &C::name, "The resource monitor.").Required().NonEmpty(),
                      Field("threshold", &C::threshold, "From one pressure on.").Oneof(kOneof),
                      Field("scaled", &C::scaled, "Between two pressures.").Oneof(kOneof)})
          .RequireOneof(kOneof)
          .RecordWhere(&C::where);
  return message;
}

const Message& OverloadActionConfig::Schema() {
  using C = OverloadActionConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.overload.v3.OverloadAction", "What is done about pressure.",
          {Field("name", &C::name, "envoy.overload_actions.stop_accepting_requests and the like.")
               .Required()
               .NonEmpty(),
           Field("triggers", &C::triggers, "When; the strongest counts.").Required().NonEmpty(),
           Unimplemented("typed_config", "timers are not scaled")})
          .RecordWhere(&C::where);
  return message;
}

const Message& OverloadManagerConfig::Schema() {
  using C = OverloadManagerConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.overload.v3.OverloadManager", "What is done before resources run out.",
      {Field("refresh_interval", &C::refresh_interval, "How often pressures are looked at.")
           .Min(std::chrono::milliseconds(1)),
       Field("resource_monitors", &C::resource_monitors, "What is watched.").Required().NonEmpty(),
       Field("actions", &C::actions, "What is done."),
       Unimplemented("loadshed_points", "use actions"),
       Unimplemented("buffer_factory_config", "streams are not reset by their memory")});
  return message;
}

void AddOverloadExtensions(config::ExtensionRegistry& registry) {
  registry.Emplace<config::Extension>(
      config::kResourceMonitors,
      "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
      &DownstreamConnectionsConfig::Schema,
      std::vector<std::string_view>{"envoy.resource_monitors.global_downstream_max_connections",
                                    "envoy.resource_monitors.downstream_connections"});
  registry.Emplace<config::Extension>(
      config::kResourceMonitors, "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
      &FixedHeapConfig::Schema,
      std::vector<std::string_view>{"envoy.resource_monitors.fixed_heap"});
  registry.Emplace<config::Extension>(
      config::kResourceMonitors,
      "envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig",
      &InjectedResourceConfig::Schema,
      std::vector<std::string_view>{"envoy.resource_monitors.injected_resource"});
}

}  // namespace sluice::server
