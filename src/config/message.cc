#include "sluice/config/message.h"

#include <algorithm>
#include <utility>

#include "sluice/base/check.h"
#include "sluice/config/context.h"
#include "sluice/config/parse.h"

namespace sluice::config {
namespace {

// protobuf's json_name: "connect_timeout" -> "connectTimeout".
std::string CamelCase(std::string_view name) {
  std::string out;
  bool upper = false;
  for (char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return out;
}

std::string Quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

std::vector<std::string_view> NamesOf(const std::vector<Field>& fields) {
  std::vector<std::string_view> names;
  for (const Field& field : fields) names.push_back(field.name());
  return names;
}

}  // namespace

// What one run over a map has seen: the member behind each field of the table.
struct Message::Members {
  std::vector<const Node*> by_field;
  bool good = true;
  std::vector<std::string_view> misspelled = {};  // fields that unknown members seem to mean

  // Whoever has been told of the slip need not hear that the field is missing.
  bool Misspells(const Field& field) const {
    return std::find(misspelled.begin(), misspelled.end(), field.name()) != misspelled.end();
  }
};

Message::Message(std::string_view type, std::string_view help, std::shared_ptr<void> (*make)(),
                 std::vector<Field> fields)
    : type_(type), help_(help), make_(make), defaults_(make()), fields_(std::move(fields)) {
  for (size_t i = 0; i < fields_.size(); ++i) {
    names_.push_back({std::string(fields_[i].name()), i});
    std::string camel = CamelCase(fields_[i].name());
    if (camel != fields_[i].name()) names_.push_back({std::move(camel), i});
  }
  std::sort(names_.begin(), names_.end(),
            [](const Name& a, const Name& b) { return a.text < b.text; });
}

const Field* Message::Find(std::string_view name) const {
  auto found = std::lower_bound(names_.begin(), names_.end(), name,
                                [](const Name& a, std::string_view b) { return a.text < b; });
  if (found == names_.end() || found->text != name) return nullptr;
  return &fields_[found->index];
}

bool Message::Parse(Context& ctx, const Node& node, void* out) const {
  if (!node.IsNull() && !node.IsMap()) return ctx.WrongType(node, "a map of fields");
  if (prepare_ != nullptr) {
    if (const std::optional<Node> prepared = prepare_(ctx, node)) {
      const Node* any = ctx.any();
      if (any == &node) ctx.set_any(&*prepared);
      const bool good = ParseMap(ctx, *prepared, out);
      ctx.set_any(any);
      return good;
    }
  }
  return ParseMap(ctx, node, out);
}

bool Message::ParseMap(Context& ctx, const Node& node, void* out) const {
  const Node* outer = ctx.message();
  ctx.set_message(&node);
  Members seen{std::vector<const Node*>(fields_.size()), true};
  ParseMembers(ctx, node, out, seen);
  CheckPresence(ctx, node, out, seen);
  CheckOneofs(ctx, node, seen);
  if (where_offset_ >= 0) {
    *reinterpret_cast<Where*>(static_cast<char*>(out) + where_offset_) = ctx.At(node);
  }
  if (seen.good && check_ != nullptr) {
    const size_t before = ctx.problems().errors();
    call_check_(check_, out, node, ctx);
    seen.good = ctx.problems().errors() == before;
  }
  ctx.set_message(outer);
  return seen.good;
}

void Message::ParseMembers(Context& ctx, const Node& node, void* out, Members& seen) const {
  for (const Node& member : node.items) {
    if (member.key == "@type" && ctx.any() == &node) continue;
    ParseMember(ctx, member, out, seen);
  }
}

void Message::ParseMember(Context& ctx, const Node& member, void* out, Members& seen) const {
  const Field* field = Find(member.key);
  const Context::Scope scope(ctx, member, field ? field->name() : std::string_view(member.key),
                             field != nullptr && field->secret());
  if (field == nullptr) {
    UnknownMember(ctx, member);
    if (!ctx.options().allow_unknown_fields) {
      seen.misspelled.push_back(Nearest(member.key, NamesOf(fields_)));
    }
    seen.good = seen.good && ctx.options().allow_unknown_fields;
    return;
  }
  const Node*& slot = seen.by_field[IndexOf(*field)];
  if (slot != nullptr) {
    ctx.FailAt(member.key_mark, "field given twice, also as " + Quoted(slot->key), {},
               "first at " + ctx.problems().Place(slot->key_mark));
    seen.good = false;
    return;
  }
  if (member.IsNull()) return;  // as in protobuf's JSON: not set
  slot = &member;
  if (!field->implemented()) {
    if (member.IsList() && member.items.empty()) return;  // as in protobuf's JSON: not set
    for (std::string_view value : field->accepted()) {
      if (member.IsScalar() && member.scalar == value) return;
    }
    ctx.FailAt(member.key_mark, "a field of Envoy that sluice does not implement", {},
               std::string(field->note()));
    seen.good = false;
    return;
  }
  if (field->deprecated()) {
    ctx.Warn(member.key_mark, "deprecated field",
             field->note().empty() ? "" : "use " + Quoted(field->note()));
  }
  if (field->rewrite() != nullptr) return ParseRenamed(ctx, *field, member, out, seen);
  seen.good = field->codec()->Parse(ctx, member, *field, field->In(out)) && seen.good;
}

void Message::ParseRenamed(Context& ctx, const Field& field, const Node& member, void* out,
                           Members& seen) const {
  const Field* successor = Find(field.note().substr(0, field.note().find('.')));
  SLUICE_CHECK(successor != nullptr && successor->codec() != nullptr);
  const Node*& target = seen.by_field[IndexOf(*successor)];
  if (target != nullptr || ctx.message()->Find(successor->name()) != nullptr) {
    ctx.FailAt(member.key_mark, "both the deprecated field and its successor are set", {},
               "keep " + Quoted(successor->name()));
    seen.good = false;
    return;
  }
  target = &member;
  const Node rewritten = field.rewrite()(member);
  seen.good =
      successor->codec()->Parse(ctx, rewritten, *successor, successor->In(out)) && seen.good;
}

void Message::UnknownMember(Context& ctx, const Node& member) const {
  std::string hint = DidYouMean(member.key, NamesOf(fields_));
  ctx.problems().CountUnknownField();
  if (ctx.options().allow_unknown_fields) {
    ctx.Warn(member.key_mark, "unknown field, ignored", std::move(hint));
    return;
  }
  if (member.key == "<<") hint = "YAML merge keys are not part of Envoy's dialect";
  ctx.FailAt(member.key_mark, "unknown field of " + std::string(type_), {}, std::move(hint));
}

void Message::CheckPresence(Context& ctx, const Node& node, void* out, Members& seen) const {
  for (const Field& field : fields_) {
    if (seen.by_field[IndexOf(field)] != nullptr || field.codec() == nullptr) continue;
    const bool group_taken =
        !field.oneof().empty() && std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) {
          return f.oneof() == field.oneof() && seen.by_field[IndexOf(f)] != nullptr;
        });
    if (group_taken) continue;
    const Context::Scope scope(ctx, field.name());
    if (field.required()) {
      if (!seen.Misspells(field)) ctx.Fail(node, "missing required field");
      seen.good = false;
    } else {
      seen.good = field.codec()->ParseAbsent(ctx, node, field, field.In(out)) && seen.good;
    }
  }
}

