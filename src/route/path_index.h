// The rules of one virtual host, arranged so that the first one that matches is found at a cost
// that does not grow with their number: exact paths by hash, prefixes by radix tree, the rest in a
// list. Candidates of all kinds are looked at in the order of the configuration. Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host_index.h"
#include "prefix_tree.h"
#include "rule.h"

namespace sluice::route {

class PathIndex {
 public:
  PathIndex() = default;
  explicit PathIndex(const std::deque<Rule>& rules);

  // The first rule that takes the request; null: none.
  const Rule* Find(const std::deque<Rule>& rules, const RequestPath& request,
                   const MatchInput& input) const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using ExactMap =
      std::unordered_map<std::string, std::vector<uint32_t>, TextHash, std::equal_to<>>;
  using AnyCaseMap =
      std::unordered_map<std::string, std::vector<uint32_t>, AnyCaseHash, AnyCaseEqual>;

  ExactMap exact_;
  AnyCaseMap exact_any_case_;
  PrefixTree prefixes_;
  PrefixTree prefixes_any_case_;
  std::vector<uint32_t> others_;  // regexes, templates, CONNECT
};

}  // namespace sluice::route
