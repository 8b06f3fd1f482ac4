// Config structs of header mutations that are not config/common.h's, and how all of them compile.
// Main thread, at load.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/problems.h"
#include "sluice/match/config.h"
#include "sluice/route/header_edits.h"

namespace sluice::route {

struct RemoveOnMatchConfig {
  match::StringMatcherConfig key_matcher;
  static const config::Message& Schema();
};

// envoy.config.common.mutation_rules.v3.HeaderMutation
struct HeaderMutationConfig {
  std::optional<std::string> remove;
  std::optional<config::HeaderValueOption> append;
  std::optional<RemoveOnMatchConfig> remove_on_match;
  config::Where where;
  static const config::Message& Schema();
};

// A list of fields to add with the names to remove, as virtual hosts, routes and others have them.
// Names of pseudo-headers and host are refused: rewrites are what changes those. `formats` may be
// null: then command operators are refused.
HeaderEdits CompileEdits(const std::vector<config::HeaderValueOption>& add,
                         const std::vector<std::string>& remove, const config::Where& where,
                         const TextFormatCompiler* formats, config::Problems& problems);
HeaderMutations CompileMutations(const std::vector<HeaderMutationConfig>& mutations,
                                 const TextFormatCompiler* formats, config::Problems& problems);
// A text of a config that may hold command operators; an empty pointer when it holds none, and
// after a problem was added.
std::unique_ptr<const TextFormat> CompileText(const std::string& text, const config::Where& where,
                                              const TextFormatCompiler* formats,
                                              config::Problems& problems);
// "100%%" -> "100%": what is left of a text without operators.
std::string UnescapePercent(const std::string& text);

}  // namespace sluice::route
