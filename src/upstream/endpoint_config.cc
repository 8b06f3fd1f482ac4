#include "sluice/upstream/endpoint_config.h"

#include "sluice/config/schema.h"

namespace sluice::upstream {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;

const EnumTable& ConfigEnum(ConfiguredHealth) {
  static const EnumTable table("envoy.config.core.v3.HealthStatus", {{"UNKNOWN", 0},
                                                                     {"HEALTHY", 1},
                                                                     {"UNHEALTHY", 2},
                                                                     {"DRAINING", 3},
                                                                     {"TIMEOUT", 4},
                                                                     {"DEGRADED", 5}});
  return table;
}

const Message& EndpointHealthCheckConfig::Schema() {
  using C = EndpointHealthCheckConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.endpoint.v3.Endpoint.HealthCheckConfig", "Where this endpoint is checked.",
      {Field("port_value", &C::port_value, "Another port for checks; 0 is the endpoint's.")
           .Max(65535),
       Field("hostname", &C::hostname, "The host header of checks."),
       Field("address", &C::address, "Another address for checks."),
       Field("disable_active_health_check", &C::disable_active_health_check,
             "This endpoint is not checked.")});
  return message;
}

const Message& EndpointConfig::Schema() {
  using C = EndpointConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.endpoint.v3.Endpoint", "A host of the cluster.",
      {Field("address", &C::address, "Its address; a host name in clusters that resolve names.")
           .Required(),
       Field("health_check_config", &C::health_check_config, "Where it is checked."),
       Field("hostname", &C::hostname, "Its name, for auto_host_rewrite and checks."),
       Unimplemented("additional_addresses", "one address an endpoint; list several endpoints")});
  return message;
}

const Message& LbEndpointConfig::Schema() {
  using C = LbEndpointConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.endpoint.v3.LbEndpoint", "An endpoint and its share of the load.",
      {Field("endpoint", &C::endpoint, "The endpoint.").Required().Oneof("host_identifier"),
       Unimplemented("endpoint_name", "write the endpoint in place").Oneof("host_identifier"),
       Field("health_status", &C::health_status, "Health as configured."),
       Field("metadata", &C::metadata, "Data for subsets and logs."),
       Field("load_balancing_weight", &C::load_balancing_weight, "Its weight, from 1.").Min(1)});
  return message;
}

const Message& LocalityEndpointsConfig::Schema() {
  using C = LocalityEndpointsConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.endpoint.v3.LocalityLbEndpoints", "The endpoints of one locality.",
          {Field("locality", &C::locality, "Where they run."),
           Field("metadata", &C::metadata, "Data of the locality."),
           Field("lb_endpoints", &C::lb_endpoints, "The endpoints."),
           config::Renamed("load_balancer_endpoints", "lb_endpoints",
                           [](const config::Node& list) {
                             const config::Node* inner = list.Find("lb_endpoints");
                             return inner ? *inner : config::Node::List();
                           }),
           Unimplemented("leds_cluster_locality_config",
                         "discovery services (xDS) are not implemented; list the endpoints"),
           Field("load_balancing_weight", &C::load_balancing_weight,
                 "Weight of the locality, for locality weighted balancing.")
               .Min(1),
           Field("priority", &C::priority, "0 is used first; others when it is not healthy enough.")
               .Max(128),
           Unimplemented("proximity", "it has no meaning in Envoy either")})
          .RecordWhere(&C::where);
  return message;
}

const Message& LoadAssignmentPolicy::Schema() {
  using C = LoadAssignmentPolicy;
  static const auto message = Message::Of<C>(
      "envoy.config.endpoint.v3.ClusterLoadAssignment.Policy", "How load spills over.",
      {Unimplemented("drop_overloads", "use circuit_breakers"),
       Field("overprovisioning_factor", &C::overprovisioning_factor,
             "Percent by which a priority is taken to be overprovisioned.")
           .Min(1),
       Unimplemented("endpoint_stale_after", "endpoints are part of the file"),
       Field("weighted_priority_health", &C::weighted_priority_health,
             "Count health by weight, not by hosts.")});
  return message;
}

const Message& LoadAssignmentConfig::Schema() {
  using C = LoadAssignmentConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.endpoint.v3.ClusterLoadAssignment", "The endpoints of a cluster.",
      {Field("cluster_name", &C::cluster_name, "The cluster's name, said again.").NonEmpty(),
       Field("endpoints", &C::endpoints, "By locality."),
       Unimplemented("named_endpoints", "write the endpoints in place"),
       Field("policy", &C::policy, "How load spills over.")});
  return message;
}

}  // namespace sluice::upstream
