// The config structs of access logs and of formats (envoy.config.accesslog.v3, the file and stream
// loggers, core.v3.SubstitutionFormatString). Immutable once parsed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/node.h"
#include "sluice/config/types.h"
#include "sluice/log/format_context.h"
#include "sluice/match/config.h"

namespace sluice::log {

struct JsonFormatOptionsConfig {
  bool sort_properties = true;  // they always are
  static const config::Message& Schema();
};

// Formats are compiled while parsing, so that a mistake is reported with its place in the file.
struct SubstitutionFormatConfig {
  std::optional<std::string> text_format;
  std::optional<config::DataSource> text_format_source;
  std::optional<config::Node> json_format;
  std::string content_type;
  bool omit_empty_values = false;
  std::vector<config::NamedExtension> formatters;
  std::optional<JsonFormatOptionsConfig> json_format_options;
  static const config::Message& Schema();
};

enum class CompareOp : uint8_t { kEqual, kGreaterOrEqual, kLessOrEqual, kNotEqual };
const config::EnumTable& ConfigEnum(CompareOp);
const config::EnumTable& ConfigEnum(EntryType);

enum class GrpcStatusName : uint8_t {};  // 0 .. 16
const config::EnumTable& ConfigEnum(GrpcStatusName);

struct ComparisonConfig {
  CompareOp op = CompareOp::kEqual;
  config::RuntimeUInt32 value;
  static const config::Message& Schema();
};

// StatusCodeFilter and DurationFilter.
struct ComparisonFilterConfig {
  ComparisonConfig comparison;
  static const config::Message& Schema();
};

struct RuntimeFilterConfig {
  std::string runtime_key;
  std::optional<config::FractionalPercent> percent_sampled;
  bool use_independent_randomness = false;
  static const config::Message& Schema();
};

struct HeaderFilterConfig {
  match::HeaderMatcherConfig header;
  static const config::Message& Schema();
};

struct ResponseFlagFilterConfig {
  std::vector<std::string> flags;
  static const config::Message& Schema();
};

struct GrpcStatusFilterConfig {
  std::vector<GrpcStatusName> statuses;
  bool exclude = false;
  static const config::Message& Schema();
};

struct MetadataFilterConfig {
  match::MetadataMatcherConfig matcher;
  bool match_if_key_not_found = true;
  static const config::Message& Schema();
};

struct LogTypeFilterConfig {
  std::vector<EntryType> types;
  bool exclude = false;
  static const config::Message& Schema();
};

struct FilterListConfig;

struct AccessLogFilterConfig {
  std::optional<ComparisonFilterConfig> status_code_filter;
  std::optional<ComparisonFilterConfig> duration_filter;
  std::optional<config::Empty> not_health_check_filter;
  std::optional<config::Empty> traceable_filter;
  std::optional<RuntimeFilterConfig> runtime_filter;
  std::unique_ptr<FilterListConfig> and_filter;
  std::unique_ptr<FilterListConfig> or_filter;
  std::optional<HeaderFilterConfig> header_filter;
  std::optional<ResponseFlagFilterConfig> response_flag_filter;
  std::optional<GrpcStatusFilterConfig> grpc_status_filter;
  std::optional<MetadataFilterConfig> metadata_filter;
  std::optional<LogTypeFilterConfig> log_type_filter;

  AccessLogFilterConfig();
  AccessLogFilterConfig(AccessLogFilterConfig&&) noexcept;
  AccessLogFilterConfig& operator=(AccessLogFilterConfig&&) noexcept;
  ~AccessLogFilterConfig();
  static const config::Message& Schema();
};

struct FilterListConfig {
  std::vector<AccessLogFilterConfig> filters;
  static const config::Message& Schema();
};

struct FileAccessLogConfig {
  std::string path;
  std::optional<std::string> format;
  std::optional<config::Node> json_format;
  std::optional<config::Node> typed_json_format;
  std::optional<SubstitutionFormatConfig> log_format;
  static const config::Message& Schema();
};

struct StdoutAccessLogConfig {
  std::optional<SubstitutionFormatConfig> log_format;
  static const config::Message& Schema();
};

struct StderrAccessLogConfig {
  std::optional<SubstitutionFormatConfig> log_format;
  static const config::Message& Schema();
};

// The field `access_log` of listeners, connection managers, tcp_proxy and the router is a list of
// these.
struct AccessLogConfig {
  std::string name;
  std::optional<AccessLogFilterConfig> filter;
  config::TypedConfig typed_config;
  static const config::Message& Schema();
};

// The loggers, for the server's one list of extensions.
void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::log
