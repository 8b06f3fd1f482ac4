#include "sluice/match/header_matcher.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace sluice::match {
namespace {

// An optional sign and digits, nothing else.
std::optional<int64_t> ReadInteger(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

bool IsOf(const http::HeaderEntry& entry, const HeaderMatcher& matcher) {
  return matcher.id != http::HeaderId::kOther ? entry.id == matcher.id
                                              : entry.Name() == matcher.name;
}

// The values of a name that occurs several times, as one list.
std::string Joined(const http::HeaderMap& head, const HeaderMatcher& matcher) {
  std::string out;
  bool first = true;
  for (const http::HeaderEntry& entry : head.entries()) {
    if (!IsOf(entry, matcher)) continue;
    if (!first) out += ',';
    out += entry.Value();
    first = false;
  }
  return out;
}

}  // namespace

bool HeaderMatcher::MatchesValue(std::string_view value) const {
  switch (kind) {
    case Kind::kPresent: return present;
    case Kind::kRange: {
      const std::optional<int64_t> number = ReadInteger(value);
      return number && *number >= range_start && *number < range_end;
    }
    case Kind::kString: return string->Matches(value);
  }
  return false;
}

bool HeaderMatcher::Matches(const http::HeaderMap& head) const {
  size_t count = 0;
  std::string_view value;
  if (id == http::HeaderId::kOther || head.Has(id)) {
    for (const http::HeaderEntry& entry : head.entries()) {
      if (!IsOf(entry, *this)) continue;
      if (count++ == 0) value = entry.Value();
    }
  }
  if (count == 0) {
    if (missing_is_empty) return MatchesValue({}) != invert;
    // A value that is not there matches nothing, inverted or not.
    return kind == Kind::kPresent && present == invert;
  }
  if (count == 1 || kind == Kind::kPresent) return MatchesValue(value) != invert;
  return MatchesValue(Joined(head, *this)) != invert;
}

std::string HeaderMatcher::Describe() const {
  std::string out = fmt::format("header {} ", name);
  if (invert) out += "not ";
  switch (kind) {
    case Kind::kPresent: out += present ? "present" : "absent"; break;
    case Kind::kRange: out += fmt::format("in [{}, {})", range_start, range_end); break;
    case Kind::kString: out += string->Describe(); break;
  }
  if (missing_is_empty) out += " (missing is empty)";
  return out;
}

bool AllMatch(const std::vector<HeaderMatcher>& matchers, const http::HeaderMap& head) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const HeaderMatcher& matcher) { return matcher.Matches(head); });
}

bool AnyMatches(const std::vector<HeaderMatcher>& matchers, const http::HeaderMap& head) {
  return std::any_of(matchers.begin(), matchers.end(),
                     [&](const HeaderMatcher& matcher) { return matcher.Matches(head); });
}

}  // namespace sluice::match
