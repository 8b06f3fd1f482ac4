#include "fault_config.h"

#include "sluice/config/common.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::fault {

using config::Context;
using config::Field;
using config::Message;
using config::Node;

namespace {

void CheckFault(const HttpFaultConfig& value, const Node& node, Context& ctx) {
  if (!value.delay && !value.abort && !value.response_rate_limit) {
    ctx.Fail(node, "delay, abort or response_rate_limit must be given");
  }
  if (!value.filter_metadata.IsNull() && !value.filter_metadata.IsMap()) {
    ctx.Fail(node, "filter_metadata must be a map");
  }
}

}  // namespace

const Message& FaultDelayConfig::Schema() {
  using C = FaultDelayConfig;
  constexpr std::string_view kGroup = "fault_delay_secifier";
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.common.fault.v3.FaultDelay", "Delays requests.",
          {Field("fixed_delay", &C::fixed_delay, "How long.")
               .GreaterThan(Duration::zero())
               .Oneof(kGroup),
           Field("header_delay", &C::header_delay,
                 "x-envoy-fault-delay-request says how many milliseconds.")
               .Oneof(kGroup),
           Field("percentage", &C::percentage, "Share of the requests; none by default.")})
          .RequireOneof(kGroup);
  return message;
}

const Message& FaultAbortConfig::Schema() {
  using C = FaultAbortConfig;
  constexpr std::string_view kGroup = "error_type";
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.fault.v3.FaultAbort", "Answers requests with an error.",
          {Field("http_status", &C::http_status, "The status.").Range(200, 599).Oneof(kGroup),
           Field("grpc_status", &C::grpc_status, "The gRPC status.").Oneof(kGroup),
           Field("header_abort", &C::header_abort,
                 "x-envoy-fault-abort-request or x-envoy-fault-abort-grpc-request says which.")
               .Oneof(kGroup),
           Field("percentage", &C::percentage, "Share of the requests; none by default.")})
          .RequireOneof(kGroup);
  return message;
}

const Message& FaultFixedLimitConfig::Schema() {
  using C = FaultFixedLimitConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit", "A constant rate.",
      {Field("limit_kbps", &C::limit_kbps, "KiB a second.").Required().Min(1)});
  return message;
}

const Message& FaultRateLimitConfig::Schema() {
  using C = FaultRateLimitConfig;
  constexpr std::string_view kGroup = "limit_type";
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.common.fault.v3.FaultRateLimit", "Slows bodies down.",
          {Field("fixed_limit", &C::fixed_limit, "A constant rate.").Oneof(kGroup),
           Field("header_limit", &C::header_limit,
                 "x-envoy-fault-throughput-response says how many KiB a second.")
               .Oneof(kGroup),
           Field("percentage", &C::percentage, "Share of the requests; none by default.")})
          .RequireOneof(kGroup);
  return message;
}

const Message& HttpFaultConfig::Schema() {
  using C = HttpFaultConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.fault.v3.HTTPFault", "Injects delays and errors.",
          {Field("delay", &C::delay, "Delays requests."),
           Field("abort", &C::abort, "Answers requests with an error."),
           Field("upstream_cluster", &C::upstream_cluster, "Only requests for this cluster."),
           Field("headers", &C::headers, "Only requests with these fields; all must match."),
           Field("downstream_nodes", &C::downstream_nodes,
                 "Only requests of these nodes, by x-envoy-downstream-service-node."),
           Field("max_active_faults", &C::max_active_faults,
                 "Most faults at a time, over all workers; further ones are not injected."),
           Field("response_rate_limit", &C::response_rate_limit,
                 "Slows response bodies down, each stream by itself."),
           Field("delay_percent_runtime", &C::delay_percent_runtime,
                 "Runtime key of the delay's share."),
           Field("abort_percent_runtime", &C::abort_percent_runtime,
                 "Runtime key of the error's share."),
           Field("delay_duration_runtime", &C::delay_duration_runtime,
                 "Runtime key of fixed_delay, in milliseconds."),
           Field("abort_http_status_runtime", &C::abort_http_status_runtime,
                 "Runtime key of http_status."),
           Field("max_active_faults_runtime", &C::max_active_faults_runtime,
                 "Runtime key of max_active_faults."),
           Field("response_rate_limit_percent_runtime", &C::response_rate_limit_percent_runtime,
                 "Runtime key of the slowed share."),
           Field("abort_grpc_status_runtime", &C::abort_grpc_status_runtime,
                 "Runtime key of grpc_status."),
           Field("disable_downstream_cluster_stats", &C::disable_downstream_cluster_stats,
                 "Do not tell the clusters apart that x-envoy-downstream-service-cluster names."),
           Field("filter_metadata", &C::filter_metadata,
                 "Put into dynamic metadata when a fault is injected.")})
          .RecordWhere(&C::where)
          .Check(&CheckFault);
  return message;
}

Fault::Fault(const HttpFaultConfig& config)
    : by_downstream_cluster(!config.disable_downstream_cluster_stats),
      upstream_cluster(config.upstream_cluster),
      headers(match::Compile(config.headers)),
      downstream_nodes(config.downstream_nodes) {
  if (config.delay) {
    delay = config.delay->fixed_delay ? Source::kFixed : Source::kHeader;
    fixed_delay = config.delay->fixed_delay.value_or(Duration::zero());
    delay_key = config.delay_duration_runtime;
    delay_share = {match::Compile(config.delay->percentage), config.delay_percent_runtime};
  }
  if (config.abort) {
    abort = config.abort->header_abort ? Source::kHeader : Source::kFixed;
    http_status = config.abort->http_status.value_or(0);
    grpc_status = config.abort->grpc_status;
    http_status_key = config.abort_http_status_runtime;
    grpc_status_key = config.abort_grpc_status_runtime;
    abort_share = {match::Compile(config.abort->percentage), config.abort_percent_runtime};
  }
  if (const auto& limit = config.response_rate_limit) {
    throttle = limit->fixed_limit ? Source::kFixed : Source::kHeader;
    if (limit->fixed_limit) limit_kbps = limit->fixed_limit->limit_kbps;
    throttle_share = {match::Compile(limit->percentage),
                      config.response_rate_limit_percent_runtime};
  }
  most_active = config.max_active_faults;
  most_active_key = config.max_active_faults_runtime;
  const Value value = config::ToValue(config.filter_metadata);
  if (const ValueStruct* fields = value.AsStruct()) metadata = *fields;
}

}  // namespace sluice::filters::fault
