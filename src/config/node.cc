#include "sluice/config/node.h"

#include <utility>

namespace sluice::config {

const Node* Node::Find(std::string_view name) const {
  if (kind != Kind::kMap) return nullptr;
  for (const Node& member : items) {
    if (member.key == name) return &member;
  }
  return nullptr;
}

Node& Node::Append(std::string_view name) {
  Node& added = items.emplace_back();
  added.key = name;
  return added;
}

Node Node::Text(std::string value) {
  Node node = Plain(std::move(value));
  node.quoted = true;
  return node;
}

Node Node::Plain(std::string value) {
  Node node;
  node.kind = Kind::kScalar;
  node.scalar = std::move(value);
  return node;
}

Node Node::List() {
  Node node;
  node.kind = Kind::kList;
  return node;
}

Node Node::Map() {
  Node node;
  node.kind = Kind::kMap;
  return node;
}

bool SameContent(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
  if (a.IsScalar()) return a.scalar == b.scalar && a.quoted == b.quoted;
  for (size_t i = 0; i < a.items.size(); ++i) {
    const Node* other = a.IsMap() ? b.Find(a.items[i].key) : &b.items[i];
    if (other == nullptr || !SameContent(a.items[i], *other)) return false;
  }
  return true;
}

}  // namespace sluice::config
