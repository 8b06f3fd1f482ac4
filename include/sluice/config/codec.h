// How values of one type are read, checked, written and described. There is a Codec for each value
// type, never for an option: an option is a row of a Message's table that points at one. Stateless
// constants, shared by all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/config/node.h"

namespace sluice::config {

class Codec;
class Context;
class EnumTable;
class Field;
class Message;

enum class TypeKind : uint8_t {
  kBool,
  kInt,
  kDouble,
  kString,
  kBytes,
  kDuration,
  kEnum,
  kMessage,
  kList,
  kMap,
  kFree,
  kTyped,
};

// What the generated manual, the JSON Schema and Merge need to know of a type.
struct TypeInfo {
  TypeKind kind = TypeKind::kString;
  std::string_view name;  // "uint32"
  double min = 0;         // numbers
  double max = 0;
  const Codec* element = nullptr;     // list, map
  const Message* message = nullptr;   // message
  const EnumTable* values = nullptr;  // enum
};

struct DumpOptions {
  bool redact = true;  // secrets as "[redacted]"
};

class Codec {
 public:
  // Reads `node` into `out`, which holds the default. Problems go to `ctx`; false if there were
  // any.
  virtual bool Parse(Context& ctx, const Node& node, const Field& field, void* out) const = 0;
  // The field is not in `parent`. Only types that can be resolved from their siblings care.
  virtual bool ParseAbsent(Context& ctx, const Node& parent, const Field& field, void* out) const;
  virtual bool Equal(const void* a, const void* b) const = 0;
  virtual void Dump(const void* value, const Field& field, const DumpOptions& options,
                    Node& out) const = 0;
  virtual TypeInfo Info() const = 0;

 protected:
  constexpr Codec() = default;
  constexpr ~Codec() = default;
};

}  // namespace sluice::config
