// Makes one spelling of a request's path out of many, as the config asks (RFC 3986 section 6.2.2),
// before anything matches on it. Pure functions; results live in the arena.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/buffer/arena.h"
#include "sluice/downstream/manager_choices.h"

namespace sluice::downstream {

struct PathOptions {
  bool normalize = false;
  bool merge_slashes = false;
  EscapedSlashes escaped_slashes = EscapedSlashes::kDefault;

  bool any() const { return normalize || merge_slashes || escaped_slashes > EscapedSlashes::kKeep; }
};

enum class PathVerdict : uint8_t { kOk, kReject, kRedirect };

struct PathResult {
  PathVerdict verdict = PathVerdict::kOk;
  std::string_view target;  // path and query; the one given when nothing changed
};

PathResult NormalizeTarget(std::string_view target, const PathOptions& options, Arena& arena);

// The steps, for themselves; all take a path without its query.
std::string_view UnescapeSlashes(std::string_view path, Arena& arena);
// Undoes escapes of unreserved characters, escapes what may not stand, removes dot segments. An
// empty answer: the path cannot be canonical (%00, does not begin with a slash).
std::string_view CanonicalPath(std::string_view path, Arena& arena);
std::string_view MergeSlashes(std::string_view path, Arena& arena);

}  // namespace sluice::downstream
