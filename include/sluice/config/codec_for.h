// From a C++ type to its Codec. Only this thin layer is a template: it captures how to reach into a
// container and hands that, as function pointers, to codecs written once in codecs.cc. A new value
// type is either a struct with a static Schema(), an enum with a ConfigEnum(), or a line here.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/codec.h"
#include "sluice/config/mark.h"

namespace sluice::config {

class TypedConfig;
struct Bytes;

using CodecGetter = const Codec& (*)();

#define SLUICE_CONFIG_CODEC_METHODS                                                         \
  bool Parse(Context& ctx, const Node& node, const Field& field, void* out) const override; \
  bool Equal(const void* a, const void* b) const override;                                  \
  void Dump(const void* value, const Field& field, const DumpOptions& options, Node& out)   \
      const override;                                                                       \
  TypeInfo Info() const override

class MessageCodec final : public Codec {
 public:
  constexpr explicit MessageCodec(const Message& (*schema)()) : schema_(schema) {}
  SLUICE_CONFIG_CODEC_METHODS;

 private:
  const Message& (*schema_)();  // a function, so that messages may contain themselves
};

class EnumCodec final : public Codec {
 public:
  constexpr EnumCodec(const EnumTable& (*table)(), size_t width) : table_(table), width_(width) {}
  SLUICE_CONFIG_CODEC_METHODS;

 private:
  int64_t Load(const void* value) const;
  void Store(int64_t number, void* out) const;

  const EnumTable& (*table_)();
  size_t width_;
};

struct ListOps {
  void* (*append)(void* list);
  void (*drop_last)(void* list);
  size_t (*size)(const void* list);
  const void* (*at)(const void* list, size_t index);
};

class ListCodec final : public Codec {
 public:
  constexpr ListCodec(CodecGetter element, ListOps ops) : element_(element), ops_(ops) {}
  SLUICE_CONFIG_CODEC_METHODS;

 private:
  CodecGetter element_;
  ListOps ops_;
};

struct MapOps {
  void* (*insert)(void* map, const std::string& key);
  size_t (*size)(const void* map);
  const void* (*find)(const void* map, const std::string& key);
  void (*each)(const void* map, void* arg,
               void (*visit)(void* arg, const std::string& key, const void* value));
};

class MapCodec final : public Codec {
 public:
  constexpr MapCodec(CodecGetter element, MapOps ops) : element_(element), ops_(ops) {}
  SLUICE_CONFIG_CODEC_METHODS;

 private:
  CodecGetter element_;
  MapOps ops_;
};

// std::optional and std::unique_ptr: a place that may be empty.
struct SlotOps {
  void* (*emplace)(void* slot);
  void (*reset)(void* slot);
  const void* (*get)(const void* slot);  // null when empty
};

class SlotCodec final : public Codec {
 public:
  constexpr SlotCodec(CodecGetter element, SlotOps ops) : element_(element), ops_(ops) {}
  SLUICE_CONFIG_CODEC_METHODS;

 private:
  CodecGetter element_;
  SlotOps ops_;
};

class LocatedCodec final : public Codec {
 public:
  constexpr LocatedCodec(CodecGetter element, ptrdiff_t value, ptrdiff_t where)
      : element_(element), value_(value), where_(where) {}
  SLUICE_CONFIG_CODEC_METHODS;

