// The codec of `typed_config`: finds the extension by `@type`, by what a TypedStruct wraps, or by
// the well-known name beside it.
#include <array>
#include <string>

#include "scalars.h"
#include "sluice/config/context.h"
#include "sluice/config/extension.h"
#include "sluice/config/field.h"
#include "sluice/config/message.h"

namespace sluice::config {
namespace {

constexpr std::array<std::string_view, 2> kTypedStructs = {"udpa.type.v1.TypedStruct",
                                                           "xds.type.v3.TypedStruct"};

// Names of extensions resemble each other; only a slip of the keyboard is worth a question.
constexpr size_t kTypo = 3;

std::string_view TypeOfUrl(std::string_view url) {
  const size_t slash = url.rfind('/');
  return slash == std::string_view::npos ? url : url.substr(slash + 1);
}

std::string_view SiblingName(const Context& ctx) {
  const Node* name = ctx.message() ? ctx.message()->Find("name") : nullptr;
  return name && name->IsScalar() ? std::string_view(name->scalar) : std::string_view();
}

bool SiblingOptional(const Context& ctx) {
  const Node* sibling = ctx.message() ? ctx.message()->Find("is_optional") : nullptr;
  if (sibling == nullptr && ctx.message()) sibling = ctx.message()->Find("isOptional");
  return sibling && sibling->IsScalar() && ReadBool(*sibling).value_or(false);
}

// The field's own category, or that of the field which holds the {name, typed_config} around it.
std::string_view Category(const Context& ctx, const Field& field) {
  return field.category().empty() ? ctx.category() : field.category();
}

class TypedCodec final : public Codec {
 public:
  constexpr TypedCodec() = default;

  bool Parse(Context& ctx, const Node& node, const Field& field, void* out) const override {
    if (!node.IsMap()) return ctx.WrongType(node, "a map with `@type`");
    const Node* type_node = node.Find("@type");
    if (type_node == nullptr || !type_node->IsScalar()) return ByName(ctx, node, &node, field, out);
    const std::string_view type = TypeOfUrl(type_node->scalar);
    for (std::string_view wrapper : kTypedStructs) {
      if (type == wrapper) return Wrapped(ctx, node, field, out);
    }
    if (type == "google.protobuf.Struct") return ByName(ctx, node, node.Find("value"), field, out);
    if (type == "google.protobuf.Empty") return ByName(ctx, node, nullptr, field, out);
    const Extension* found = Resolve(ctx, *type_node, type, field);
    if (found == nullptr) return SiblingOptional(ctx);
    const Node* outer = ctx.any();
    ctx.set_any(&node);
    const bool good = Read(ctx, *found, node, out);
    ctx.set_any(outer);
    return good;
  }

  bool ParseAbsent(Context& ctx, const Node& parent, const Field& field, void* out) const override {
    const std::string_view name = SiblingName(ctx);
    if (name.empty() || Category(ctx, field).empty()) return true;
    return ByName(ctx, parent, nullptr, field, out);
  }

  bool Equal(const void* a, const void* b) const override {
    const auto& x = *static_cast<const TypedConfig*>(a);
    const auto& y = *static_cast<const TypedConfig*>(b);
    if (!x || !y) return !x && !y;
    return x.extension()->type == y.extension()->type &&
           x.extension()->schema == y.extension()->schema &&
           x.extension()->schema().Equal(x.value().get(), y.value().get());
  }

  void Dump(const void* value, const Field&, const DumpOptions& options, Node& out) const override {
    const auto& config = *static_cast<const TypedConfig*>(value);
    if (!config) return;
    Node dumped = config.extension()->schema().Dump(config.value().get(), options);
    out.kind = Node::Kind::kMap;
    Node& type = out.Append("@type");
    type.kind = Node::Kind::kScalar;
    type.quoted = true;
    type.scalar = "type.googleapis.com/" + std::string(config.extension()->type);
    for (Node& member : dumped.items) out.items.push_back(std::move(member));
  }

