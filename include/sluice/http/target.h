// Request targets and percent-encoding.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/buffer/arena.h"

namespace sluice::http {

struct PathAndQuery {
  std::string_view path;
  std::string_view query;  // without the '?'
  bool has_query = false;  // "/a?" has an empty one
};
constexpr PathAndQuery SplitPath(std::string_view target) {
  const size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}, false};
  return {target.substr(0, mark), target.substr(mark + 1), true};
}

struct AbsoluteTarget {
  std::string_view scheme;     // as written
  std::string_view authority;  // not empty, but not checked further
  std::string_view path;       // with the query; empty when the target ends with the authority
};
// scheme "://" authority [path] ["?" query]
std::optional<AbsoluteTarget> SplitAbsoluteTarget(std::string_view target);

// Undoes %XX. The text itself when there is none, else a copy in the arena. nullopt when a '%' is
// not followed by two hex digits.
std::optional<std::string_view> PercentDecode(std::string_view text, Arena& arena);

}  // namespace sluice::http
