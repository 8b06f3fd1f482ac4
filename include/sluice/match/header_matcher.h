// A HeaderMatcher compiled. Several fields of a name are matched as one value joined by commas.
// Immutable, any thread; nothing is allocated while matching a name that occurs once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/header_id.h"
#include "sluice/http/header_map.h"
#include "sluice/match/string_matcher.h"

namespace sluice::match {

class HeaderMatcher {
 public:
  enum class Kind : uint8_t { kPresent, kRange, kString };

  std::string name;  // lower case
  http::HeaderId id = http::HeaderId::kOther;
  Kind kind = Kind::kPresent;
  bool present = true;      // kPresent: false matches a field that is not there
  int64_t range_start = 0;  // kRange: start <= value < end
  int64_t range_end = 0;
  std::optional<StringMatcher> string;  // kString
  bool invert = false;
  bool missing_is_empty = false;

  bool Matches(const http::HeaderMap& head) const;
  std::string Describe() const;  // for explain

 private:
  bool MatchesValue(std::string_view value) const;
};

bool AllMatch(const std::vector<HeaderMatcher>& matchers, const http::HeaderMap& head);
bool AnyMatches(const std::vector<HeaderMatcher>& matchers, const http::HeaderMap& head);

}  // namespace sluice::match
