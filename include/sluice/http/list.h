// Comma-separated lists as header values (RFC 9110 section 5.6.1): white space around an element
// does not count, empty elements are skipped. Quoted strings are kept whole.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/http/chars.h"

namespace sluice::http {

// Cuts the next element off the front of `rest`; false when there is none left.
constexpr bool NextListItem(std::string_view& rest, std::string_view& item) {
  while (!rest.empty()) {
    size_t end = 0;
    bool quoted = false;
    for (; end < rest.size() && (quoted || rest[end] != ','); ++end) {
      if (rest[end] == '"') {
        quoted = !quoted;
      } else if (quoted && rest[end] == '\\' && end + 1 < rest.size()) {
        ++end;
      }
    }
    item = TrimOws(rest.substr(0, end));
    rest.remove_prefix(end < rest.size() ? end + 1 : rest.size());
    if (!item.empty()) return true;
  }
  return false;
}

template <typename F>
constexpr void ForEachListItem(std::string_view list, F&& each) {
  std::string_view item;
  while (NextListItem(list, item)) each(item);
}

// Whether one element is this token, without regard to case.
constexpr bool ListHas(std::string_view list, std::string_view token) {
  std::string_view item;
  while (NextListItem(list, item)) {
    if (EqualsIgnoreCase(item, token)) return true;
  }
  return false;
}

}  // namespace sluice::http
