// strftime formats with fractions of a second, compiled once. Envoy's own conversions: %s (epoch),
// %f and %1f..%9f (fraction); also %E1S..%E9S (seconds with a fraction) and %Ez (+hh:mm).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/error.h"

namespace sluice::log {

class TimeFormat {
 public:
  // Empty text: ISO 8601 with milliseconds, "2026-01-31T23:59:59.123Z".
  static Result<TimeFormat> Compile(std::string_view text, bool local);

  void Append(std::string& out, WallTime time) const;

 private:
  struct Part {
    char kind;       // a strftime letter, or one of the enumerators below
    uint8_t digits;  // of a fraction
    std::string text;
  };
  static constexpr char kLiteral = 0;
  static constexpr char kFraction = 1;
  static constexpr char kZoneWithColon = 2;
  static constexpr char kEpoch = 3;
  static constexpr char kModified = 4;  // a whole strftime conversion, in `text`

  void AddLiteral(std::string_view text);
  Result<size_t> AddConversion(std::string_view rest);

  std::vector<Part> parts_;  // empty: ISO 8601
  bool local_ = false;
};

}  // namespace sluice::log
