// The config structs of envoy.filters.http.compressor, and what they compile to. Immutable once
// made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "accepted_encodings.h"
#include "sluice/compression/codec.h"
#include "sluice/config/common.h"
#include "sluice/match/runtime.h"

namespace sluice::filters::compressor {

using FactoryPtr = std::shared_ptr<const compression::CompressorFactory>;

struct DirectionConfig {
  config::RuntimeFeatureFlag enabled{.default_value = true, .runtime_key = {}};
  uint32_t min_content_length = 0;  // 0: Envoy's default
  std::vector<std::string> content_type;
  static const config::Message& Schema();
};

struct RequestConfig {
  DirectionConfig common_config;
  static const config::Message& Schema();
};

struct ResponseConfig {
  DirectionConfig common_config;
  bool disable_on_etag_header = false;
  bool remove_accept_encoding_header = false;
  std::vector<uint32_t> uncompressible_response_codes;
  static const config::Message& Schema();
};

struct CompressorConfig {
  uint32_t content_length = 0;
  std::vector<std::string> content_type;
  bool disable_on_etag_header = false;
  bool remove_accept_encoding_header = false;
  config::RuntimeFeatureFlag runtime_enabled{.default_value = true, .runtime_key = {}};
  config::NamedExtension compressor_library;
  std::optional<RequestConfig> request_direction_config;
  std::optional<ResponseConfig> response_direction_config;
  bool choose_first = false;
  static const config::Message& Schema();

  // The response's config, in whichever of its two forms it is written.
  ResponseConfig Response() const;
};

struct ResponseOverrides {
  std::optional<bool> remove_accept_encoding_header;
  static const config::Message& Schema();
};

struct CompressorOverrides {
  std::optional<ResponseOverrides> response_direction_config;
  std::optional<config::NamedExtension> compressor_library;
  static const config::Message& Schema();
};

// Exactly one of the two is set.
struct CompressorPerRouteConfig {
  std::optional<bool> disabled;
  std::optional<CompressorOverrides> overrides;
  static const config::Message& Schema();
};

// What may be compressed in one direction.
struct DirectionPlan {
  explicit DirectionPlan(const DirectionConfig& config);

  match::RuntimeFeature enabled;
  uint64_t min_length;
  ContentTypes types;
};

struct CompressorPlan {
  CompressorPlan(const CompressorConfig& config, FactoryPtr made);

  FactoryPtr library;
  std::string stat_scope;                // "compressor.NAME.gzip"
  std::string_view response_stat_scope;  // below it: "response", or nothing
  std::optional<DirectionPlan> request;  // none: requests are not compressed
  DirectionPlan response;
  std::vector<uint32_t> uncompressible_codes;
  bool disable_on_etag;
  bool remove_accept_encoding;
  bool choose_first;
};

struct RoutePlan {
  std::optional<bool> response_enabled;
  std::optional<bool> remove_accept_encoding;
  FactoryPtr library;  // null: the filter's
};

// Null: `library` names none.
FactoryPtr MakeLibrary(const config::NamedExtension& library);

}  // namespace sluice::filters::compressor
