// How the path is changed on its way upstream, or in a redirect. Pure data and functions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/match/regex.h"
#include "sluice/match/uri_template.h"
#include "sluice/route/header_edits.h"

namespace sluice::route {

// What part of the path a rule matched: the leading `prefix_size` bytes, or all of it up to '?'.
struct MatchedPath {
  static constexpr size_t kWhole = SIZE_MAX;
  size_t prefix_size = kWhole;
  std::string_view prefix;  // of the rule, to see that the path still begins with it
  bool ignore_case = false;
};

enum class PathRewriteKind : uint8_t { kNone, kPrefix, kRegex, kTemplate, kFormat };

struct PathRewrite {
  PathRewriteKind kind = PathRewriteKind::kNone;
  std::string prefix;                                     // kPrefix: replaces what was matched
  std::optional<match::RegexRewrite> regex;               // kRegex: on the path without query
  std::optional<match::UriTemplateRewrite> uri_template;  // kTemplate
  std::unique_ptr<const TextFormat> format;               // kFormat: `path_rewrite` with operators
  std::string literal;                                    // kFormat without any

  // The new path with the old query, in the arena; `path` itself when nothing changes. `path` is
  // the :path field, query included.
  std::string_view Apply(std::string_view path, const MatchedPath& matched,
                         const FormatInput& input, Arena& arena) const;
};

}  // namespace sluice::route
