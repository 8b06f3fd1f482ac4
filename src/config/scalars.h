// Reading and writing of scalar texts, apart from any schema. YAML 1.1 spellings as Envoy's reader
// takes them, protobuf-JSON ones beside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/config/node.h"

namespace sluice::config {

enum class NumberError : uint8_t { kNotANumber, kNotAnInteger, kTooLarge };

// true/false, yes/no, on/off, y/n in YAML's three cases; quoted text only true/false.
std::optional<bool> ReadBool(const Node& scalar);
// A sign and a magnitude, so that all of int64 and uint64 fit.
struct Integer {
  bool negative = false;
  uint64_t magnitude = 0;
};
// Decimal, "1e3", "1.0"; unquoted also 0x1f, 0o17 and 017 (YAML's octal, as in `mode: 0644`).
std::optional<Integer> ReadInteger(const Node& scalar, NumberError& error);
std::optional<double> ReadDouble(const Node& scalar);

enum class DurationError : uint8_t { kSyntax, kNoUnit, kOtherUnit, kNegative, kTooLarge };
// "1.5s" with at most nine decimals.
std::optional<Duration> ReadDuration(std::string_view text, DurationError& error);
std::string WriteDuration(Duration value);

std::string WriteDouble(double value);

// A plain scalar that JSON writes without quotes: a number, true or false.
bool IsJsonLiteral(const Node& scalar);

// `{value: x}` around a scalar, as google.protobuf.*Value is sometimes written.
const Node& Unwrapped(const Node& node);

}  // namespace sluice::config