void Message::CheckOneofs(Context& ctx, const Node& node, Members& seen) const {
  std::vector<std::pair<std::string_view, const Node*>> taken;
  for (const Field& field : fields_) {
    const Node* member = seen.by_field[IndexOf(field)];
    if (member == nullptr || field.oneof().empty()) continue;
    auto other = std::find_if(taken.begin(), taken.end(),
                              [&](const auto& entry) { return entry.first == field.oneof(); });
    if (other == taken.end()) {
      taken.emplace_back(field.oneof(), member);
    } else if (other->second != member) {
      const Context::Scope scope(ctx, field.name());
      ctx.FailAt(member->key_mark, "cannot be set together with " + Quoted(other->second->key), {},
                 "only one field of `" + std::string(field.oneof()) + "` may be present");
      seen.good = false;
    }
  }
  for (std::string_view group : required_oneofs_) {
    if (std::any_of(taken.begin(), taken.end(), [&](const auto& e) { return e.first == group; })) {
      continue;
    }
    seen.good = false;
    if (std::any_of(fields_.begin(), fields_.end(), [&](const Field& field) {
          return field.oneof() == group && seen.Misspells(field);
        })) {
      continue;
    }
    std::string names;
    for (const Field& field : fields_) {
      if (field.oneof() != group || !field.implemented()) continue;
      names += (names.empty() ? "" : ", ") + Quoted(field.name());
    }
    ctx.Fail(node, "one field of `" + std::string(group) + "` must be present", "one of " + names);
  }
}

bool Message::Equal(const void* a, const void* b) const {
  return std::all_of(fields_.begin(), fields_.end(), [&](const Field& field) {
    return field.codec() == nullptr || field.codec()->Equal(field.In(a), field.In(b));
  });
}

// A deprecated spelling of another field's member is not said twice.
bool Message::IsAlias(const Field& field) const {
  return field.deprecated() && std::any_of(fields_.begin(), fields_.end(), [&](const Field& other) {
           return !other.deprecated() && other.codec() != nullptr &&
                  other.In(defaults_.get()) == field.In(defaults_.get());
         });
}

// Whether a member must be said although it has its default: where its absence is an error.
bool Message::MustDump(const void* value, const Field& field) const {
  if (field.required()) return true;
  const bool required_group = std::find(required_oneofs_.begin(), required_oneofs_.end(),
                                        field.oneof()) != required_oneofs_.end();
  if (!required_group) return false;
  return std::all_of(fields_.begin(), fields_.end(), [&](const Field& other) {
    return other.oneof() != field.oneof() || other.codec() == nullptr ||
           other.codec()->Equal(other.In(value), other.In(defaults_.get()));
  });
}

Node Message::Dump(const void* value, const DumpOptions& options) const {
  Node out = Node::Map();
  for (const Field& field : fields_) {
    if (field.codec() == nullptr || !field.implemented() || IsAlias(field)) continue;
    const bool is_default = field.codec()->Equal(field.In(value), field.In(defaults_.get()));
    if (is_default && !MustDump(value, field)) continue;
    Node& member = out.Append(field.name());
    field.codec()->Dump(field.In(value), field, options, member);
    if (member.IsNull()) {
      out.items.pop_back();
    } else if (field.secret() && options.redact) {
      member.kind = Node::Kind::kScalar;
      member.quoted = true;
      member.scalar = "[redacted]";
      member.items.clear();
    }
  }
  return out;
}

bool ParseMessage(const Message& schema, const Node& node, const ParseOptions& options,
                  Problems& problems, void* out) {
  Context ctx(problems, options);
  return schema.Parse(ctx, node, out);
}

}  // namespace sluice::config