 private:
  CodecGetter element_;
  ptrdiff_t value_;
  ptrdiff_t where_;
};

#undef SLUICE_CONFIG_CODEC_METHODS

template <typename T>
struct CodecFor;

#define SLUICE_CONFIG_SIMPLE_CODEC(type) \
  template <>                            \
  struct CodecFor<type> {                \
    static const Codec& Get();           \
  }
SLUICE_CONFIG_SIMPLE_CODEC(bool);
SLUICE_CONFIG_SIMPLE_CODEC(int32_t);
SLUICE_CONFIG_SIMPLE_CODEC(uint32_t);
SLUICE_CONFIG_SIMPLE_CODEC(int64_t);
SLUICE_CONFIG_SIMPLE_CODEC(uint64_t);
SLUICE_CONFIG_SIMPLE_CODEC(double);
SLUICE_CONFIG_SIMPLE_CODEC(std::string);
SLUICE_CONFIG_SIMPLE_CODEC(Bytes);
SLUICE_CONFIG_SIMPLE_CODEC(Duration);
SLUICE_CONFIG_SIMPLE_CODEC(Node);
SLUICE_CONFIG_SIMPLE_CODEC(TypedConfig);
#undef SLUICE_CONFIG_SIMPLE_CODEC

template <typename T>
concept HasSchema = requires {
  { T::Schema() } -> std::same_as<const Message&>;
};

template <HasSchema T>
struct CodecFor<T> {
  static const Codec& Get() {
    static constexpr MessageCodec kCodec(&T::Schema);
    return kCodec;
  }
};

template <typename T>
  requires std::is_enum_v<T>
struct CodecFor<T> {
  static const EnumTable& Table() { return ConfigEnum(T{}); }
  static const Codec& Get() {
    static constexpr EnumCodec kCodec(&Table, sizeof(T));
    return kCodec;
  }
};

template <typename T>
struct CodecFor<std::vector<T>> {
  using L = std::vector<T>;
  static const Codec& Get() {
    static constexpr ListCodec kCodec(
        &CodecFor<T>::Get,
        {[](void* list) -> void* { return &static_cast<L*>(list)->emplace_back(); },
         [](void* list) { static_cast<L*>(list)->pop_back(); },
         [](const void* list) { return static_cast<const L*>(list)->size(); },
         [](const void* list, size_t i) -> const void* {
           return &(*static_cast<const L*>(list))[i];
         }});
    return kCodec;
  }
};

template <typename T>
struct CodecFor<std::map<std::string, T>> {
  using M = std::map<std::string, T>;
  static const Codec& Get() {
    static constexpr MapCodec kCodec(
        &CodecFor<T>::Get,
        {[](void* map, const std::string& key) -> void* { return &(*static_cast<M*>(map))[key]; },
         [](const void* map) { return static_cast<const M*>(map)->size(); },
         [](const void* map, const std::string& key) -> const void* {
           auto found = static_cast<const M*>(map)->find(key);
           return found == static_cast<const M*>(map)->end() ? nullptr : &found->second;
         },
         [](const void* map, void* arg, void (*visit)(void*, const std::string&, const void*)) {
           for (const auto& [key, value] : *static_cast<const M*>(map)) visit(arg, key, &value);
         }});
    return kCodec;
  }
};

template <typename T>
struct CodecFor<std::optional<T>> {
  using S = std::optional<T>;
  static const Codec& Get() {
    static constexpr SlotCodec kCodec(
        &CodecFor<T>::Get, {[](void* slot) -> void* { return &static_cast<S*>(slot)->emplace(); },
                            [](void* slot) { static_cast<S*>(slot)->reset(); },
                            [](const void* slot) -> const void* {
                              const S& value = *static_cast<const S*>(slot);
                              return value ? &*value : nullptr;
                            }});
    return kCodec;
  }
};

template <typename T>
struct CodecFor<std::unique_ptr<T>> {
  using S = std::unique_ptr<T>;
  static const Codec& Get() {
    static constexpr SlotCodec kCodec(
        &CodecFor<T>::Get,
        {[](void* slot) -> void* { return (*static_cast<S*>(slot) = std::make_unique<T>()).get(); },
         [](void* slot) { static_cast<S*>(slot)->reset(); },
         [](const void* slot) -> const void* { return static_cast<const S*>(slot)->get(); }});
    return kCodec;
  }
};

template <typename T>
struct CodecFor<Located<T>> {
  static const Codec& Get() {
    static const LocatedCodec kCodec(&CodecFor<T>::Get,
                                     std::bit_cast<ptrdiff_t>(&Located<T>::value),
                                     std::bit_cast<ptrdiff_t>(&Located<T>::where));
    return kCodec;
  }
};

}  // namespace sluice::config
