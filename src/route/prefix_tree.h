// A radix tree from prefixes to the rules that have them. A walk goes down once along the path; the
// rules of all prefixes that were passed hang on the chain of the last node. Where the prefixes are
// of few different lengths, as generated ones are, the last node is found by one hash a length
// instead, which costs the same for ten prefixes and ten thousand. Immutable once built.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::route {

class PrefixTree {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Each prefix once, with its rules in ascending order. With `ignore_case` prefixes are lower case
  // and paths are lowered as they are read.
  PrefixTree() = default;
  PrefixTree(std::vector<std::pair<std::string, std::vector<uint32_t>>> prefixes, bool ignore_case);

  // The innermost node whose prefix begins `path` and which has rules; kNone: there is none.
  uint32_t Find(std::string_view path) const;
  std::span<const uint32_t> RulesOf(uint32_t node) const {
    return {rules_.data() + nodes_[node].first_rule, nodes_[node].rule_count};
  }
  uint32_t Outer(uint32_t node) const { return nodes_[node].outer; }
  bool empty() const { return nodes_.empty(); }

 private:
  struct Node {
    uint32_t label = 0;  // position in text_
    uint32_t label_size = 0;
    uint32_t children = 0;  // position of the first child; their first bytes are at branches
    uint32_t branches = 0;  // position in text_
    uint32_t child_count = 0;
    uint32_t first_rule = 0;
    uint32_t rule_count = 0;
    uint32_t outer = kNone;  // the nearest node above that has rules
  };
  using Item = std::pair<std::string, std::vector<uint32_t>>;

  // All prefixes of one length, by the hash of their text.
  struct LengthTable {
    struct Slot {
      uint64_t hash = 0;
      uint32_t node = kNone;
      uint32_t text = 0;  // position in texts
    };
    size_t length = 0;
    std::vector<Slot> slots;  // a power of two, at most half full
    std::string texts;
  };
  static constexpr size_t kMaxLengths = 6;

  void BuildTables(std::span<const Item> items);
  uint32_t Probe(std::string_view path) const;
  void Build(uint32_t node, std::span<const Item> items, size_t depth, uint32_t outer);

  template <bool kLower>
  uint32_t Walk(std::string_view path) const;

  std::vector<LengthTable> tables_;  // longest first; empty: walk the tree
  std::vector<Node> nodes_;          // children of a node are neighbours
  std::vector<uint32_t> rules_;
  std::string text_;
  bool ignore_case_ = false;
};

}  // namespace sluice::route
