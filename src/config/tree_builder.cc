#include "tree_builder.h"

#include <fmt/core.h>

#include "text_check.h"

namespace sluice::config {
namespace {

size_t CountNodes(const Node& node) {
  size_t count = 1;
  for (const Node& item : node.items) count += CountNodes(item);
  return count;
}

// Zero-width characters are never meant in a word; wide spaces may be, inside a text.
bool IsZeroWidth(std::string_view name) {
  return name.find("zero-width") != std::string_view::npos ||
         name.find("mark") != std::string_view::npos ||
         name.find("word joiner") != std::string_view::npos;
}

}  // namespace

std::string OddSpaceProblem(std::string_view text, bool is_key) {
  const std::optional<size_t> at = FindOddSpace(text);
  if (!at) return {};
  size_t length = 1;
  const std::string_view name = OddSpaceAt(text, *at, length);
  const bool at_edge = *at == 0 || *at + length == text.size();
  if (!is_key && !at_edge && !IsZeroWidth(name)) return {};
  return fmt::format("{} in {}", name, is_key ? "a key" : "an unquoted value");
}

void TreeBuilder::Count(const Mark& mark) {
  if (++nodes_ > options_.max_nodes) {
    throw Stop{mark,
               fmt::format("more than {} values in the document", options_.max_nodes),
               {},
               Stop::Limit::kReached};
  }
}

void TreeBuilder::Null(const Mark& mark, size_t anchor) {
  if (NextIsKey()) throw Stop{mark, "an empty key", {}};
  Node node;
  node.mark = mark;
  Add(std::move(node), anchor);
}

void TreeBuilder::Scalar(const Mark& mark, std::string text, bool quoted, size_t anchor) {
  const bool is_key = NextIsKey();
  // Paths and names end up in C strings; whoever needs the byte has inline_bytes.
  if (text.find('\0') != std::string::npos) throw Stop{mark, "a NUL character in a text", {}};
  if (std::string problem = quoted ? std::string() : OddSpaceProblem(text, is_key);
      !problem.empty()) {
    problems_.Add({mark, {}}, std::move(problem), "remove it, or put the text in quotes");
  }
  Node node = Node::Plain(std::move(text));
  node.quoted = quoted;
  node.mark = mark;
  if (is_key) {
    Remember(node, anchor);
    Key(mark, std::move(node.scalar));
  } else {
    Add(std::move(node), anchor);
  }
}

void TreeBuilder::Key(const Mark& mark, std::string text) {
  Open& map = open_.back();
  map.has_key = true;
  map.drop = std::exchange(drop_key_, false);
  if (!map.drop) {
    const auto [first, fresh] = map.seen.emplace(text, mark);
    if (!fresh) {
      problems_.Add({mark, {}}, fmt::format("duplicate key `{}`", text),
                    "first at " + problems_.Place(first->second));
      map.drop = true;
    }
  }
  map.key = std::move(text);
  map.key_mark = mark;
}

void TreeBuilder::Begin(Node::Kind kind, const Mark& mark, size_t anchor) {
  if (NextIsKey()) throw Stop{mark, "a map or list cannot be a key", {}};
  Count(mark);
  if (open_.size() >= options_.max_depth) {
    throw Stop{mark,
               fmt::format("nested deeper than {} levels", options_.max_depth),
               {},
               Stop::Limit::kReached};
  }
  Open& open = open_.emplace_back();
  open.node.kind = kind;
  open.node.mark = mark;
  open.anchor = anchor;
}

void TreeBuilder::End() {
  Open done = std::move(open_.back());
  open_.pop_back();
  --nodes_;  // Begin counted it, Add counts it again
  Add(std::move(done.node), done.anchor);
}

void TreeBuilder::Remember(const Node& node, size_t anchor) {
  if (anchor == 0) return;
  const size_t count = CountNodes(node);
  alias_nodes_ += count;  // the copy kept for aliases costs as much as an alias
  anchors_[anchor] = {node, count};
}

void TreeBuilder::Add(Node node, size_t anchor) {
  Count(node.mark);
  Remember(node, anchor);
  if (open_.empty()) {
    root_ = std::move(node);
    complete_ = true;
    return;
  }
  Open& parent = open_.back();
  if (parent.node.IsMap()) {
    parent.has_key = false;
    if (std::exchange(parent.drop, false)) return;
    node.key = std::move(parent.key);
    node.key_mark = parent.key_mark;
  }
  parent.node.items.push_back(std::move(node));
}

void TreeBuilder::Alias(const Mark& mark, size_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw Stop{mark, "an alias inside the value it stands for", {}};
  const Anchored& anchored = found->second;
  if (alias_nodes_ + anchored.nodes > options_.max_alias_nodes) {
    throw Stop{mark,
               fmt::format("aliases expand to more than {} values", options_.max_alias_nodes),
               {},
               Stop::Limit::kReached};
  }
  if (NextIsKey()) {
    if (!anchored.node.IsScalar()) throw Stop{mark, "a map or list cannot be a key", {}};
    Key(mark, anchored.node.scalar);
    return;
  }
  alias_nodes_ += anchored.nodes;
  nodes_ += anchored.nodes - 1;
  Node copy = anchored.node;
  copy.key.clear();
  Add(std::move(copy), 0);
}

}  // namespace sluice::config
