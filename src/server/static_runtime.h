// Runtime values from the static layers of `layered_runtime`: nested maps flattened to dotted keys,
// later layers over earlier ones. Immutable, any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/config/node.h"
#include "sluice/config/problems.h"
#include "sluice/match/runtime.h"
#include "sluice/server/bootstrap_config.h"

namespace sluice::server {

class StaticRuntime final : public match::RuntimeSnapshot {
 public:
  explicit StaticRuntime(const std::optional<LayeredRuntime>& config);

  // match::RuntimeSnapshot
  std::optional<match::Fraction> FindFraction(std::string_view key) const override;
  std::optional<uint64_t> FindInteger(std::string_view key) const override;

  size_t size() const { return values_.size(); }

 private:
  struct Value {
    std::string text;
    std::optional<match::Fraction> fraction;  // {numerator, denominator} as a map
  };
  void Flatten(const std::string& prefix, const config::Node& node);

  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace sluice::server
