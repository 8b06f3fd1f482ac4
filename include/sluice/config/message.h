// The schema of one config struct: its protobuf type name and the table of its fields. Built once,
// on first use, by the struct's static Schema(); immutable afterwards.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/field.h"
#include "sluice/config/mark.h"

namespace sluice::config {

class Context;

class Message {
 public:
  template <typename C>
  static Message Of(std::string_view type, std::string_view help, std::vector<Field> fields) {
    return Message(type, help, &Make<C>, std::move(fields));
  }

  // Exactly one member of the group must be present (without this, at most one).
  Message&& RequireOneof(std::string_view group) && {
    required_oneofs_.push_back(group);
    return std::move(*this);
  }
  // Where the message was written, for checks that come later.
  template <typename C>
  Message&& RecordWhere(Where C::* member) && {
    where_offset_ = std::bit_cast<ptrdiff_t>(member);
    return std::move(*this);
  }
  // Called with the message before its fields are read; may answer with another one to read in its
  // place. For old forms that Renamed() cannot say, because they depend on each other.
  using Prepare = std::optional<Node> (*)(Context& ctx, const Node& node);
  Message&& PrepareWith(Prepare prepare) && {
    prepare_ = prepare;
    return std::move(*this);
  }
  // Called when all fields have been read without problems: checks that span fields.
  template <typename C>
  Message&& Check(void (*check)(const C& value, const Node& node, Context& ctx)) && {
    check_ = reinterpret_cast<CheckFn>(check);
    call_check_ = [](CheckFn fn, const void* value, const Node& node, Context& ctx) {
      reinterpret_cast<void (*)(const C&, const Node&, Context&)>(fn)(*static_cast<const C*>(value),
                                                                      node, ctx);
    };
    return std::move(*this);
  }

  std::string_view type() const { return type_; }
  std::string_view help() const { return help_; }
  const std::vector<Field>& fields() const { return fields_; }
  const std::vector<std::string_view>& required_oneofs() const { return required_oneofs_; }
  const void* defaults() const { return defaults_.get(); }
  std::shared_ptr<void> New() const { return make_(); }

  // By the proto name or its lowerCamelCase form; null if there is none.
  const Field* Find(std::string_view name) const;
  size_t IndexOf(const Field& field) const { return static_cast<size_t>(&field - fields_.data()); }

  bool Parse(Context& ctx, const Node& node, void* out) const;
  bool Equal(const void* a, const void* b) const;
  Node Dump(const void* value, const DumpOptions& options) const;

 private:
  using CheckFn = void (*)();

  Message(std::string_view type, std::string_view help, std::shared_ptr<void> (*make)(),
          std::vector<Field> fields);

  template <typename C>
  static std::shared_ptr<void> Make() {
    return std::make_shared<C>();
  }

  struct Members;
  bool ParseMap(Context& ctx, const Node& node, void* out) const;
  void ParseRenamed(Context& ctx, const Field& field, const Node& member, void* out,
                    Members& seen) const;
  void ParseMembers(Context& ctx, const Node& node, void* out, Members& seen) const;
  void ParseMember(Context& ctx, const Node& member, void* out, Members& seen) const;
  void CheckPresence(Context& ctx, const Node& node, void* out, Members& seen) const;
  void CheckOneofs(Context& ctx, const Node& node, Members& seen) const;
  bool IsAlias(const Field& field) const;
  bool MustDump(const void* value, const Field& field) const;
  void UnknownMember(Context& ctx, const Node& member) const;

  std::string_view type_;
  std::string_view help_;
  std::shared_ptr<void> (*make_)();
  std::shared_ptr<const void> defaults_;
  std::vector<Field> fields_;
  struct Name {
    std::string text;
    size_t index;
  };
  std::vector<Name> names_;  // sorted, both spellings
  std::vector<std::string_view> required_oneofs_;
  ptrdiff_t where_offset_ = -1;
  Prepare prepare_ = nullptr;
  CheckFn check_ = nullptr;
  void (*call_check_)(CheckFn, const void*, const Node&, Context&) = nullptr;
};

}  // namespace sluice::config
