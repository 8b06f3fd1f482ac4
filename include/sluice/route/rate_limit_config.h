// envoy.config.route.v3.RateLimit as structs: by what requests are told apart for rate limits.
// Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/match/config.h"

namespace sluice::route {

// A header or query parameter whose value counts.
struct RateLimitHeaderConfig {
  std::string header_name;
  std::string descriptor_key;
  bool skip_if_absent = false;
  static const config::Message& Schema();
};

struct RateLimitQueryConfig {
  std::string query_parameter_name;
  std::string descriptor_key;
  bool skip_if_absent = false;
  static const config::Message& Schema();
};

struct RateLimitMaskConfig {
  uint32_t v4_prefix_mask_len = 32;
  uint32_t v6_prefix_mask_len = 128;
  static const config::Message& Schema();
};

struct RateLimitGenericConfig {
  std::string descriptor_value;
  std::string descriptor_key;
  static const config::Message& Schema();
};

struct RateLimitHeaderMatchConfig {
  std::string descriptor_value;
  std::string descriptor_key;
  bool expect_match = true;
  std::vector<match::HeaderMatcherConfig> headers;
  static const config::Message& Schema();
};

struct RateLimitQueryMatchConfig {
  std::string descriptor_value;
  std::string descriptor_key;
  bool expect_match = true;
  std::vector<match::QueryParameterMatcherConfig> query_parameters;
  static const config::Message& Schema();
};

struct RateLimitMetadataKeyConfig {
  std::string key;  // the filter
  std::vector<match::PathSegmentConfig> path;
  static const config::Message& Schema();
};

// The deprecated form of the next one.
struct RateLimitDynamicMetadataConfig {
  std::string descriptor_key;
  RateLimitMetadataKeyConfig metadata_key;
  std::string default_value;
  static const config::Message& Schema();
};

enum class RateLimitMetadataSource : uint8_t { kDynamic, kRouteEntry };
const config::EnumTable& ConfigEnum(RateLimitMetadataSource);

struct RateLimitMetadataConfig {
  std::string descriptor_key;
  RateLimitMetadataKeyConfig metadata_key;
  std::string default_value;
  RateLimitMetadataSource source = RateLimitMetadataSource::kDynamic;
  bool skip_if_absent = false;
  static const config::Message& Schema();
};

// Exactly one member is set.
struct RateLimitActionConfig {
  std::optional<config::Empty> source_cluster;
  std::optional<config::Empty> destination_cluster;
  std::optional<RateLimitHeaderConfig> request_headers;
  std::optional<RateLimitQueryConfig> query_parameters;
  std::optional<config::Empty> remote_address;
  std::optional<RateLimitGenericConfig> generic_key;
  std::optional<RateLimitHeaderMatchConfig> header_value_match;
  std::optional<RateLimitDynamicMetadataConfig> dynamic_metadata;
  std::optional<RateLimitMetadataConfig> metadata;
  std::optional<RateLimitMaskConfig> masked_remote_address;
  std::optional<RateLimitQueryMatchConfig> query_parameter_value_match;
  static const config::Message& Schema();
};

// envoy.type.v3.RateLimitUnit
enum class RateLimitUnit : uint8_t { kUnknown, kSecond, kMinute, kHour, kDay, kMonth, kYear };
const config::EnumTable& ConfigEnum(RateLimitUnit);

struct RateLimitOverrideMetadataConfig {
  RateLimitMetadataKeyConfig metadata_key;
  static const config::Message& Schema();
};

struct RateLimitOverrideConfig {
  std::optional<RateLimitOverrideMetadataConfig> dynamic_metadata;
  static const config::Message& Schema();
};

struct RateLimitHitsConfig {
  uint32_t number = 1;
  static const config::Message& Schema();
};

struct RateLimitConfig {
  uint32_t stage = 0;
  std::string disable_key;
  std::vector<RateLimitActionConfig> actions;
  std::optional<RateLimitOverrideConfig> limit;
  std::optional<RateLimitHitsConfig> hits_addend;
  static const config::Message& Schema();
};

}  // namespace sluice::route
