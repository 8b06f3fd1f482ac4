// Schemas of access-log filters.
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/log/access_log_config.h"
#include "sluice/stream/response_flags.h"

namespace sluice::log {

using config::Context;
using config::EnumTable;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

AccessLogFilterConfig::AccessLogFilterConfig() = default;
AccessLogFilterConfig::AccessLogFilterConfig(AccessLogFilterConfig&&) noexcept = default;
AccessLogFilterConfig& AccessLogFilterConfig::operator=(AccessLogFilterConfig&&) noexcept = default;
AccessLogFilterConfig::~AccessLogFilterConfig() = default;

const EnumTable& ConfigEnum(CompareOp) {
  static const EnumTable table("envoy.config.accesslog.v3.ComparisonFilter.Op",
                               {{"EQ", 0}, {"GE", 1}, {"LE", 2}, {"NE", 3}});
  return table;
}

const EnumTable& ConfigEnum(EntryType) {
  constexpr auto kLater = config::ValueStatus::kUnimplemented;
  constexpr std::string_view kUdp = "there are no UDP sessions";
  static const EnumTable table("envoy.data.accesslog.v3.AccessLogType",
                               {{"NotSet", 0},
                                {"TcpUpstreamConnected", 1},
                                {"TcpPeriodic", 2},
                                {"TcpConnectionEnd", 3},
                                {"DownstreamStart", 4},
                                {"DownstreamPeriodic", 5},
                                {"DownstreamEnd", 6},
                                {"UpstreamPoolReady", 7},
                                {"UpstreamPeriodic", 8},
                                {"UpstreamEnd", 9},
                                {"DownstreamTunnelSuccessfullyEstablished", 10},
                                {"UdpTunnelUpstreamConnected", 11, kLater, kUdp},
                                {"UdpPeriodic", 12, kLater, kUdp},
                                {"UdpSessionEnd", 13, kLater, kUdp}});
  return table;
}

const EnumTable& ConfigEnum(GrpcStatusName) {
  static const EnumTable table("envoy.config.accesslog.v3.GrpcStatusFilter.Status",
                               {{"OK", 0},
                                {"CANCELED", 1},
                                {"UNKNOWN", 2},
                                {"INVALID_ARGUMENT", 3},
                                {"DEADLINE_EXCEEDED", 4},
                                {"NOT_FOUND", 5},
                                {"ALREADY_EXISTS", 6},
                                {"PERMISSION_DENIED", 7},
                                {"RESOURCE_EXHAUSTED", 8},
                                {"FAILED_PRECONDITION", 9},
                                {"ABORTED", 10},
                                {"OUT_OF_RANGE", 11},
                                {"UNIMPLEMENTED", 12},
                                {"INTERNAL", 13},
                                {"UNAVAILABLE", 14},
                                {"DATA_LOSS", 15},
                                {"UNAUTHENTICATED", 16}});
  return table;
}

const Message& ComparisonConfig::Schema() {
  using C = ComparisonConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.ComparisonFilter", "A comparison of integers.",
                     {Field("op", &C::op, "How to compare."),
                      Field("value", &C::value, "What to compare with.").Required()});
  return message;
}

const Message& ComparisonFilterConfig::Schema() {
  using C = ComparisonFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.StatusCodeFilter", "Compares a number.",
                     {Field("comparison", &C::comparison, "The comparison.").Required()});
  return message;
}

const Message& RuntimeFilterConfig::Schema() {
  using C = RuntimeFilterConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.accesslog.v3.RuntimeFilter", "Lets a sample pass.",
      {Field("runtime_key", &C::runtime_key, "Overrides percent_sampled.").Required().NonEmpty(),
       Field("percent_sampled", &C::percent_sampled, "0 % unless given."),
       Field("use_independent_randomness", &C::use_independent_randomness,
             "Do not derive the choice from x-request-id.")});
  return message;
}

