// Fractions of requests, and the runtime values that may override them. A Fraction is fixed at
// load; the snapshot is immutable, held by the worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::match {

// N out of D: true for a random number when (random mod D) < N, as Envoy rolls the dice.
struct Fraction {
  uint32_t numerator = 0;
  uint32_t denominator = 100;

  bool Includes(uint64_t random) const { return random % denominator < numerator; }
  bool IsAll() const { return numerator >= denominator; }
};

class RuntimeSnapshot {
 public:
  virtual ~RuntimeSnapshot() = default;
  virtual std::optional<Fraction> FindFraction(std::string_view key) const = 0;
  virtual std::optional<uint64_t> FindInteger(std::string_view key) const = 0;
  virtual std::optional<double> FindDouble(std::string_view key) const {
    const auto number = FindInteger(key);
    return number ? std::optional<double>(static_cast<double>(*number)) : std::nullopt;
  }
  // "true" and "false"; a number, as in Envoy, when it is not 0.
  virtual std::optional<bool> FindBoolean(std::string_view key) const {
    const auto number = FindInteger(key);
    return number ? std::optional<bool>(*number != 0) : std::nullopt;
  }
};

// A switch that a runtime value may turn.
struct RuntimeFeature {
  bool default_value = true;
  std::string key;  // empty: the default always holds

  bool Enabled(const RuntimeSnapshot* runtime) const {
    if (runtime == nullptr || key.empty()) return default_value;
    return runtime->FindBoolean(key).value_or(default_value);
  }
};

// A number that a runtime value may replace, if it is at least `least`.
struct RuntimeNumber {
  double default_value = 0;
  std::string key;  // empty: the default always holds

  double Now(const RuntimeSnapshot* runtime, double least) const {
    if (runtime == nullptr || key.empty()) return default_value;
    const auto now = runtime->FindDouble(key);
    return now && *now >= least ? *now : default_value;
  }
};

struct RuntimeFraction {
  Fraction default_value{100, 100};
  std::string key;  // empty: the default always holds

  bool Includes(uint64_t random, const RuntimeSnapshot* runtime) const {
    if (runtime != nullptr && !key.empty()) {
      if (auto now = runtime->FindFraction(key)) return now->Includes(random);
    }
    return default_value.Includes(random);
  }
};

}  // namespace sluice::match
