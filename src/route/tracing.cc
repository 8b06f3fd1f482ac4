#include "sluice/route/tracing.h"

#include <cstdlib>
#include <utility>

#include "schema_checks.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::route {

using config::Field;
using config::Message;

namespace {

void CheckTag(const CustomTagConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.request_header) CheckOptionalName(value.request_header->name, "name", node, ctx);
}

// The command operator that gives the value. A colon or a parenthesis in a name would end it.
Result<std::string> MetadataOperator(const TagMetadataConfig& config) {
  std::string text = config.kind.route     ? "%METADATA(ROUTE:"
                     : config.kind.cluster ? "%METADATA(CLUSTER:"
                     : config.kind.host    ? "%METADATA(UPSTREAM_HOST:"
                                           : "%DYNAMIC_METADATA(";
  text += config.metadata_key.key;
  for (const match::PathSegmentConfig& step : config.metadata_key.path) text += ":" + step.key;
  const auto bad = [](const std::string& name) {
    return name.find_first_of(":()%") != std::string::npos;
  };
  bool refused = bad(config.metadata_key.key);
  for (const match::PathSegmentConfig& step : config.metadata_key.path) {
    refused = refused || bad(step.key);
  }
  if (refused) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                "metadata_key with : ( ) or % in it is not implemented by sluice");
  }
  return text + ")%";
}

// The text with command operators that gives the tag; empty for those that are fixed.
Result<std::string> OperatorsOf(const CustomTagConfig& config) {
  if (config.request_header) return "%REQ(" + config.request_header->name + ")%";
  if (config.metadata) return MetadataOperator(*config.metadata);
  return config.value.value_or("");
}

std::string FixedValue(const CustomTagConfig& config) {
  if (config.literal) return config.literal->value;
  if (config.environment) {
    const char* value = std::getenv(config.environment->name.c_str());
    return value != nullptr ? value : config.environment->default_value;
  }
  if (config.request_header) return config.request_header->default_value;
  return config.metadata ? config.metadata->default_value : std::string();
}

}  // namespace

const Message& TagLiteralConfig::Schema() {
  static const auto message = Message::Of<TagLiteralConfig>(
      "envoy.type.tracing.v3.CustomTag.Literal", "A fixed value.",
      {Field("value", &TagLiteralConfig::value, "The value.").Required().NonEmpty()});
  return message;
}

const Message& TagEnvironmentConfig::Schema() {
  using C = TagEnvironmentConfig;
  static const auto message =
      Message::Of<C>("envoy.type.tracing.v3.CustomTag.Environment", "An environment variable.",
                     {Field("name", &C::name, "The variable.").Required().NonEmpty(),
                      Field("default_value", &C::default_value, "The value without it.")});
  return message;
}

const Message& TagHeaderConfig::Schema() {
  using C = TagHeaderConfig;
  static const auto message =
      Message::Of<C>("envoy.type.tracing.v3.CustomTag.Header", "A field of the request.",
                     {Field("name", &C::name, "Its name.").Required().NonEmpty(),
                      Field("default_value", &C::default_value, "The value without it.")});
  return message;
}

const Message& MetadataKindConfig::Schema() {
  using C = MetadataKindConfig;
  constexpr std::string_view kKind = "kind";
  static const auto message =
      Message::Of<C>("envoy.type.metadata.v3.MetadataKind", "Whose metadata.",
                     {Field("request", &C::request, "The request's dynamic metadata.").Oneof(kKind),
                      Field("route", &C::route, "The route's.").Oneof(kKind),
                      Field("cluster", &C::cluster, "The cluster's.").Oneof(kKind),
                      Field("host", &C::host, "The endpoint's.").Oneof(kKind)})
          .RequireOneof(kKind);
  return message;
}

const Message& TagMetadataConfig::Schema() {
  using C = TagMetadataConfig;
  static const auto message =
      Message::Of<C>("envoy.type.tracing.v3.CustomTag.Metadata", "A value in metadata.",
                     {Field("kind", &C::kind, "Whose metadata.").Required(),
                      Field("metadata_key", &C::metadata_key, "Where it is.").Required(),
                      Field("default_value", &C::default_value, "The value without it.")});
  return message;
}

const Message& CustomTagConfig::Schema() {
  using C = CustomTagConfig;
  constexpr std::string_view kType = "type";
  static const auto message =
      Message::Of<C>(
          "envoy.type.tracing.v3.CustomTag", "A tag of spans.",
          {Field("tag", &C::tag, "Its name.").Required().NonEmpty(),
           Field("literal", &C::literal, "A fixed value.").Oneof(kType),
           Field("environment", &C::environment, "An environment variable.").Oneof(kType),
           Field("request_header", &C::request_header, "A field of the request.").Oneof(kType),
           Field("metadata", &C::metadata, "A value in metadata.").Oneof(kType),
           Field("value", &C::value, "A text with command operators.").Oneof(kType)})
          .RequireOneof(kType)
          .RecordWhere(&C::where)
          .Check(&CheckTag);
  return message;
}

const Message& RouteTracingConfig::Schema() {
  using C = RouteTracingConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.route.v3.Tracing", "How the route's requests are traced.",
          {Field("client_sampling", &C::client_sampling,
                 "Share of the requests with x-client-trace-id to trace; 100% unless set."),
           Field("random_sampling", &C::random_sampling,
                 "Share of all requests to trace; 100% unless set."),
           Field("overall_sampling", &C::overall_sampling,
                 "Share that is left in the end; 100% unless set."),
           Field("custom_tags", &C::custom_tags, "Tags, over the manager's."),
           Field("operation", &C::operation, "Name of the span, with command operators."),
           Field("upstream_operation", &C::upstream_operation,
                 "Name of the span of each attempt, with command operators.")})
          .RecordWhere(&C::where);
  return message;
}

std::vector<TraceTag> CompileTags(const std::vector<CustomTagConfig>& configs,
                                  const TextFormatCompiler* formats, config::Problems& problems) {
  std::vector<TraceTag> tags;
  for (const CustomTagConfig& config : configs) {
    Result<std::string> operators = OperatorsOf(config);
    if (!operators) {
      problems.Add(config.where, operators.error().detail);
      continue;
    }
    TraceTag tag{config.tag, FixedValue(config),
                 CompileOperation(*operators, config.where, formats, problems)};
    if (tag.format == nullptr && tag.fixed.empty()) continue;
    tags.push_back(std::move(tag));
  }
  return tags;
}

std::unique_ptr<const TextFormat> CompileOperation(const std::string& text,
                                                   const config::Where& where,
                                                   const TextFormatCompiler* formats,
                                                   config::Problems& problems) {
  if (text.empty() || formats == nullptr) return nullptr;
  Result<std::unique_ptr<const TextFormat>> format = formats->Compile(text);
  if (format) return std::move(*format);
  problems.Add(where, format.error().detail);
  return nullptr;
}

TraceRules Compile(const RouteTracingConfig& config, const TextFormatCompiler* formats,
                   config::Problems& problems) {
  TraceRules rules;
  if (config.client_sampling) rules.sampling.client = match::Compile(*config.client_sampling);
  if (config.random_sampling) rules.sampling.random = match::Compile(*config.random_sampling);
  if (config.overall_sampling) rules.sampling.overall = match::Compile(*config.overall_sampling);
  rules.tags = CompileTags(config.custom_tags, formats, problems);
  rules.operation = CompileOperation(config.operation, config.where, formats, problems);
  rules.upstream_operation =
      CompileOperation(config.upstream_operation, config.where, formats, problems);
  return rules;
}

}  // namespace sluice::route
