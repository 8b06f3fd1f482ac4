// Matching one cookie of a request. Immutable, any thread; nothing is allocated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/header_map.h"
#include "sluice/match/string_matcher.h"

namespace sluice::match {

struct CookieMatcher {
  std::string name;
  StringMatcher string;
  bool invert = false;  // then a cookie that is not there matches

  bool Matches(const http::HeaderMap& head) const;
  std::string Describe() const;
};

bool AllMatch(const std::vector<CookieMatcher>& matchers, const http::HeaderMap& head);
// The first cookie of the name in any cookie field, without its quotes.
std::optional<std::string_view> FindCookie(const http::HeaderMap& head, std::string_view name);

}  // namespace sluice::match
