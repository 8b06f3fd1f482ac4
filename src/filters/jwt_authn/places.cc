#include "places.h"

#include <algorithm>
#include <cstddef>

#include "sluice/http/target.h"
#include "sluice/match/cookie_matcher.h"

namespace sluice::filters::jwt_authn {

using http::HeaderId;

namespace {

constexpr std::string_view kTokenChars =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

std::string_view InField(const Place& place, const http::HeaderMap& head) {
  std::string_view value = head.GetJoined(place.name).value_or("");
  if (place.prefix.empty()) return value;
  const size_t at = value.find(place.prefix);
  if (at == std::string_view::npos) return {};
  value.remove_prefix(at + place.prefix.size());
  const size_t begin = value.find_first_of(kTokenChars);
  if (begin == std::string_view::npos) return value;
  value.remove_prefix(begin);
  return value.substr(0, value.find_first_not_of(kTokenChars));
}

// Calls fn(parameter) until it answers true.
template <typename Fn>
void EachParameter(std::string_view query, Fn&& fn) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    if (fn(query.substr(0, end))) return;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

bool IsNamed(std::string_view parameter, std::string_view name) {
  return parameter.starts_with(name) && parameter.substr(name.size()).starts_with('=');
}

std::string_view InQuery(const Place& place, const http::HeaderMap& head) {
  const http::PathAndQuery target = http::SplitPath(head.Get(HeaderId::kPath).value_or(""));
  std::string_view found;
  EachParameter(target.query, [&](std::string_view parameter) {
    if (!IsNamed(parameter, place.name)) return false;
    found = parameter.substr(place.name.size() + 1);
    return true;
  });
  return found;
}

void RemoveParameter(const Place& place, http::HeaderMap& head) {
  const http::PathAndQuery target = http::SplitPath(head.Get(HeaderId::kPath).value_or(""));
  std::string out(target.path);
  char separator = '?';
  EachParameter(target.query, [&](std::string_view parameter) {
    if (IsNamed(parameter, place.name)) return false;
    out.append(1, separator).append(parameter);
    separator = '&';
    return false;
  });
  head.Set(HeaderId::kPath, out);
}

}  // namespace

std::string_view FindToken(const Place& place, const http::HeaderMap& head) {
  switch (place.kind) {
    case Place::Kind::kField: return InField(place, head);
    case Place::Kind::kParameter: return InQuery(place, head);
    case Place::Kind::kCookie: return match::FindCookie(head, place.name).value_or("");
  }
  return {};
}

void RemoveToken(const Place& place, http::HeaderMap& head) {
  switch (place.kind) {
    case Place::Kind::kField: head.Remove(place.name); break;
    case Place::Kind::kParameter: RemoveParameter(place, head); break;
    case Place::Kind::kCookie: break;
  }
}

}  // namespace sluice::filters::jwt_authn
