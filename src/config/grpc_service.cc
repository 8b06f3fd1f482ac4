#include "sluice/config/grpc_service.h"

#include "sluice/config/schema.h"

namespace sluice::config {

const EnumTable& ConfigEnum(ApiVersion) {
  static const EnumTable table("envoy.config.core.v3.ApiVersion",
                               {{"AUTO", 0}, {"V2", 1}, {"V3", 2}});
  return table;
}

const Message& EnvoyGrpc::Schema() {
  using C = EnvoyGrpc;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.GrpcService.EnvoyGrpc", "The cluster that serves it.",
      {Field("cluster_name", &C::cluster_name, "Its name.").Required().NonEmpty(),
       Field("authority", &C::authority, ":authority of the calls; the cluster's name unless set.")
           .Size(0, 16384),
       Unimplemented("retry_policy", "calls are not repeated"),
       Field("max_receive_message_length", &C::max_receive_message_length,
             "Longest answer that is taken; 1 MiB unless set."),
       Field("skip_envoy_headers", &C::skip_envoy_headers,
             "Whether calls go without x-envoy-* and x-forwarded-for.")});
  return message;
}

const Message& GrpcService::Schema() {
  using C = GrpcService;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.GrpcService", "A gRPC service that the proxy calls.",
          {Field("envoy_grpc", &C::envoy_grpc, "The service, as a cluster.")
               .Oneof("target_specifier"),
           Unimplemented("google_grpc",
                         "calls go through the proxy's own clusters: name one in envoy_grpc")
               .Oneof("target_specifier"),
           Field("timeout", &C::timeout, "Longest wait for the answer.").Positive(),
           Field("initial_metadata", &C::initial_metadata, "Header fields of the calls."),
           Unimplemented("retry_policy", "calls are not repeated")})
          .RequireOneof("target_specifier");
  return message;
}

}  // namespace sluice::config
