#include "schema_walk.h"

#include <algorithm>

namespace sluice::config {
namespace {

const Message* MessageOf(const Codec& codec) {
  const TypeInfo info = codec.Info();
  if (info.element != nullptr) return MessageOf(*info.element);
  return info.message;
}

void AddReachable(const Message& message, std::vector<const Message*>& all) {
  if (std::find(all.begin(), all.end(), &message) != all.end()) return;
  all.push_back(&message);
  for (const Field& field : message.fields()) {
    if (field.codec() == nullptr) continue;
    if (const Message* next = MessageOf(*field.codec())) AddReachable(*next, all);
  }
}

}  // namespace

std::vector<const Message*> AllMessages(const Message& root, const ExtensionRegistry& extensions) {
  std::vector<const Message*> all;
  AddReachable(root, all);
  for (const Extension* extension : extensions.All()) AddReachable(extension->schema(), all);
  return all;
}

std::string DefaultText(const Message& message, const Field& field) {
  if (field.codec() == nullptr || field.required()) return {};
  const TypeKind kind = field.codec()->Info().kind;
  if (kind == TypeKind::kTyped || kind == TypeKind::kFree) return {};
  Node value;
  field.codec()->Dump(field.In(message.defaults()), field, {}, value);
  if (value.IsNull() || (!value.IsScalar() && value.items.empty())) return {};
  if (value.IsScalar() && value.scalar.empty()) return {};
  return ToJson(value, JsonStyle::kCompact);
}

}  // namespace sluice::config
