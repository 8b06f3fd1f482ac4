#include "sluice/match/value_matcher.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/match/metadata_matcher.h"

namespace sluice::match {

bool ValueMatcher::Matches(const Value* value) const {
  switch (kind) {
    case Kind::kNull: return value != nullptr && value->IsNull();
    case Kind::kNumber: {
      const double* held = value != nullptr ? value->AsNumber() : nullptr;
      return held != nullptr && *held == number;
    }
    case Kind::kNumberRange: {
      const double* held = value != nullptr ? value->AsNumber() : nullptr;
      return held != nullptr && *held >= number && *held < number_end;
    }
    case Kind::kString: {
      const std::string* held = value != nullptr ? value->AsString() : nullptr;
      return held != nullptr && string->Matches(*held);
    }
    case Kind::kBool: {
      const bool* held = value != nullptr ? value->AsBool() : nullptr;
      return held != nullptr && *held == flag;
    }
    case Kind::kPresent:
      return flag && value != nullptr && value->AsList() == nullptr && value->AsStruct() == nullptr;
    case Kind::kListHas: {
      const ValueList* held = value != nullptr ? value->AsList() : nullptr;
      return held != nullptr && std::any_of(held->begin(), held->end(), [&](const Value& element) {
               return nested.front().Matches(&element);
             });
    }
    case Kind::kAnyOf:
      return std::any_of(nested.begin(), nested.end(),
                         [&](const ValueMatcher& one) { return one.Matches(value); });
  }
  return false;
}

std::string ValueMatcher::Describe() const {
  switch (kind) {
    case Kind::kNull: return "null";
    case Kind::kNumber: return fmt::format("= {}", number);
    case Kind::kNumberRange: return fmt::format("in [{}, {})", number, number_end);
    case Kind::kString: return string->Describe();
    case Kind::kBool: return flag ? "true" : "false";
    case Kind::kPresent: return flag ? "present" : "never";
    case Kind::kListHas: return "a list with " + nested.front().Describe();
    case Kind::kAnyOf: {
      std::string out;
      for (const ValueMatcher& one : nested) {
        if (!out.empty()) out += " or ";
        out += one.Describe();
      }
      return out;
    }
  }
  return {};
}

const Value* FindMetadata(const Value* metadata, const std::string& filter,
                          const std::vector<std::string>& path) {
  const Value* at = metadata != nullptr ? metadata->Find(filter) : nullptr;
  for (const std::string& key : path) {
    if (at == nullptr) return nullptr;
    at = at->Find(key);
  }
  return at;
}

bool MetadataMatcher::Matches(const Value* metadata) const {
  return value.Matches(FindMetadata(metadata, filter, path)) != invert;
}

std::string MetadataMatcher::Describe() const {
  return fmt::format("metadata {}[{}] {}{}", filter, fmt::join(path, "."), invert ? "not " : "",
                     value.Describe());
}

}  // namespace sluice::match
