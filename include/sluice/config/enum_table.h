// The names of an enum: proto name, number, and what sluice thinks of the value. A folder declares
//   const config::EnumTable& ConfigEnum(DiscoveryType);
// beside its enum (found by argument-dependent lookup) and defines it with the table in its .cc.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace sluice::config {

enum class ValueStatus : uint8_t { kImplemented, kUnimplemented, kDeprecated };

struct EnumValue {
  std::string_view name;  // "STRICT_DNS"
  int64_t number = 0;     // of the proto enum; the C++ enumerators must have the same numbers
  ValueStatus status = ValueStatus::kImplemented;
  std::string_view note = {};  // reason, or the name of the successor
};

class EnumTable {
 public:
  EnumTable(std::string_view type, std::initializer_list<EnumValue> values)
      : type_(type), values_(values) {}

  std::string_view type() const { return type_; }
  const std::vector<EnumValue>& values() const { return values_; }
  const EnumValue* FindName(std::string_view name) const;  // in any case
  const EnumValue* FindNumber(int64_t number) const;       // the first name of that number
  std::vector<std::string_view> Names() const;

 private:
  std::string_view type_;
  std::vector<EnumValue> values_;
};

}  // namespace sluice::config
