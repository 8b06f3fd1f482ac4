// The value types that config structs are made of, beside bool, integers, double, std::string,
// Duration, enums, std::optional, std::vector, std::map<std::string, T> and std::unique_ptr.
// Immutable once parsed. Structs include this; their .cc includes schema.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/extension.h"
#include "sluice/config/mark.h"
#include "sluice/config/node.h"

namespace sluice::config {

class EnumTable;
class Message;

// A protobuf `bytes` field: base64 in the text, raw here.
struct Bytes {
  std::string value;
  bool operator==(const Bytes&) const = default;
};

struct Percent {
  double value = 0;  // 0..100
  static const Message& Schema();
};

enum class Denominator : uint8_t { kHundred, kTenThousand, kMillion };
const EnumTable& ConfigEnum(Denominator);

struct FractionalPercent {
  uint32_t numerator = 0;
  Denominator denominator = Denominator::kHundred;

  double Fraction() const;  // 0..1
  static const Message& Schema();
};

struct RuntimeFractionalPercent {
  FractionalPercent default_value;
  std::string runtime_key;
  static const Message& Schema();
};

struct RuntimePercent {
  Percent default_value;
  std::string runtime_key;
  static const Message& Schema();
};

struct RuntimeUInt32 {
  uint32_t default_value = 0;
  std::string runtime_key;
  static const Message& Schema();
};

struct RuntimeDouble {
  double default_value = 0;
  std::string runtime_key;
  static const Message& Schema();
};

struct RuntimeFeatureFlag {
  bool default_value = false;
  std::string runtime_key;
  static const Message& Schema();
};

// google.protobuf.Empty and other messages without fields.
struct Empty {
  static const Message& Schema();
};

// envoy.config.core.v3.Metadata
struct Metadata {
  std::map<std::string, Node> filter_metadata;
  std::map<std::string, Node> typed_filter_metadata;
  static const Message& Schema();
};

}  // namespace sluice::config
