#include "property_values.h"

namespace sluice::wasm {
namespace {

std::string Encode(const Value& value) {
  if (const bool* flag = value.AsBool()) return Bool(*flag);
  if (const double* number = value.AsNumber()) {
    return {reinterpret_cast<const char*>(number), sizeof *number};
  }
  if (const std::string* text = value.AsString()) return *text;
  Pairs pairs;
  if (const ValueStruct* fields = value.AsStruct()) {
    for (const auto& [key, field] : *fields) pairs.emplace_back(key, Encode(field));
  } else if (const ValueList* list = value.AsList()) {
    for (const Value& item : *list) pairs.emplace_back(Encode(item), std::string());
  }
  return WritePairs(pairs);
}

}  // namespace

std::optional<std::string> Protocol(std::optional<http::Version> version) {
  if (!version) return std::nullopt;
  return std::string(http::VersionName(*version));
}

std::optional<std::string> ValueAt(const Value* at, const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts) {
    at = at->Find(part);
    if (at == nullptr) return std::nullopt;
  }
  return Encode(*at);
}

}  // namespace sluice::wasm