const Message& HeaderFilterConfig::Schema() {
  using C = HeaderFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.HeaderFilter", "Looks at a request header.",
                     {Field("header", &C::header, "What it must be like.").Required()});
  return message;
}

const Message& ResponseFlagFilterConfig::Schema() {
  using C = ResponseFlagFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.ResponseFlagFilter", "Looks at response flags.",
                     {Field("flags", &C::flags, "Any of these; without any, any flag at all.")})
          .Check<C>(+[](const C& value, const Node& node, Context& ctx) {
            const Context::Scope scope(ctx, "flags");
            const Node* list = node.Find("flags");
            for (size_t i = 0; i < value.flags.size(); ++i) {
              if (stream::FindFlag(value.flags[i])) continue;
              const bool known = list != nullptr && list->IsList() && i < list->items.size();
              ctx.Fail(known ? list->items[i] : node,
                       "unknown response flag `" + value.flags[i] + "`",
                       "a flag such as UF, UH, NR or DC");
            }
          });
  return message;
}

const Message& GrpcStatusFilterConfig::Schema() {
  using C = GrpcStatusFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.GrpcStatusFilter", "Looks at the gRPC status.",
                     {Field("statuses", &C::statuses, "Any of these passes."),
                      Field("exclude", &C::exclude, "Any of these does not pass, others do.")});
  return message;
}

const Message& MetadataFilterConfig::Schema() {
  using C = MetadataFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.MetadataFilter", "Looks at dynamic metadata.",
                     {Field("matcher", &C::matcher, "What the value must be like.").Required(),
                      Field("match_if_key_not_found", &C::match_if_key_not_found,
                            "Whether the entry passes when there is no such value.")});
  return message;
}

const Message& LogTypeFilterConfig::Schema() {
  using C = LogTypeFilterConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.LogTypeFilter", "Looks at the kind of entry.",
                     {Field("types", &C::types, "Any of these passes."),
                      Field("exclude", &C::exclude, "Any of these does not pass, others do.")});
  return message;
}

const Message& FilterListConfig::Schema() {
  using C = FilterListConfig;
  static const auto message =
      Message::Of<C>("envoy.config.accesslog.v3.AndFilter", "Several filters.",
                     {Field("filters", &C::filters, "The filters.").Required().Size(2, 1000)});
  return message;
}

const Message& AccessLogFilterConfig::Schema() {
  using C = AccessLogFilterConfig;
  constexpr std::string_view kOneof = "filter_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.accesslog.v3.AccessLogFilter", "Which entries an access log writes.",
          {Field("status_code_filter", &C::status_code_filter, "By response code.").Oneof(kOneof),
           Field("duration_filter", &C::duration_filter, "By duration in milliseconds.")
               .Oneof(kOneof),
           Field("not_health_check_filter", &C::not_health_check_filter,
                 "No health-check requests.")
               .Oneof(kOneof),
           Field("traceable_filter", &C::traceable_filter, "Traced requests.").Oneof(kOneof),
           Field("runtime_filter", &C::runtime_filter, "A sample.").Oneof(kOneof),
           Field("and_filter", &C::and_filter, "All of several.").Oneof(kOneof),
           Field("or_filter", &C::or_filter, "Any of several.").Oneof(kOneof),
           Field("header_filter", &C::header_filter, "By a request header.").Oneof(kOneof),
           Field("response_flag_filter", &C::response_flag_filter, "By response flags.")
               .Oneof(kOneof),
           Field("grpc_status_filter", &C::grpc_status_filter, "By gRPC status.").Oneof(kOneof),
           Unimplemented("extension_filter", "CEL and other extension filters are not there"),
           Field("metadata_filter", &C::metadata_filter, "By dynamic metadata.").Oneof(kOneof),
           Field("log_type_filter", &C::log_type_filter, "By the kind of entry.").Oneof(kOneof)})
          .RequireOneof(kOneof);
  return message;
}

}  // namespace sluice::log
