// Codecs of what contains other values: messages, enums, lists, maps, optionals, located values.
#include <cstring>

#include <fmt/core.h>

#include "scalars.h"
#include "sluice/config/context.h"
#include "sluice/config/enum_table.h"
#include "sluice/config/field.h"
#include "sluice/config/message.h"

namespace sluice::config {

bool Codec::ParseAbsent(Context&, const Node&, const Field&, void*) const { return true; }

// MessageCodec

bool MessageCodec::Parse(Context& ctx, const Node& node, const Field& field, void* out) const {
  const std::string_view outer = ctx.category();
  ctx.set_category(field.category());
  const bool good = schema_().Parse(ctx, node, out);
  ctx.set_category(outer);
  return good;
}

bool MessageCodec::Equal(const void* a, const void* b) const { return schema_().Equal(a, b); }

void MessageCodec::Dump(const void* value, const Field&, const DumpOptions& options,
                        Node& out) const {
  Node dumped = schema_().Dump(value, options);
  out.kind = dumped.kind;
  out.items = std::move(dumped.items);
}

TypeInfo MessageCodec::Info() const {
  return {.kind = TypeKind::kMessage, .name = schema_().type(), .message = &schema_()};
}

// EnumCodec

int64_t EnumCodec::Load(const void* value) const {
  // Enums of the proto are small and not negative; little-endian, as all our targets are.
  int64_t number = 0;
  std::memcpy(&number, value, width_);
  return number;
}

void EnumCodec::Store(int64_t number, void* out) const { std::memcpy(out, &number, width_); }

bool EnumCodec::Parse(Context& ctx, const Node& raw, const Field&, void* out) const {
  const Node& node = Unwrapped(raw);
  const EnumTable& table = table_();
  std::string expected = "one of";
  for (std::string_view name : table.Names()) expected.append(" ").append(name);
  if (!node.IsScalar()) return ctx.WrongType(node, expected);
  const EnumValue* value = table.FindName(node.scalar);
  NumberError error{};
  if (value == nullptr) {
    if (const std::optional<Integer> number = ReadInteger(node, error);
        number && !number->negative && number->magnitude <= INT32_MAX) {
      value = table.FindNumber(static_cast<int64_t>(number->magnitude));
    }
  }
  if (value == nullptr) {
    return ctx.Fail(node, "unknown value `" + node.scalar + "`", expected,
                    DidYouMean(node.scalar, table.Names()));
  }
  if (value->status == ValueStatus::kUnimplemented) {
    return ctx.Fail(node,
                    fmt::format("{}: a value of Envoy that sluice does not implement", value->name),
                    expected, std::string(value->note));
  }
  if (value->status == ValueStatus::kDeprecated) {
    ctx.Warn(node.mark, fmt::format("deprecated value {}", value->name),
             value->note.empty() ? "" : fmt::format("use `{}`", value->note));
  }
  Store(value->number, out);
  return true;
}

bool EnumCodec::Equal(const void* a, const void* b) const { return Load(a) == Load(b); }

void EnumCodec::Dump(const void* value, const Field&, const DumpOptions&, Node& out) const {
  const EnumValue* found = table_().FindNumber(Load(value));
  out.kind = Node::Kind::kScalar;
  out.quoted = found != nullptr;
  out.scalar = found ? std::string(found->name) : std::to_string(Load(value));
}

TypeInfo EnumCodec::Info() const {
  return {.kind = TypeKind::kEnum, .name = table_().type(), .values = &table_()};
}

// ListCodec

bool ListCodec::Parse(Context& ctx, const Node& node, const Field& field, void* out) const {
  while (ops_.size(out) > 0) ops_.drop_last(out);  // defaults are replaced, not added to
  bool good = true;
  size_t count = 1;
  if (!node.IsList()) {  // a single value stands for a list of one
    good = element_().Parse(ctx, node, field, ops_.append(out));
  } else {
    count = node.items.size();
    for (size_t i = 0; i < count; ++i) {
      const Context::Scope scope(ctx, i);
      if (node.items[i].IsNull()) {
        good = ctx.Fail(node.items[i], "empty list element");
        continue;
      }
      good = element_().Parse(ctx, node.items[i], field, ops_.append(out)) && good;
    }
  }
  if (count < field.min_size()) {
    return ctx.Fail(node, count == 0 ? "the list must not be empty" : "too few elements",
                    fmt::format("at least {}", field.min_size()));
  }
  if (count > field.max_size()) {
    return ctx.Fail(node, "too many elements", fmt::format("at most {}", field.max_size()));
  }
  return good;
}

bool ListCodec::Equal(const void* a, const void* b) const {
  const size_t size = ops_.size(a);
  if (size != ops_.size(b)) return false;
  for (size_t i = 0; i < size; ++i) {
    if (!element_().Equal(ops_.at(a, i), ops_.at(b, i))) return false;
  }
  return true;
}

void ListCodec::Dump(const void* value, const Field& field, const DumpOptions& options,
                     Node& out) const {
  out.kind = Node::Kind::kList;
  for (size_t i = 0; i < ops_.size(value); ++i) {
    element_().Dump(ops_.at(value, i), field, options, out.Append({}));
  }
}

TypeInfo ListCodec::Info() const {
  return {.kind = TypeKind::kList, .name = "list", .element = &element_()};
}

// MapCodec

bool MapCodec::Parse(Context& ctx, const Node& node, const Field& field, void* out) const {
  if (!node.IsMap()) return ctx.WrongType(node, "a map");
  if (node.items.size() < field.min_size()) return ctx.Fail(node, "the map must not be empty");
  if (node.items.size() > field.max_size()) return ctx.Fail(node, "too many members");
  bool good = true;
  for (const Node& member : node.items) {
    const Context::Scope scope(ctx, member, member.key);
    good = element_().Parse(ctx, member, field, ops_.insert(out, member.key)) && good;
  }
  return good;
}

bool MapCodec::Equal(const void* a, const void* b) const {
  if (ops_.size(a) != ops_.size(b)) return false;
  struct Visit {
    const MapCodec* self;
    const void* other;
    bool same;
  } visit{this, b, true};
  ops_.each(a, &visit, [](void* arg, const std::string& key, const void* value) {
    auto* v = static_cast<Visit*>(arg);
    const void* found = v->self->ops_.find(v->other, key);
    v->same = v->same && found != nullptr && v->self->element_().Equal(value, found);
  });
  return visit.same;
}

void MapCodec::Dump(const void* value, const Field& field, const DumpOptions& options,
                    Node& out) const {
  out.kind = Node::Kind::kMap;
  struct Visit {
    const MapCodec* self;
    const Field* field;
    const DumpOptions* options;
    Node* out;
  } visit{this, &field, &options, &out};
  ops_.each(value, &visit, [](void* arg, const std::string& key, const void* element) {
    auto* v = static_cast<Visit*>(arg);
    v->self->element_().Dump(element, *v->field, *v->options, v->out->Append(key));
  });
}

TypeInfo MapCodec::Info() const {
  return {.kind = TypeKind::kMap, .name = "map", .element = &element_()};
}

// SlotCodec

bool SlotCodec::Parse(Context& ctx, const Node& node, const Field& field, void* out) const {
  return element_().Parse(ctx, node, field, ops_.emplace(out));
}

bool SlotCodec::Equal(const void* a, const void* b) const {
  const void* x = ops_.get(a);
  const void* y = ops_.get(b);
  if (x == nullptr || y == nullptr) return x == y;
  return element_().Equal(x, y);
}

void SlotCodec::Dump(const void* value, const Field& field, const DumpOptions& options,
                     Node& out) const {
  if (const void* held = ops_.get(value)) element_().Dump(held, field, options, out);
}

TypeInfo SlotCodec::Info() const { return element_().Info(); }

// LocatedCodec

bool LocatedCodec::Parse(Context& ctx, const Node& node, const Field& field, void* out) const {
  auto* base = static_cast<char*>(out);
  *reinterpret_cast<Where*>(base + where_) = ctx.At(node);
  return element_().Parse(ctx, node, field, base + value_);
}

bool LocatedCodec::Equal(const void* a, const void* b) const {
  return element_().Equal(static_cast<const char*>(a) + value_,
                          static_cast<const char*>(b) + value_);
}

void LocatedCodec::Dump(const void* value, const Field& field, const DumpOptions& options,
                        Node& out) const {
  element_().Dump(static_cast<const char*>(value) + value_, field, options, out);
}

TypeInfo LocatedCodec::Info() const { return element_().Info(); }

}  // namespace sluice::config
