// Matching one parameter of a query string, undecoded; of a repeated one the first counts.
// Immutable, any thread; nothing is allocated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/match/string_matcher.h"

namespace sluice::match {

struct QueryParameterMatcher {
  std::string name;
  std::optional<StringMatcher> string;  // absent: presence is what counts
  bool present = true;

  bool Matches(std::string_view query) const;  // without its '?'
  std::string Describe() const;
};

bool AllMatch(const std::vector<QueryParameterMatcher>& matchers, std::string_view query);
// "a=1&b" has a = "1" and b = "".
std::optional<std::string_view> FindQueryParameter(std::string_view query, std::string_view name);

}  // namespace sluice::match
