// envoy.filters.http.header_to_metadata as it is written. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/match/config.h"

namespace sluice::filters::header_to_metadata {

enum class ValueType : uint8_t { kString, kNumber, kProtobufValue };
const config::EnumTable& ConfigEnum(ValueType);
enum class ValueEncode : uint8_t { kNone, kBase64 };
const config::EnumTable& ConfigEnum(ValueEncode);

struct KeyValueConfig {
  std::string metadata_namespace;  // empty: the filter's
  std::string key;
  std::string value;
  std::optional<match::RegexMatchAndSubstituteConfig> regex_value_rewrite;
  ValueType type = ValueType::kString;
  ValueEncode encode = ValueEncode::kNone;
  static const config::Message& Schema();
};

// Of a field or of a cookie.
struct RuleConfig {
  std::string header;
  std::string cookie;
  std::optional<KeyValueConfig> on_header_present;
  std::optional<KeyValueConfig> on_header_missing;
  bool remove = false;
  static const config::Message& Schema();
};

struct HeaderToMetadataConfig {
  std::vector<RuleConfig> request_rules;
  std::vector<RuleConfig> response_rules;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::header_to_metadata
