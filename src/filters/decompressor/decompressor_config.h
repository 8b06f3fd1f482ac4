// The config structs of envoy.filters.http.decompressor, and what they compile to. Immutable once
// made; any thread.
#pragma once

#include <memory>
#include <string>

#include "sluice/compression/codec.h"
#include "sluice/config/common.h"
#include "sluice/match/runtime.h"

namespace sluice::filters::decompressor {

struct DirectionConfig {
  config::RuntimeFeatureFlag enabled{.default_value = true, .runtime_key = {}};
  bool ignore_no_transform_header = false;
  static const config::Message& Schema();
};

struct RequestConfig {
  DirectionConfig common_config;
  bool advertise_accept_encoding = true;
  static const config::Message& Schema();
};

struct ResponseConfig {
  DirectionConfig common_config;
  static const config::Message& Schema();
};

struct DecompressorConfig {
  config::NamedExtension decompressor_library;
  RequestConfig request_direction_config;
  ResponseConfig response_direction_config;
  static const config::Message& Schema();
};

struct DirectionPlan {
  match::RuntimeFeature enabled;
  bool ignore_no_transform = false;
};

struct DecompressorPlan {
  DecompressorPlan(const DecompressorConfig& config,
                   std::shared_ptr<const compression::DecompressorFactory> made);

  std::shared_ptr<const compression::DecompressorFactory> library;
  std::string stat_scope;  // "decompressor.NAME.gzip"
  // Names of the trailers that say how long the body was.
  std::string compressed_trailer;
  std::string uncompressed_trailer;
  DirectionPlan request;
  DirectionPlan response;
  bool advertise;
};

}  // namespace sluice::filters::decompressor
