// Matching a JSON-like value. Immutable, any thread; nothing is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/match/string_matcher.h"

namespace sluice::match {

class ValueMatcher {
 public:
  enum class Kind : uint8_t {
    kNull,
    kNumber,
    kNumberRange,
    kString,
    kBool,
    kPresent,  // true for null, numbers, strings and booleans; a false one never matches
    kListHas,  // some element of the list
    kAnyOf,
  };

  Kind kind = Kind::kPresent;
  bool flag = false;  // kBool, kPresent
  double number = 0;  // kNumber; kNumberRange: number <= value < end
  double number_end = 0;
  std::optional<StringMatcher> string;
  std::vector<ValueMatcher> nested;  // kListHas: one; kAnyOf: several

  bool Matches(const Value* value) const;  // null pointer: there is none
  std::string Describe() const;
};

}  // namespace sluice::match
