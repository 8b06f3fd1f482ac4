#include <algorithm>

#include "sluice/config/message.h"
#include "sluice/config/reader.h"

namespace sluice::config {
namespace {

Node* FindMember(const Message& schema, Node& map, const Node& like, const Field* field) {
  for (Node& member : map.items) {
    if (field != nullptr ? schema.Find(member.key) == field : member.key == like.key) {
      return &member;
    }
  }
  return nullptr;
}

void DropRestOfOneof(const Message& schema, Node& map, const Field& field) {
  if (field.oneof().empty()) return;
  std::erase_if(map.items, [&](const Node& member) {
    const Field* other = schema.Find(member.key);
    return other != nullptr && other != &field && other->oneof() == field.oneof();
  });
}

void AppendTo(Node& base, const Node& overlay) {
  if (!base.IsList()) {  // a single value stood for a list of one
    Node list = Node::List();
    list.key = base.key;
    list.mark = base.mark;
    list.key_mark = base.key_mark;
    Node only = std::move(base);
    only.key.clear();
    if (!only.IsNull()) list.items.push_back(std::move(only));
    base = std::move(list);
  }
  if (overlay.IsList()) {
    base.items.insert(base.items.end(), overlay.items.begin(), overlay.items.end());
  } else {
    base.items.push_back(overlay);
    base.items.back().key.clear();
  }
}

void MergeMap(Node& base, const Node& overlay) {
  for (const Node& member : overlay.items) {
    auto same = std::find_if(base.items.begin(), base.items.end(),
                             [&](const Node& m) { return m.key == member.key; });
    if (same != base.items.end()) {
      *same = member;  // a map's entries are replaced whole
    } else {
      base.items.push_back(member);
    }
  }
}

void MergeMember(const Field& field, Node& base, const Node& overlay) {
  const TypeInfo info = field.codec()->Info();
  if (info.kind == TypeKind::kList) {
    AppendTo(base, overlay);
  } else if (info.kind == TypeKind::kMessage && base.IsMap() && overlay.IsMap()) {
    Merge(*info.message, base, overlay);
  } else if (info.kind == TypeKind::kMap && base.IsMap() && overlay.IsMap()) {
    MergeMap(base, overlay);
  } else {
    base = overlay;
  }
}

}  // namespace

void Merge(const Message& schema, Node& base, const Node& overlay) {
  if (overlay.IsNull()) return;
  if (!base.IsMap() || !overlay.IsMap()) {
    base = overlay;
    return;
  }
  for (const Node& member : overlay.items) {
    if (member.IsNull()) continue;
    const Field* field = schema.Find(member.key);
    if (field != nullptr) DropRestOfOneof(schema, base, *field);
    Node* same = FindMember(schema, base, member, field);
    if (same == nullptr) {
      base.items.push_back(member);
    } else if (field != nullptr && field->codec() != nullptr) {
      MergeMember(*field, *same, member);
    } else {
      *same = member;
    }
  }
}

}  // namespace sluice::config
