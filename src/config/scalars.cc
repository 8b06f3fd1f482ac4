#include "scalars.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace sluice::config {
namespace {

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<uint64_t> Digits(std::string_view text, int base, NumberError& error) {
  uint64_t value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (code == std::errc::result_out_of_range) error = NumberError::kTooLarge;
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Integer> IntegralDouble(std::string_view text, bool negative, NumberError& error) {
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty() || !std::isfinite(value) || value < 0) {
    return std::nullopt;
  }
  if (code == std::errc::result_out_of_range || value > 9007199254740992.0) {
    error = NumberError::kTooLarge;
    return std::nullopt;
  }
  if (value != std::floor(value)) {
    error = NumberError::kNotAnInteger;
    return std::nullopt;
  }
  return Integer{negative, static_cast<uint64_t>(value)};
}

}  // namespace

std::optional<bool> ReadBool(const Node& scalar) {
  static constexpr std::array<std::string_view, 11> kTrue = {
      "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"};
  static constexpr std::array<std::string_view, 11> kFalse = {
      "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"};
  const size_t count = scalar.quoted ? 3 : 11;
  for (size_t i = 0; i < count; ++i) {
    if (scalar.scalar == kTrue[i]) return true;
    if (scalar.scalar == kFalse[i]) return false;
  }
  return std::nullopt;
}

std::optional<Integer> ReadInteger(const Node& scalar, NumberError& error) {
  error = NumberError::kNotANumber;
  std::string_view text = scalar.scalar;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::optional<uint64_t> value;
  if (!scalar.quoted && text.size() > 2 && (text.starts_with("0x") || text.starts_with("0X"))) {
    value = Digits(text.substr(2), 16, error);
  } else if (!scalar.quoted && text.size() > 2 && text.starts_with("0o")) {
    value = Digits(text.substr(2), 8, error);
  } else if (!scalar.quoted && text.size() > 1 && text[0] == '0' && AllDigits(text)) {
    value = Digits(text.substr(1), 8, error);
  } else if (AllDigits(text)) {
    value = Digits(text, 10, error);
  } else {
    return IntegralDouble(text, negative, error);
  }
  if (!value) return std::nullopt;
  return Integer{negative && *value != 0, *value};
}

std::optional<double> ReadDouble(const Node& scalar) {
  std::string_view text = scalar.scalar;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Duration> ReadDuration(std::string_view text, DurationError& error) {
  error = DurationError::kSyntax;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t end = text.find_first_not_of("0123456789.");
  const std::string_view unit = end == std::string_view::npos ? "" : text.substr(end);
  const std::string_view number = text.substr(0, end);
  if (number.empty()) return std::nullopt;
  if (unit != "s") {
    error = unit.empty() ? DurationError::kNoUnit : DurationError::kOtherUnit;
    return std::nullopt;
  }
  const size_t dot = number.find('.');
  const std::string_view whole = number.substr(0, dot);
  std::string fraction(dot == std::string_view::npos ? "" : number.substr(dot + 1));
  if ((whole.empty() && fraction.empty()) || fraction.size() > 9) return std::nullopt;
  if (dot != std::string_view::npos && !fraction.empty() && !AllDigits(fraction)) {
    return std::nullopt;
  }
  fraction.resize(9, '0');
  NumberError ignored{};
  std::optional<uint64_t> seconds = whole.empty() ? 0 : Digits(whole, 10, ignored);
  // Nanoseconds in an int64 end after 292 years; protobuf's own limit is 10,000.
  if (!seconds || *seconds > 9'223'372'035ULL) {
    error = DurationError::kTooLarge;
    return std::nullopt;
  }
  const uint64_t nanos = *Digits(fraction, 10, ignored);
  if (negative && (*seconds != 0 || nanos != 0)) {
    error = DurationError::kNegative;
    return std::nullopt;
  }
  return Duration(static_cast<int64_t>(*seconds * 1'000'000'000ULL + nanos));
}

std::string WriteDuration(Duration value) {
  const int64_t seconds = value.count() / 1'000'000'000;
  const int64_t nanos = value.count() % 1'000'000'000;
  std::string text = std::to_string(seconds);
  if (nanos != 0) {
    std::string digits = std::to_string(1'000'000'000 + nanos).substr(1);
    while (digits.ends_with("000")) digits.resize(digits.size() - 3);
    text.append(".").append(digits);
  }
  return text + "s";
}

std::string WriteDouble(double value) {
  std::array<char, 64> buffer{};
  auto [end, code] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return code == std::errc() ? std::string(buffer.data(), end) : "0";
}

bool IsJsonLiteral(const Node& scalar) {
  if (scalar.quoted) return false;
  const std::string& text = scalar.scalar;
  if (text == "true" || text == "false") return true;
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string::npos) return false;
  const size_t digit = text[0] == '-' ? 1 : 0;
  if (digit >= text.size() || text[digit] < '0' || text[digit] > '9') return false;
  if (text[digit] == '0' && digit + 1 < text.size() && text[digit + 1] >= '0' &&
      text[digit + 1] <= '9') {
    return false;
  }
  const size_t dot = text.find('.');
  if (dot != std::string::npos &&
      (dot + 1 >= text.size() || text[dot + 1] < '0' || text[dot + 1] > '9')) {
    return false;
  }
  return ReadDouble(scalar).has_value();
}

const Node& Unwrapped(const Node& node) {
  if (node.IsMap() && node.items.size() == 1 && node.items[0].key == "value") return node.items[0];
  return node;
}

}  // namespace sluice::config
