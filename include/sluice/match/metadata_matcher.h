// Matching a value in dynamic metadata, found by the filter's name and a path of keys. Immutable,
// any thread; nothing is allocated.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/match/value_matcher.h"

namespace sluice::match {

struct MetadataMatcher {
  std::string filter;
  std::vector<std::string> path;
  ValueMatcher value;
  bool invert = false;

  bool Matches(const Value* metadata) const;  // a struct of filters; null: no metadata at all
  std::string Describe() const;
};

// Null when any step is missing.
const Value* FindMetadata(const Value* metadata, const std::string& filter,
                          const std::vector<std::string>& path);

}  // namespace sluice::match
