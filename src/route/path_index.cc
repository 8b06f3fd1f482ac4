#include "path_index.h"

#include <algorithm>
#include <map>

#include "sluice/http/chars.h"

namespace sluice::route {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::ToLowerAscii);
  return text;
}

// Rules behind one that takes everything are never reached.
void Append(std::vector<uint32_t>& list, const std::deque<Rule>& rules, uint32_t index) {
  if (!list.empty()) {
    const Rule& last = rules[list.back()];
    if (last.conditions.empty() && last.path.kind != PathKind::kSeparatedPrefix) return;
  }
  list.push_back(index);
}

PrefixTree MakeTree(std::map<std::string, std::vector<uint32_t>> lists, bool ignore_case) {
  return {{std::make_move_iterator(lists.begin()), std::make_move_iterator(lists.end())},
          ignore_case};
}

// The smallest number over `after` in an ascending list.
uint32_t NextOf(std::span<const uint32_t> list, uint32_t after, bool first) {
  if (list.empty()) return kNone;
  if (first) return list.front();
  const auto found = std::upper_bound(list.begin(), list.end(), after);
  return found == list.end() ? kNone : *found;
}

}  // namespace

PathIndex::PathIndex(const std::deque<Rule>& rules) {
  std::map<std::string, std::vector<uint32_t>> prefixes;
  std::map<std::string, std::vector<uint32_t>> prefixes_any_case;
  for (uint32_t i = 0; i < rules.size(); ++i) {
    const PathRule& path = rules[i].path;
    switch (path.kind) {
      case PathKind::kExact:
        Append(path.ignore_case ? exact_any_case_[path.text] : exact_[path.text], rules, i);
        break;
      case PathKind::kPrefix:
      case PathKind::kSeparatedPrefix:
        Append(path.ignore_case ? prefixes_any_case[LowerCase(path.text)] : prefixes[path.text],
               rules, i);
        break;
      case PathKind::kRegex:
      case PathKind::kTemplate:
      case PathKind::kConnect: others_.push_back(i); break;
    }
  }
  prefixes_ = MakeTree(std::move(prefixes), false);
  prefixes_any_case_ = MakeTree(std::move(prefixes_any_case), true);
}

const Rule* PathIndex::Find(const std::deque<Rule>& rules, const RequestPath& request,
                            const MatchInput& input) const {
  std::span<const uint32_t> exact;
  std::span<const uint32_t> exact_any_case;
  uint32_t chain = kNone;
  uint32_t chain_any_case = kNone;
  if (request.present) {
    if (!exact_.empty()) {
      if (auto found = exact_.find(request.match_path); found != exact_.end()) {
        exact = found->second;
      }
    }
    if (!exact_any_case_.empty()) {
      if (auto found = exact_any_case_.find(request.match_path); found != exact_any_case_.end()) {
        exact_any_case = found->second;
      }
    }
    chain = prefixes_.Find(request.match_path);
    chain_any_case = prefixes_any_case_.Find(request.match_path);
  }
  uint32_t last = 0;
  for (bool first = true;; first = false) {
    uint32_t next = std::min({NextOf(exact, last, first), NextOf(exact_any_case, last, first),
                              NextOf(others_, last, first)});
    for (uint32_t node = chain; node != kNone; node = prefixes_.Outer(node)) {
      next = std::min(next, NextOf(prefixes_.RulesOf(node), last, first));
    }
    for (uint32_t node = chain_any_case; node != kNone; node = prefixes_any_case_.Outer(node)) {
      next = std::min(next, NextOf(prefixes_any_case_.RulesOf(node), last, first));
    }
    if (next == kNone) return nullptr;
    const Rule& rule = rules[next];
    const bool path_known =
        rule.path.kind == PathKind::kExact || rule.path.kind == PathKind::kPrefix;
    if ((path_known || rule.path.Matches(request)) && rule.conditions.Match(input, request.query)) {
      return &rule;
    }
    last = next;
  }
}

}  // namespace sluice::route
