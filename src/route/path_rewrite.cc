#include "sluice/route/path_rewrite.h"

#include <algorithm>
#include <initializer_list>

#include "join.h"
#include "sluice/http/chars.h"
#include "sluice/http/target.h"

namespace sluice::route {
namespace {

// A filter may have changed the path after the route was chosen: then there is nothing to replace.
bool StillBegins(std::string_view path, const MatchedPath& matched) {
  if (!matched.ignore_case) return path.starts_with(matched.prefix);
  return path.size() >= matched.prefix.size() &&
         http::EqualsIgnoreCase(path.substr(0, matched.prefix.size()), matched.prefix);
}

// "?x=1", or nothing.
std::string_view QueryOf(std::string_view target) {
  const size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark);
}

}  // namespace

std::string_view PathRewrite::Apply(std::string_view path, const MatchedPath& matched,
                                    const FormatInput& input, Arena& arena) const {
  const std::string_view query = QueryOf(path);
  const std::string_view bare = path.substr(0, path.size() - query.size());
  std::string_view rewritten = bare;
  switch (kind) {
    case PathRewriteKind::kNone: return path;
    case PathRewriteKind::kPrefix:
      if (matched.prefix_size == MatchedPath::kWhole) return Join(arena, {prefix, query});
      if (!StillBegins(path, matched)) return path;
      return Join(arena, {prefix, path.substr(matched.prefix_size)});
    case PathRewriteKind::kRegex: rewritten = regex->Apply(bare, arena); break;
    case PathRewriteKind::kTemplate: rewritten = uri_template->Apply(bare, arena); break;
    case PathRewriteKind::kFormat:
      rewritten = format ? format->Format(input, arena) : std::string_view(literal);
      if (rewritten.empty()) return path;
      break;
  }
  if (rewritten.data() == bare.data() && rewritten.size() == bare.size()) return path;
  return Join(arena, {rewritten, query});
}

}  // namespace sluice::route
