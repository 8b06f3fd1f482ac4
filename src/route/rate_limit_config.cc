#include "sluice/route/rate_limit_config.h"

#include "sluice/config/schema.h"

namespace sluice::route {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

constexpr std::string_view kKeyHelp = "The key of the entry.";
constexpr std::string_view kValueHelp = "The value of the entry.";
constexpr std::string_view kAbsentHelp =
    "Without it only this entry is left out, not the whole descriptor.";
constexpr std::string_view kNoFormat = "values are taken as they are written";

}  // namespace

const Message& RateLimitHeaderConfig::Schema() {
  using C = RateLimitHeaderConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.RequestHeaders", "The value of a header.",
      {Field("header_name", &C::header_name, "Its name.").Required().NonEmpty(),
       Field("descriptor_key", &C::descriptor_key, kKeyHelp).Required().NonEmpty(),
       Field("skip_if_absent", &C::skip_if_absent, kAbsentHelp)});
  return message;
}

const Message& RateLimitQueryConfig::Schema() {
  using C = RateLimitQueryConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.QueryParameters", "The value of a query parameter.",
      {Field("query_parameter_name", &C::query_parameter_name, "Its name.").Required().NonEmpty(),
       Field("descriptor_key", &C::descriptor_key, kKeyHelp).Required().NonEmpty(),
       Field("skip_if_absent", &C::skip_if_absent, kAbsentHelp)});
  return message;
}

const Message& RateLimitMaskConfig::Schema() {
  using C = RateLimitMaskConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress", "The client's network.",
      {Field("v4_prefix_mask_len", &C::v4_prefix_mask_len, "Its length for IPv4.").Max(32),
       Field("v6_prefix_mask_len", &C::v6_prefix_mask_len, "Its length for IPv6.").Max(128)});
  return message;
}

const Message& RateLimitGenericConfig::Schema() {
  using C = RateLimitGenericConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.GenericKey", "A fixed entry.",
      {Field("descriptor_value", &C::descriptor_value, kValueHelp).Required().NonEmpty(),
       Unimplemented("default_value", kNoFormat),
       Field("descriptor_key", &C::descriptor_key, "Its key; generic_key unless set.")});
  return message;
}

const Message& RateLimitHeaderMatchConfig::Schema() {
  using C = RateLimitHeaderMatchConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.HeaderValueMatch",
      "A fixed entry for requests whose headers match.",
      {Field("descriptor_value", &C::descriptor_value, kValueHelp).Required().NonEmpty(),
       Unimplemented("default_value", kNoFormat),
       Field("descriptor_key", &C::descriptor_key, "Its key; header_match unless set."),
       Field("expect_match", &C::expect_match, "false: for those that do not match."),
       Field("headers", &C::headers, "All must match.").Required().NonEmpty()});
  return message;
}

const Message& RateLimitQueryMatchConfig::Schema() {
  using C = RateLimitQueryMatchConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch",
      "A fixed entry for requests whose query matches.",
      {Field("descriptor_value", &C::descriptor_value, kValueHelp).Required().NonEmpty(),
       Unimplemented("default_value", kNoFormat),
       Field("descriptor_key", &C::descriptor_key, "Its key; query_match unless set."),
       Field("expect_match", &C::expect_match, "false: for those that do not match."),
       Field("query_parameters", &C::query_parameters, "All must match.").Required().NonEmpty()});
  return message;
}

const Message& RateLimitMetadataKeyConfig::Schema() {
  using C = RateLimitMetadataKeyConfig;
  static const auto message =
      Message::Of<C>("envoy.type.metadata.v3.MetadataKey", "A value in metadata.",
                     {Field("key", &C::key, "The filter that has set it.").Required().NonEmpty(),
                      Field("path", &C::path, "The way to it.").Required().NonEmpty()});
  return message;
}

const Message& RateLimitDynamicMetadataConfig::Schema() {
  using C = RateLimitDynamicMetadataConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Action.DynamicMetaData", "A text in dynamic metadata.",
      {Field("descriptor_key", &C::descriptor_key, kKeyHelp).Required().NonEmpty(),
       Field("metadata_key", &C::metadata_key, "Where it is.").Required(),
       Field("default_value", &C::default_value, "Used where there is none.")});
  return message;
}

const config::EnumTable& ConfigEnum(RateLimitMetadataSource) {
  static const config::EnumTable table("envoy.config.route.v3.RateLimit.Action.MetaData.Source",
                                       {{"DYNAMIC", 0}, {"ROUTE_ENTRY", 1}});
  return table;
}

