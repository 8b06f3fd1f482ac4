#include "sluice/match/cookie_matcher.h"

#include <algorithm>

#include <fmt/core.h>

#include "sluice/http/chars.h"

namespace sluice::match {
namespace {

std::string_view Unquoted(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

// One cookie field: pairs divided by ';' (RFC 6265 section 4.2.1).
std::optional<std::string_view> FindInField(std::string_view field, std::string_view name) {
  while (!field.empty()) {
    const size_t end = std::min(field.find(';'), field.size());
    const std::string_view pair = http::TrimOws(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || http::TrimOws(pair.substr(0, equals)) != name) continue;
    return Unquoted(http::TrimOws(pair.substr(equals + 1)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> FindCookie(const http::HeaderMap& head, std::string_view name) {
  if (!head.Has(http::HeaderId::kCookie)) return std::nullopt;
  for (const http::HeaderEntry& entry : head.entries()) {
    if (entry.id != http::HeaderId::kCookie) continue;
    if (auto value = FindInField(entry.Value(), name)) return value;
  }
  return std::nullopt;
}

bool CookieMatcher::Matches(const http::HeaderMap& head) const {
  const std::optional<std::string_view> value = FindCookie(head, name);
  return (value && string.Matches(*value)) != invert;
}

std::string CookieMatcher::Describe() const {
  return fmt::format("cookie {} {}{}", name, invert ? "not " : "", string.Describe());
}

bool AllMatch(const std::vector<CookieMatcher>& matchers, const http::HeaderMap& head) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const CookieMatcher& matcher) { return matcher.Matches(head); });
}

}  // namespace sluice::match
