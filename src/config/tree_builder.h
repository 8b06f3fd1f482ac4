// Builds a Node from a parser's events, under the limits on nodes, depth and aliases. Shared by the
// YAML and the JSON reader. The first problem that breaks a limit or the syntax throws Stop, the
// one exception of this folder, caught in reader.cc; duplicate keys are collected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sluice/config/reader.h"

namespace sluice::config {

struct Stop {
  enum class Limit : uint8_t { kNone, kReached };

  Mark mark;
  std::string message;
  std::string hint;
  Limit limit = Limit::kNone;
};

class TreeBuilder {
 public:
  TreeBuilder(const ReadOptions& options, Problems& problems)
      : options_(options), problems_(problems) {}

  void Null(const Mark& mark, size_t anchor = 0);
  void Scalar(const Mark& mark, std::string text, bool quoted, size_t anchor = 0);
  void Begin(Node::Kind kind, const Mark& mark, size_t anchor = 0);
  void End();
  // A copy of the node of that anchor; counts against the alias budget.
  void Alias(const Mark& mark, size_t anchor);
  // The next key, and the member that belongs to it, are left out (`!ignore`).
  void DropNextMember() { drop_key_ = true; }

  bool NextIsKey() const {
    return !open_.empty() && open_.back().node.IsMap() && !open_.back().has_key;
  }
  bool complete() const { return complete_; }
  Node Take() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    size_t anchor = 0;
    bool has_key = false;
    bool drop = false;
    std::string key;
    Mark key_mark;
    std::unordered_map<std::string, Mark> seen;
  };

  void Count(const Mark& mark);
  void Key(const Mark& mark, std::string text);
  void Add(Node node, size_t anchor);
  void Remember(const Node& node, size_t anchor);

  const ReadOptions& options_;
  Problems& problems_;
  std::vector<Open> open_;
  struct Anchored {
    Node node;
    size_t nodes = 0;
  };
  std::map<size_t, Anchored> anchors_;
  Node root_;
  bool complete_ = false;
  bool drop_key_ = false;
  size_t nodes_ = 0;
  size_t alias_nodes_ = 0;
};

// What a person must know of a plain scalar or key with an odd space; empty if there is none.
std::string OddSpaceProblem(std::string_view text, bool is_key);

}  // namespace sluice::config
