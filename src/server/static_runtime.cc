#include "static_runtime.h"

#include <charconv>
#include <utility>

namespace sluice::server {
namespace {

std::optional<uint64_t> ToInteger(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// {numerator: 5, denominator: TEN_THOUSAND}
std::optional<match::Fraction> ToFraction(const config::Node& node) {
  const config::Node* numerator = node.Find("numerator");
  if (numerator == nullptr || !numerator->IsScalar()) return std::nullopt;
  const auto value = ToInteger(numerator->scalar);
  if (!value) return std::nullopt;
  match::Fraction fraction{static_cast<uint32_t>(*value), 100};
  if (const config::Node* denominator = node.Find("denominator")) {
    if (denominator->scalar == "TEN_THOUSAND") fraction.denominator = 10'000;
    if (denominator->scalar == "MILLION") fraction.denominator = 1'000'000;
  }
  return fraction;
}

}  // namespace

StaticRuntime::StaticRuntime(const std::optional<LayeredRuntime>& config) {
  if (!config) return;
  for (const RuntimeLayer& layer : config->layers) {
    if (layer.static_layer) Flatten("", *layer.static_layer);
  }
}

void StaticRuntime::Flatten(const std::string& prefix, const config::Node& node) {
  if (node.IsScalar()) {
    values_[prefix] = {node.scalar, std::nullopt};
    return;
  }
  if (!node.IsMap()) return;
  if (!prefix.empty()) {
    if (auto fraction = ToFraction(node)) {
      values_[prefix] = {"", fraction};
      return;
    }
  }
  for (const config::Node& member : node.items) {
    Flatten(prefix.empty() ? member.key : prefix + "." + member.key, member);
  }
}

std::optional<match::Fraction> StaticRuntime::FindFraction(std::string_view key) const {
  const auto at = values_.find(key);
  if (at == values_.end()) return std::nullopt;
  if (at->second.fraction) return at->second.fraction;
  const auto percent = ToInteger(at->second.text);
  if (!percent) return std::nullopt;
  return match::Fraction{static_cast<uint32_t>(*percent), 100};
}

std::optional<uint64_t> StaticRuntime::FindInteger(std::string_view key) const {
  const auto at = values_.find(key);
  return at == values_.end() ? std::nullopt : ToInteger(at->second.text);
}

}  // namespace sluice::server
