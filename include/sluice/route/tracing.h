// What routes and connection managers say of traces alike: shares of sampled requests, tags and
// names of spans. The config structs, and what they compile to (immutable, any thread).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/config/mark.h"
#include "sluice/config/types.h"
#include "sluice/match/runtime.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/rate_limit_config.h"

namespace sluice::config {
class Problems;
}

namespace sluice::route {

// --- envoy.type.tracing.v3.CustomTag

struct TagLiteralConfig {
  std::string value;
  static const config::Message& Schema();
};

struct TagEnvironmentConfig {
  std::string name;
  std::string default_value;
  static const config::Message& Schema();
};

struct TagHeaderConfig {
  std::string name;
  std::string default_value;
  static const config::Message& Schema();
};

// envoy.type.metadata.v3.MetadataKind: one is set.
struct MetadataKindConfig {
  std::optional<config::Empty> request;
  std::optional<config::Empty> route;
  std::optional<config::Empty> cluster;
  std::optional<config::Empty> host;
  static const config::Message& Schema();
};

struct TagMetadataConfig {
  MetadataKindConfig kind;
  RateLimitMetadataKeyConfig metadata_key;
  std::string default_value;
  static const config::Message& Schema();
};

struct CustomTagConfig {
  std::string tag;
  // One is set.
  std::optional<TagLiteralConfig> literal;
  std::optional<TagEnvironmentConfig> environment;
  std::optional<TagHeaderConfig> request_header;
  std::optional<TagMetadataConfig> metadata;
  std::optional<std::string> value;
  config::Where where;
  static const config::Message& Schema();
};

// envoy.config.route.v3.Tracing
struct RouteTracingConfig {
  std::optional<config::FractionalPercent> client_sampling;
  std::optional<config::FractionalPercent> random_sampling;
  std::optional<config::FractionalPercent> overall_sampling;
  std::vector<CustomTagConfig> custom_tags;
  std::string operation;
  std::string upstream_operation;
  config::Where where;
  static const config::Message& Schema();
};

// --- Compiled.

// A tag of every span: its value is a format, the format's default where that gives nothing, or
// fixed.
struct TraceTag {
  std::string name;
  std::string fixed;  // the default of a format
  std::unique_ptr<const TextFormat> format;
};

struct TraceSampling {
  match::Fraction client{100, 100};
  match::Fraction random{10'000, 10'000};
  match::Fraction overall{100, 100};
};

struct TraceRules {
  TraceSampling sampling;
  std::vector<TraceTag> tags;
  std::unique_ptr<const TextFormat> operation;           // null: the decorator's, or the host
  std::unique_ptr<const TextFormat> upstream_operation;  // null: "router <cluster> egress"
};

// Tags whose environment variable is not set are left out.
std::vector<TraceTag> CompileTags(const std::vector<CustomTagConfig>& configs,
                                  const TextFormatCompiler* formats, config::Problems& problems);
// Null for an empty text.
std::unique_ptr<const TextFormat> CompileOperation(const std::string& text,
                                                   const config::Where& where,
                                                   const TextFormatCompiler* formats,
                                                   config::Problems& problems);
TraceRules Compile(const RouteTracingConfig& config, const TextFormatCompiler* formats,
                   config::Problems& problems);

}  // namespace sluice::route
