// The predicates of a match tree and the matchers that are extensions. Private to the folder.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/match_tree/config.h"
#include "sluice/match_tree/input.h"
#include "sluice/match_tree/tree.h"

namespace sluice::match_tree {

class Predicate {
 public:
  virtual ~Predicate() = default;
  virtual bool Matches(const Subject& subject) const = 0;
};

// What one tree's compilation collects. Lives on the stack.
struct Build {
  Scene scene;
  config::Problems& problems;
  std::vector<config::TypedConfig>& actions;
  std::vector<std::string>& counter_names;
};

// Null, with a problem added, if it cannot be used here.
std::unique_ptr<const Input> MakeInput(const config::NamedExtension& config, Build& build);
// The same; null for any one inside, too.
std::unique_ptr<const Predicate> Compile(const PredicateConfig& config, Build& build);

void AddInputs(config::ExtensionRegistry& registry);
void AddInputMatchers(config::ExtensionRegistry& registry);

}  // namespace sluice::match_tree
