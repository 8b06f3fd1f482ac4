// Schemas of the loggers and of formats.
#include "sluice/log/access_log_config.h"

#include "sluice/config/categories.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/log/format.h"

namespace sluice::log {

using config::Context;
using config::Field;
using config::Message;
using config::Node;

namespace {

const Node& Member(const Node& node, std::string_view name) {
  const Node* found = node.Find(name);
  return found != nullptr ? *found : node;
}

void CheckText(const std::string& text, const Node& node, std::string_view field, Context& ctx) {
  const Context::Scope scope(ctx, field);
  const Result<Formatter> formatter = Formatter::Compile(text);
  if (!formatter) ctx.Fail(Member(node, field), formatter.error().detail);
}

void CheckObject(const Node& object, const Node& node, std::string_view field, Context& ctx) {
  const Context::Scope scope(ctx, field);
  const Result<JsonFormatter> formatter = JsonFormatter::Compile(object);
  if (!formatter) ctx.Fail(Member(node, field), formatter.error().detail);
}

void CheckFormat(const SubstitutionFormatConfig& value, const Node& node, Context& ctx) {
  if (value.json_format) return CheckObject(*value.json_format, node, "json_format", ctx);
  if (value.text_format) return CheckText(*value.text_format, node, "text_format", ctx);
  const Result<Format> format = Format::Compile(value, Format::Use::kLine);
  const Context::Scope scope(ctx, "text_format_source");
  if (!format) ctx.Fail(Member(node, "text_format_source"), format.error().detail);
}

void CheckFile(const FileAccessLogConfig& value, const Node& node, Context& ctx) {
  if (value.format) CheckText(*value.format, node, "format", ctx);
  if (value.json_format) CheckObject(*value.json_format, node, "json_format", ctx);
  if (value.typed_json_format) {
    CheckObject(*value.typed_json_format, node, "typed_json_format", ctx);
  }
}

// The formatters whose operators are built in; naming them is all that their configs do.
struct BuiltInFormatter final : config::Extension {
  using Extension::Extension;
};

struct Logger final : config::Extension {
  using Extension::Extension;
};

}  // namespace

const Message& JsonFormatOptionsConfig::Schema() {
  using C = JsonFormatOptionsConfig;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.JsonFormatOptions", "Options of JSON formats.",
                     {Field("sort_properties", &C::sort_properties,
                            "Keys are sorted in any case; accepted for old files.")});
  return message;
}

const Message& SubstitutionFormatConfig::Schema() {
  using C = SubstitutionFormatConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.SubstitutionFormatString",
          "A text or a JSON object with command operators.",
          {Field("text_format", &C::text_format, "The text; a newline at its end is yours to add.")
               .Oneof("format")
               .Deprecated("text_format_source"),
           Field("json_format", &C::json_format,
                 "An object; values that are one operator keep the operator's type.")
               .Oneof("format"),
           Field("text_format_source", &C::text_format_source, "The text, or where to read it.")
               .Oneof("format"),
           Field("omit_empty_values", &C::omit_empty_values,
                 "Missing values leave nothing instead of '-'; in JSON the key goes too."),
           Field("content_type", &C::content_type, "Of local replies made with this format."),
           Field("formatters", &C::formatters, "Formatters to enable; the operators are built in.")
               .Category(config::kFormatters),
           Field("json_format_options", &C::json_format_options, "Options of JSON formats.")})
          .RequireOneof("format")
          .Check<C>(CheckFormat);
  return message;
}

const Message& FileAccessLogConfig::Schema() {
  using C = FileAccessLogConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.access_loggers.file.v3.FileAccessLog", "Writes entries to a file.",
          {Field("path", &C::path, "The file; it must be possible to open or create it.")
               .Required()
               .NonEmpty(),
           Field("format", &C::format, "A text format.")
               .Oneof("access_log_format")
               .Deprecated("log_format"),
           Field("json_format", &C::json_format, "A JSON format.")
               .Oneof("access_log_format")
               .Deprecated("log_format"),
           Field("typed_json_format", &C::typed_json_format, "A JSON format.")
               .Oneof("access_log_format")
               .Deprecated("log_format"),
           Field("log_format", &C::log_format, "The format; Envoy's default one unless given.")
               .Oneof("access_log_format")})
          .Check<C>(CheckFile);
  return message;
}

const Message& StdoutAccessLogConfig::Schema() {
  using C = StdoutAccessLogConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
      "Writes entries to the standard output.",
      {Field("log_format", &C::log_format, "The format; Envoy's default one unless given.")});
  return message;
}

const Message& StderrAccessLogConfig::Schema() {
  using C = StderrAccessLogConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
      "Writes entries to the standard error stream.",
      {Field("log_format", &C::log_format, "The format; Envoy's default one unless given.")});
  return message;
}

const Message& AccessLogConfig::Schema() {
  using C = AccessLogConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.accesslog.v3.AccessLog", "One access log.",
      {Field("name", &C::name, "The logger's name; a well-known one stands for its type."),
       Field("filter", &C::filter, "Which entries are written; all unless given."),
       Field("typed_config", &C::typed_config, "The logger.").Category(config::kAccessLoggers)});
  return message;
}

void AddExtensions(config::ExtensionRegistry& registry) {
  registry.Emplace<Logger>(
      config::kAccessLoggers, "envoy.extensions.access_loggers.file.v3.FileAccessLog",
      &FileAccessLogConfig::Schema,
      std::vector<std::string_view>{"envoy.access_loggers.file", "envoy.file_access_log"});
  registry.Emplace<Logger>(
      config::kAccessLoggers, "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
      &StdoutAccessLogConfig::Schema, std::vector<std::string_view>{"envoy.access_loggers.stdout"});
  registry.Emplace<Logger>(
      config::kAccessLoggers, "envoy.extensions.access_loggers.stream.v3.StderrAccessLog",
      &StderrAccessLogConfig::Schema, std::vector<std::string_view>{"envoy.access_loggers.stderr"});
  registry.Emplace<BuiltInFormatter>(
      config::kFormatters, "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery",
      &config::Empty::Schema, std::vector<std::string_view>{"envoy.formatter.req_without_query"});
  registry.Emplace<BuiltInFormatter>(
      config::kFormatters, "envoy.extensions.formatter.metadata.v3.Metadata",
      &config::Empty::Schema, std::vector<std::string_view>{"envoy.formatter.metadata"});
}

}  // namespace sluice::log
