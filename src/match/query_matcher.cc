#include "sluice/match/query_matcher.h"

#include <algorithm>

#include <fmt/core.h>

namespace sluice::match {

std::optional<std::string_view> FindQueryParameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
  }
  return std::nullopt;
}

bool QueryParameterMatcher::Matches(std::string_view query) const {
  const std::optional<std::string_view> value = FindQueryParameter(query, name);
  if (!string) return value.has_value() == present;
  return value && string->Matches(*value);
}

std::string QueryParameterMatcher::Describe() const {
  if (string) return fmt::format("query parameter {} {}", name, string->Describe());
  return fmt::format("query parameter {} {}", name, present ? "present" : "absent");
}

bool AllMatch(const std::vector<QueryParameterMatcher>& matchers, std::string_view query) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const QueryParameterMatcher& matcher) { return matcher.Matches(query); });
}

}  // namespace sluice::match
