// The document tree: what YAML and JSON text become before any schema looks at it. Also the value
// of fields whose content is free (google.protobuf.Struct, Value). A plain value, owned like a
// string; depth and size are bounded by the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/mark.h"

namespace sluice::config {

struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar that is text even if it looks like a number
  // Made by the rewriting of a deprecated field: no step of the paths that problems name.
  bool made = false;
  Mark mark;        // of the value
  Mark key_mark;    // of the key, for a member of a map
  std::string key;  // the member's name, for a member of a map
  std::string scalar;
  std::vector<Node> items;  // elements of a list, members of a map in order

  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsList() const { return kind == Kind::kList; }
  bool IsMap() const { return kind == Kind::kMap; }

  const Node* Find(std::string_view name) const;
  Node& Append(std::string_view name);  // a new member of a map (or element, with an empty name)

  static Node Text(std::string value);   // a quoted scalar
  static Node Plain(std::string value);  // a number, true or false
  static Node List();
  static Node Map();
};

// Same content, marks and order of members aside.
bool SameContent(const Node& a, const Node& b);

enum class JsonStyle : uint8_t { kCompact, kPretty };
std::string ToJson(const Node& node, JsonStyle style = JsonStyle::kPretty);

}  // namespace sluice::config
