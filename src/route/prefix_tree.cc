#include "prefix_tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <map>

#include "sluice/http/chars.h"

namespace sluice::route {
namespace {

// How far sorted strings agree from `depth` on.
size_t CommonPrefix(std::string_view first, std::string_view last, size_t depth) {
  size_t end = depth;
  while (end < first.size() && end < last.size() && first[end] == last[end]) ++end;
  return end - depth;
}

uint64_t Word(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

uint64_t Mix(uint64_t hash, uint64_t word) {
  const uint64_t product = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
  return product ^ (product >> 32);
}

// Eight bytes at a time; the last word may overlap the one before. Not for hostile keys: the table
// is fixed by the configuration, a lookup costs one probe sequence whatever the path is.
uint64_t HashOf(std::string_view text) {
  uint64_t hash = text.size() * 0xff51afd7ed558ccdULL;
  const char* at = text.data();
  size_t left = text.size();
  if (left < sizeof(uint64_t)) {
    uint64_t word = 0;
    for (size_t i = 0; i < left; ++i) word |= uint64_t{static_cast<uint8_t>(at[i])} << (8 * i);
    return Mix(hash, word);
  }
  for (; left >= sizeof(uint64_t); at += sizeof(uint64_t), left -= sizeof(uint64_t)) {
    hash = Mix(hash, Word(at));
  }
  return left == 0 ? hash : Mix(hash, Word(text.data() + text.size() - sizeof(uint64_t)));
}

}  // namespace

PrefixTree::PrefixTree(std::vector<Item> prefixes, bool ignore_case) : ignore_case_(ignore_case) {
  if (prefixes.empty()) return;
  std::sort(prefixes.begin(), prefixes.end());
  nodes_.emplace_back();
  Build(0, prefixes, 0, kNone);
  if (!ignore_case_) BuildTables(prefixes);
}

void PrefixTree::BuildTables(std::span<const Item> items) {
  std::map<size_t, std::vector<const Item*>, std::greater<>> by_length;
  for (const Item& item : items) by_length[item.first.size()].push_back(&item);
  if (by_length.size() > kMaxLengths) return;
  std::vector<LengthTable> tables;
  for (const auto& [length, group] : by_length) {
    LengthTable& table = tables.emplace_back();
    table.length = length;
    table.slots.resize(std::bit_ceil(group.size() * 2));
    const size_t mask = table.slots.size() - 1;
    for (const Item* item : group) {
      const uint64_t hash = HashOf(item->first);
      size_t at = hash & mask;
      while (table.slots[at].node != kNone) at = (at + 1) & mask;
      table.slots[at] = {hash, Walk<false>(item->first), static_cast<uint32_t>(table.texts.size())};
      table.texts += item->first;
    }
  }
  tables_ = std::move(tables);
}

uint32_t PrefixTree::Probe(std::string_view path) const {
  for (const LengthTable& table : tables_) {
    if (table.length > path.size()) continue;
    const uint64_t hash = HashOf(path.substr(0, table.length));
    const size_t mask = table.slots.size() - 1;
    for (size_t at = hash & mask; table.slots[at].node != kNone; at = (at + 1) & mask) {
      const LengthTable::Slot& slot = table.slots[at];
      if (slot.hash == hash &&
          std::memcmp(table.texts.data() + slot.text, path.data(), table.length) == 0) {
        return slot.node;
      }
    }
  }
  return kNone;
}

// `items` are sorted, and agree in their first `depth` bytes.
void PrefixTree::Build(uint32_t node, std::span<const Item> items, size_t depth, uint32_t outer) {
  const size_t common = CommonPrefix(items.front().first, items.back().first, depth);
  nodes_[node].label = static_cast<uint32_t>(text_.size());
  nodes_[node].label_size = static_cast<uint32_t>(common);
  nodes_[node].outer = outer;
  text_ += items.front().first.substr(depth, common);
  depth += common;
  if (items.front().first.size() == depth) {
    const std::vector<uint32_t>& own = items.front().second;
    nodes_[node].first_rule = static_cast<uint32_t>(rules_.size());
    nodes_[node].rule_count = static_cast<uint32_t>(own.size());
    rules_.insert(rules_.end(), own.begin(), own.end());
    items = items.subspan(1);
    outer = node;
  }

  std::vector<std::span<const Item>> groups;
  for (size_t at = 0; at < items.size();) {
    size_t end = at + 1;
    while (end < items.size() && items[end].first[depth] == items[at].first[depth]) ++end;
    groups.push_back(items.subspan(at, end - at));
    at = end;
  }
  const auto first_child = static_cast<uint32_t>(nodes_.size());
  nodes_[node].children = first_child;
  nodes_[node].child_count = static_cast<uint32_t>(groups.size());
  nodes_[node].branches = static_cast<uint32_t>(text_.size());
  for (const auto& group : groups) text_ += group.front().first[depth];
  nodes_.resize(nodes_.size() + groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    Build(first_child + static_cast<uint32_t>(i), groups[i], depth, outer);
  }
}

template <bool kLower>
uint32_t PrefixTree::Walk(std::string_view path) const {
  const auto at = [path](size_t i) { return kLower ? http::ToLowerAscii(path[i]) : path[i]; };
  uint32_t found = kNone;
  uint32_t index = 0;
  size_t depth = 0;
  while (true) {
    const Node& node = nodes_[index];
    if (path.size() - depth < node.label_size) return found;
    const char* const label = text_.data() + node.label;
    if constexpr (kLower) {
      for (size_t i = 0; i < node.label_size; ++i) {
        if (at(depth + i) != label[i]) return found;
      }
    } else {
      if (std::memcmp(path.data() + depth, label, node.label_size) != 0) return found;
    }
    depth += node.label_size;
    if (node.rule_count != 0) found = index;
    if (depth == path.size() || node.child_count == 0) return found;
    const char* const branches = text_.data() + node.branches;
    const void* const branch = std::memchr(branches, at(depth), node.child_count);
    if (branch == nullptr) return found;
    index = node.children + static_cast<uint32_t>(static_cast<const char*>(branch) - branches);
  }
}

uint32_t PrefixTree::Find(std::string_view path) const {
  if (nodes_.empty()) return kNone;
  if (!tables_.empty()) return Probe(path);
  return ignore_case_ ? Walk<true>(path) : Walk<false>(path);
}

}  // namespace sluice::route
