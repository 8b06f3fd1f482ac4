// A matcher, compiled: from a request or a connection to one of its actions, which are the user's
// own extensions of category kActions. Immutable, any thread; IPv4 addresses, ports and fields
// that occur once are matched without an allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/match_tree/config.h"
#include "sluice/match_tree/input.h"

namespace sluice::match_tree {

enum class Scene : uint8_t { kConnection, kRequest };

class Tree {
 public:
  // What cannot be used in `scene` is added to `problems`.
  Tree(const MatcherConfig& config, Scene scene, config::Problems& problems);
  Tree(Tree&&) noexcept;
  ~Tree();

  // The index of the action that it comes to, or nothing.
  std::optional<size_t> Match(const Subject& subject) const;
  // In the order of the file; the user checks what they are.
  const std::vector<config::TypedConfig>& actions() const { return actions_; }
  // One worker's, under names of the whole process: <stat_prefix>.ip_parsing_failed.
  std::vector<stats::Counter> MakeCounters(stats::Store& store, uint32_t slot) const;

  class Node {
   public:
    virtual ~Node() = default;
    virtual std::optional<size_t> Match(const Subject& subject) const = 0;
  };

 private:
  std::unique_ptr<const Node> root_;
  std::vector<config::TypedConfig> actions_;
  std::vector<std::string> counter_names_;
};

// The inputs and matchers that come with it.
void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::match_tree