  TypeInfo Info() const override { return {.kind = TypeKind::kTyped, .name = "typed_config"}; }

 private:
  static const Node& Nothing() {
    static const Node kNothing = Node::Map();
    return kNothing;
  }

  static bool Read(Context& ctx, const Extension& extension, const Node& node, void* out) {
    const Message& schema = extension.schema();
    std::shared_ptr<void> value = schema.New();
    const bool good = schema.Parse(ctx, node, value.get());
    *static_cast<TypedConfig*>(out) = TypedConfig(&extension, std::move(value), ctx.At(node));
    return good;
  }

  // {"@type": ".../xds.type.v3.TypedStruct", type_url: ..., value: {...}}
  static bool Wrapped(Context& ctx, const Node& node, const Field& field, void* out) {
    const Node* url = node.Find("type_url");
    if (url == nullptr) url = node.Find("typeUrl");
    const Node* value = node.Find("value");
    const Node& inner = value ? *value : Nothing();
    if (url == nullptr || !url->IsScalar()) return ByName(ctx, node, &inner, field, out);
    const Extension* found = Resolve(ctx, *url, TypeOfUrl(url->scalar), field);
    if (found == nullptr) return SiblingOptional(ctx);
    const Context::Scope scope(ctx, "value");
    return Read(ctx, *found, inner, out);
  }

  static const Extension* Resolve(Context& ctx, const Node& at, std::string_view type,
                                  const Field& field) {
    const ExtensionRegistry* registry = ctx.options().extensions;
    if (registry != nullptr) {
      if (const Extension* found = registry->FindType(Category(ctx, field), type)) return found;
    }
    const std::string name(type);
    if (SiblingOptional(ctx)) {
      ctx.Warn(at.mark, "optional extension " + name + " is not implemented by sluice, left out");
      return nullptr;
    }
    if (registry != nullptr) {
      if (const Extension* other = registry->FindTypeAnywhere(type)) {
        ctx.Fail(at, name + " cannot be used here",
                 "an extension of " + std::string(Category(ctx, field)),
                 "it is one of " + std::string(other->category));
        return nullptr;
      }
    }
    const std::string hint =
        registry ? DidYouMean(type, registry->Types(Category(ctx, field)), kTypo) : std::string();
    ctx.Fail(at,
             type.starts_with("envoy.")
                 ? "Envoy extension " + name + " is not implemented by sluice"
                 : "unknown extension type " + name,
             {}, hint);
    return nullptr;
  }

  // `content` may be null: all fields have their defaults.
  static bool ByName(Context& ctx, const Node& at, const Node* content, const Field& field,
                     void* out) {
    const std::string_view name = SiblingName(ctx);
    const ExtensionRegistry* registry = ctx.options().extensions;
    const Extension* found = registry ? registry->FindName(Category(ctx, field), name) : nullptr;
    if (found != nullptr) return Read(ctx, *found, content ? *content : Nothing(), out);
    if (SiblingOptional(ctx)) {
      ctx.Warn(at.mark, "optional extension `" + std::string(name) + "` is not known, left out");
      return true;
    }
    if (name.empty() || content == &at) {
      return ctx.Fail(at, "missing `@type`", "\"@type\": type.googleapis.com/envoy...");
    }
    const std::string hint =
        registry ? DidYouMean(name, registry->Names(Category(ctx, field)), kTypo) : "";
    if (name.starts_with("envoy.")) {
      return ctx.Fail(at,
                      "Envoy extension " + std::string(name) +
                          " is not implemented by sluice, or needs a typed_config",
                      {}, hint);
    }
    return ctx.Fail(
        at,
        "missing typed_config: `" + std::string(name) + "` is not the name of a known extension",
        {}, hint);
  }
};

}  // namespace

const Codec& CodecFor<TypedConfig>::Get() {
  static constexpr TypedCodec kCodec;
  return kCodec;
}

}  // namespace sluice::config