const Message& RateLimitMetadataConfig::Schema() {
  using C = RateLimitMetadataConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.RateLimit.Action.MetaData", "A text in metadata.",
                     {Field("descriptor_key", &C::descriptor_key, kKeyHelp).Required().NonEmpty(),
                      Field("metadata_key", &C::metadata_key, "Where it is.").Required(),
                      Field("default_value", &C::default_value, "Used where there is none."),
                      Field("source", &C::source, "Whose metadata it is."),
                      Field("skip_if_absent", &C::skip_if_absent, kAbsentHelp)});
  return message;
}

const Message& RateLimitActionConfig::Schema() {
  using C = RateLimitActionConfig;
  constexpr std::string_view kOneof = "action_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RateLimit.Action", "One entry of a descriptor.",
          {Field("source_cluster", &C::source_cluster, "The proxy's own service cluster.")
               .Oneof(kOneof),
           Field("destination_cluster", &C::destination_cluster, "The route's cluster.")
               .Oneof(kOneof),
           Field("request_headers", &C::request_headers, "A header's value.").Oneof(kOneof),
           Field("query_parameters", &C::query_parameters, "A query parameter's value.")
               .Oneof(kOneof),
           Field("remote_address", &C::remote_address, "The client's address.").Oneof(kOneof),
           Field("generic_key", &C::generic_key, "A fixed entry.").Oneof(kOneof),
           Field("header_value_match", &C::header_value_match, "Whether headers match.")
               .Oneof(kOneof),
           Field("dynamic_metadata", &C::dynamic_metadata, "A text in dynamic metadata.")
               .Deprecated("metadata")
               .Oneof(kOneof),
           Field("metadata", &C::metadata, "A text in metadata.").Oneof(kOneof),
           Unimplemented("extension", "there are no descriptor extensions").Oneof(kOneof),
           Field("masked_remote_address", &C::masked_remote_address, "The client's network.")
               .Oneof(kOneof),
           Field("query_parameter_value_match", &C::query_parameter_value_match,
                 "Whether query parameters match.")
               .Oneof(kOneof)})
          .RequireOneof(kOneof);
  return message;
}

const config::EnumTable& ConfigEnum(RateLimitUnit) {
  static const config::EnumTable table("envoy.type.v3.RateLimitUnit", {{"UNKNOWN", 0},
                                                                       {"SECOND", 1},
                                                                       {"MINUTE", 2},
                                                                       {"HOUR", 3},
                                                                       {"DAY", 4},
                                                                       {"MONTH", 5},
                                                                       {"YEAR", 6}});
  return table;
}

const Message& RateLimitOverrideMetadataConfig::Schema() {
  using C = RateLimitOverrideMetadataConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit.Override.DynamicMetadata",
      "A struct with the number `requests_per_unit` and the text `unit`.",
      {Field("metadata_key", &C::metadata_key, "Where it is in the dynamic metadata.").Required()});
  return message;
}

const Message& RateLimitOverrideConfig::Schema() {
  using C = RateLimitOverrideConfig;
  constexpr std::string_view kOneof = "override_specifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.RateLimit.Override",
          "A limit that the service is to take in place of its own.",
          {Field("dynamic_metadata", &C::dynamic_metadata, "One of the request's.").Oneof(kOneof)})
          .RequireOneof(kOneof);
  return message;
}

const Message& RateLimitHitsConfig::Schema() {
  using C = RateLimitHitsConfig;
  static const auto message =
      Message::Of<C>("envoy.config.route.v3.RateLimit.HitsAddend", "What a request counts.",
                     {Field("number", &C::number, "That many.").Required().Max(1'000'000'000),
                      Unimplemented("format", "give the number itself")});
  return message;
}

const Message& RateLimitConfig::Schema() {
  using C = RateLimitConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.route.v3.RateLimit", "A descriptor of requests; without one entry, none.",
      {Field("stage", &C::stage, "Which rate limit filters take it: those of the same stage.")
           .Max(10),
       Field("disable_key", &C::disable_key, "A runtime key; 0 turns the descriptor off."),
       Field("actions", &C::actions, "Its entries, in order.").Required().NonEmpty(),
       Field("limit", &C::limit,
             "What a rate limit service is told to limit this to; local_ratelimit passes it over."),
       Field("hits_addend", &C::hits_addend, "How many tokens a request takes; 1 unless set."),
       Unimplemented("apply_on_stream_done", "requests are counted when they come")
           .Accept({"false"}),
       Unimplemented("x_ratelimit_option", "the filter says it for all")
           .Accept({"UNSPECIFIED", "0"})});
  return message;
}

}  // namespace sluice::route
