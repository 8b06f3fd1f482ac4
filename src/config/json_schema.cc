// JSON Schema for editors: as strict as helps while typing, as lenient as the parser (quoted
// numbers, single values for lists, camelCase).
#include <cmath>
#include <string>
#include <utility>

#include "scalars.h"
#include "schema_walk.h"
#include "sluice/config/enum_table.h"
#include "sluice/config/reference.h"

namespace sluice::config {
namespace {

Node& Set(Node& map, std::string_view key, Node value) {
  value.key = key;
  map.items.push_back(std::move(value));
  return map.items.back();
}

Node Names(std::initializer_list<std::string_view> names) {
  Node list = Node::List();
  for (std::string_view name : names) list.items.push_back(Node::Text(std::string(name)));
  return list;
}

std::string Ref(const Message& message) { return "#/$defs/" + std::string(message.type()); }

std::string Lower(std::string_view text) {
  std::string out;
  for (char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

Node EnumSchema(const EnumTable& table) {
  Node values = Node::List();
  for (const EnumValue& value : table.values()) {
    if (value.status == ValueStatus::kUnimplemented) continue;
    values.items.push_back(Node::Text(std::string(value.name)));
    if (Lower(value.name) != value.name) values.items.push_back(Node::Text(Lower(value.name)));
    values.items.push_back(Node::Plain(std::to_string(value.number)));
  }
  Node schema = Node::Map();
  Set(schema, "enum", std::move(values));
  return schema;
}

void AddBounds(const TypeInfo& info, const Field& field, Node& schema) {
  const double min = std::max(info.min, field.min());
  const double max = std::min(info.max, field.max());
  if (std::isfinite(min)) {
    Set(schema, field.exclusive_min() ? "exclusiveMinimum" : "minimum",
        Node::Plain(WriteDouble(min)));
  }
  if (std::isfinite(max)) Set(schema, "maximum", Node::Plain(WriteDouble(max)));
}

class Generator {
 public:
  Generator(const Message& root, const ExtensionRegistry& extensions)
      : root_(root), extensions_(extensions) {}

  std::string Generate() const {
    Node schema = Node::Map();
    Set(schema, "$schema", Node::Text("https://json-schema.org/draft/2020-12/schema"));
    Set(schema, "title", Node::Text("sluice configuration"));
    Set(schema, "$ref", Node::Text(Ref(root_)));
    Node defs = Node::Map();
    for (const Message* message : AllMessages(root_, extensions_)) {
      Set(defs, message->type(), MessageSchema(*message));
    }
    Set(schema, "$defs", std::move(defs));
    return ToJson(schema) + "\n";
  }

 private:
  Node MessageSchema(const Message& message) const {
    Node schema = Node::Map();
    Set(schema, "type", Names({"object", "null"}));
    Set(schema, "description", Node::Text(std::string(message.help())));
    Node properties = Node::Map();
    Node required = Node::List();
    Set(properties, "@type", Node::Plain("true"));
    for (const Field& field : message.fields()) {
      Set(properties, field.name(), FieldSchema(message, field));
      if (field.required()) required.items.push_back(Node::Text(std::string(field.name())));
    }
    Set(schema, "properties", std::move(properties));
    Node camel = Node::Map();  // the other spelling is taken, unchecked
    Set(camel, "^[a-z0-9]+[A-Z]", Node::Plain("true"));
    Set(schema, "patternProperties", std::move(camel));
    Set(schema, "additionalProperties", Node::Plain("false"));
    if (!required.items.empty()) Set(schema, "required", std::move(required));
    return schema;
  }

  Node FieldSchema(const Message& message, const Field& field) const {
    Node schema = Node::Map();
    if (!field.implemented() && !field.deprecated()) {
      Set(schema, "not", Node::Map());
      Set(schema, "description",
          Node::Text("Not implemented by sluice: " + std::string(field.note())));
      return schema;
    }
    if (field.codec() != nullptr) schema = TypeSchema(*field.codec(), field);
    if (!schema.IsMap()) schema = Node::Map();
    if (!field.help().empty()) {
      Set(schema, "description", Node::Text(std::string(field.help())));
    }
    if (field.deprecated()) Set(schema, "deprecated", Node::Plain("true"));
    if (const std::string value = DefaultText(message, field); !value.empty()) {
      Set(schema, "default", Default(message, field));
    }
    return schema;
  }

  static Node Default(const Message& message, const Field& field) {
    Node value;
    field.codec()->Dump(field.In(message.defaults()), field, {}, value);
    return value;
  }

  Node TypeSchema(const Codec& codec, const Field& field) const {
    const TypeInfo info = codec.Info();
    Node schema = Node::Map();
    switch (info.kind) {
      case TypeKind::kBool: Set(schema, "type", Names({"boolean", "string", "null"})); break;
      case TypeKind::kInt:
        Set(schema, "type", Names({"integer", "string", "object", "null"}));
        AddBounds(info, field, schema);
        break;
      case TypeKind::kDouble:
        Set(schema, "type", Names({"number", "string", "object", "null"}));
        AddBounds(info, field, schema);
        break;
      case TypeKind::kString:
      case TypeKind::kBytes:
        Set(schema, "type", Names({"string", "number", "boolean", "object", "null"}));
        break;
      case TypeKind::kDuration:
        Set(schema, "type", Names({"string", "object", "null"}));
        Set(schema, "pattern", Node::Text("^[0-9]*\\.?[0-9]{0,9}s$"));
        break;
      case TypeKind::kEnum: return EnumSchema(*info.values);
      case TypeKind::kMessage: Set(schema, "$ref", Node::Text(Ref(*info.message))); break;
      case TypeKind::kList: return ListSchema(*info.element, field);
      case TypeKind::kMap:
        Set(schema, "type", Names({"object", "null"}));
        Set(schema, "additionalProperties", TypeSchema(*info.element, field));
        break;
      case TypeKind::kFree: break;
      case TypeKind::kTyped: return TypedSchema(field);
    }
    return schema;
  }

  Node ListSchema(const Codec& element, const Field& field) const {
    Node array = Node::Map();
    Set(array, "type", Node::Text("array"));
    Set(array, "items", TypeSchema(element, field));
    Node choices = Node::List();
    choices.items.push_back(std::move(array));
    choices.items.push_back(TypeSchema(element, field));
    Node schema = Node::Map();
    Set(schema, "anyOf", std::move(choices));
    return schema;
  }

  // {"@type": ...} and what follows from it, for the extensions that may stand here.
  Node TypedSchema(const Field& field) const {
    Node all = Node::List();
    for (const Extension* extension : extensions_.All()) {
      if (!field.category().empty() && extension->category != field.category()) continue;
      Node url = Node::Map();
      Set(url, "const", Node::Text("type.googleapis.com/" + std::string(extension->type)));
      Node properties = Node::Map();
      Set(properties, "@type", std::move(url));
      Node condition = Node::Map();
      Set(condition, "properties", std::move(properties));
      Set(condition, "required", Names({"@type"}));
      Node then = Node::Map();
      Set(then, "$ref", Node::Text(Ref(extension->schema())));
      Node rule = Node::Map();
      Set(rule, "if", std::move(condition));
      Set(rule, "then", std::move(then));
      all.items.push_back(std::move(rule));
    }
    Node schema = Node::Map();
    Set(schema, "type", Names({"object", "null"}));
    if (!all.items.empty()) Set(schema, "allOf", std::move(all));
    return schema;
  }

  const Message& root_;
  const ExtensionRegistry& extensions_;
};

}  // namespace

std::string JsonSchema(const Message& root, const ExtensionRegistry& extensions) {
  return Generator(root, extensions).Generate();
}

}  // namespace sluice::config
